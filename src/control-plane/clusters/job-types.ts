/** As stored; the API says CREATE, DESTROY and JANITOR_DESTROY. */
export const CREATE_JOB = 'cluster.create';
/** Requested by a person, or by a create that failed. */
export const DESTROY_JOB = 'cluster.destroy';
/** The same work, requested at the cluster's expiry. */
export const JANITOR_DESTROY_JOB = 'cluster.janitor-destroy';

/** Changes the number of workers. */
export const SCALE_JOB = 'cluster.scale-workers';
/** Removes what is left of a cluster that has ended or is unknown. */
export const ORPHAN_SWEEP_JOB = 'orphan.sweep';

export type DestroyJobType = typeof DESTROY_JOB | typeof JANITOR_DESTROY_JOB;
