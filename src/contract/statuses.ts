export const CLUSTER_STATUSES = [
  'PENDING',
  'CREATING',
  'READY',
  'SCALING',
  'FAILED',
  'DESTROYING',
  'DESTROY_FAILED',
  'DESTROYED',
] as const;
/** What a list of clusters can be filtered by: ACTIVE matches all but DESTROYED. */
export const CLUSTER_STATUS_FILTERS = ['ACTIVE', ...CLUSTER_STATUSES] as const;
export type ClusterStatus = (typeof CLUSTER_STATUSES)[number];

export const JOB_STATUSES = ['PENDING', 'RUNNING', 'RETRYING', 'SUCCEEDED', 'FAILED', 'CANCELLED'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

export const JOB_TYPES = [
  'CREATE',
  'DESTROY',
  'JANITOR_DESTROY',
  'SCALE_WORKERS',
  'SWEEP',
  'BUILD',
  'DEPLOY',
  'SCALE',
  'RESTART',
  'RECOVER',
  'PROVISION',
  'ROTATE',
  'BACKUP',
  'RESTORE',
  'VERIFY',
  'RUN',
] as const;

const ENDED: ReadonlySet<string> = new Set(['SUCCEEDED', 'FAILED', 'CANCELLED'] satisfies JobStatus[]);

/** Who requests the destroy of what a failed create left. */
export const FAILED_CREATE_PRINCIPAL = 'system:failed-create';

/** @returns whether the status of a job is final. */
export function hasEnded({ status }: { readonly status: string }): boolean {
  return ENDED.has(status);
}

/** Phases of a create job, in order; each is a job event and a step in the live view. */
export const CREATE_PHASES = [
  'prepare',
  'manifests',
  'ignition',
  'checkpoint',
  'provision',
  'verify',
  'finish',
] as const;

/** Phases of a scale job, in order. */
export const SCALE_PHASES = ['connect', 'request', 'wait'] as const;

/** Phases of a destroy job, in order. */
export const DESTROY_PHASES = ['restore', 'destroy', 'read-back', 'finish'] as const;

/** Phases of the sweep of an orphan, in order. */
export const SWEEP_PHASES = ['check', 'destroy', 'read-back', 'finish'] as const;

/** Phases of the build of a deployment, in order. */
export const BUILD_PHASES = ['source', 'plan', 'build'] as const;

/** Phases of a deployment after its build, in order. */
export const DEPLOY_PHASES = ['starting', 'checking', 'switching', 'draining'] as const;
/** The same where the old instance has to stop first. */
export const RECREATE_PHASES = ['draining', 'starting', 'checking', 'switching'] as const;

/** The phase of a deployment of a cron service: it starts nothing. */
export const CRON_DEPLOY_PHASES = ['switching'] as const;

/** The phase of the start of a run. */
export const RUN_PHASES = ['starting'] as const;

/** The phase of what changes which instances of a service run: scale, restart, recover and destroy. */
export const INSTANCES_PHASES = ['instances'] as const;

/** Phases of the creation of a database, and of its start after it ended, in order. */
export const PROVISION_DATABASE_PHASES = ['data', 'start', 'roles'] as const;

/** Phases of the replacement of the login of a database, in order. */
export const ROTATE_DATABASE_PHASES = ['start', 'create', 'services', 'sessions', 'revoke'] as const;

/** Phases of a backup of a database, in order. */
export const BACKUP_DATABASE_PHASES = ['prepare', 'dump', 'read-back'] as const;

/** Phases of the restore of a backup into a new database, in order. */
export const RESTORE_DATABASE_PHASES = ['check', ...PROVISION_DATABASE_PHASES, 'restore'] as const;

/** Phases of a restore drill, in order. */
export const VERIFY_DATABASE_PHASES = ['check', 'start', 'restore', 'remove'] as const;

/** Phases of the destroy of a database or a volume, in order. */
export const DESTROY_DATA_PHASES = ['remove', 'read-back'] as const;

/** Phases of the destroy of an environment, in order. */
export const DESTROY_ENVIRONMENT_PHASES = ['routes', 'instances', 'read-back'] as const;
