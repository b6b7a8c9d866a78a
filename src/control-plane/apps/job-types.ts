export const BUILD_JOB = 'deployment.build';
export const DEPLOY_JOB = 'service.deploy';
export const SCALE_SERVICE_JOB = 'service.scale';
export const RESTART_JOB = 'service.restart';
/** Starts instances again that ended by themselves. */
export const RECOVER_JOB = 'service.recover';
/** Starts a run of a cron service. */
export const RUN_JOB = 'service.run';
export const DESTROY_SERVICE_JOB = 'service.destroy';
export const DESTROY_ENVIRONMENT_JOB = 'environment.destroy';
export const JANITOR_DESTROY_ENVIRONMENT_JOB = 'environment.janitor-destroy';
export const PROVISION_DATABASE_JOB = 'database.provision';
/** Starts a database again that ended by itself. */
export const RECOVER_DATABASE_JOB = 'database.recover';
/** Replaces the login that services use. */
export const ROTATE_DATABASE_JOB = 'database.rotate';
export const DESTROY_DATABASE_JOB = 'database.destroy';
export const DESTROY_VOLUME_JOB = 'volume.destroy';
export const BACKUP_DATABASE_JOB = 'database.backup';
export const RESTORE_DATABASE_JOB = 'database.restore';
/** In a lane of its own: a drill may take hours, and the database is watched and started meanwhile. */
export const VERIFY_DATABASE_JOB = 'drill.verify';
