import { statement } from '../db/statement.ts';

export const registerWorker = statement({
  name: 'jobs.register_worker',
  text: `
    insert into workers (id, host, pid, roles, lease_until, job_types)
    values ($1, $2, $3, $4, clock_now() + $5::float8 * interval '1 millisecond', $6)
    returning id`,
  params: { id: 'text', host: 'text', pid: 'int4', roles: 'text[]', leaseMs: 'float8', jobTypes: 'text[]' },
  row: { id: 'text' },
});

/**
 * Renews a worker's lease: one row for any number of jobs (0.3 ms; a lease for each of 10,000 jobs took 10 to 36 ms).
 * Returns the jobs that are requested to stop, and the fences of all lanes that the worker holds. No row: the lease has expired, and
 * other workers may hold its lanes.
 */
export const renewLease = statement({
  name: 'jobs.renew_lease',
  text: `
    update workers w
    set heartbeat_at = clock_now(), lease_until = clock_now() + $2::float8 * interval '1 millisecond', draining = $3
    where w.id = $1 and w.lease_until > clock_now()
    returning coalesce((
      select array_agg(j.id)
      from job_locks l
      join jobs j on j.id = l.job_id and j.cancel_requested_at is not null
      where l.worker_id = $1
    ), '{}') as "cancelRequested",
    coalesce((select array_agg(l.fence) from job_locks l where l.worker_id = $1), '{}') as "heldFences"`,
  params: { id: 'text', leaseMs: 'float8', draining: 'bool' },
  row: { cancelRequested: 'text[]', heldFences: 'int8[]' },
});

/** Ends the lease of a worker that shuts down. The row is kept as history. */
export const endLease = statement({
  name: 'jobs.end_lease',
  text: `update workers set lease_until = least(lease_until, clock_now()), draining = true where id = $1 returning id`,
  params: { id: 'text' },
  row: { id: 'text' },
});

/** Makes lanes ready whose attempt no worker runs. The lost attempt counts, and a new fence rejects writes of its worker. */
const reclaim = (lost: string, how: string) => `
    with lost as materialized (${lost}
      order by l.resource_id
      limit 100
      for update of l skip locked
    ), returned as (
      update jobs j
      set status = 'RETRYING', worker_id = null, run_at = clock_now(),
          error_code = 'WORKER_LOST', error_message = 'the worker ' || lost.worker_id || ' ${how}'
      from lost
      where j.id = lost.job_id and j.status = 'RUNNING'
    )
    update job_locks l
    set job_id = null, worker_id = null, fence = nextval('job_fence'), ready_at = clock_now()
    from lost
    where l.resource_id = lost.resource_id
    returning l.resource_id as "resourceId", lost.job_id as "jobId", lost.worker_id as "workerId"`;

const RECLAIMED_ROW = { resourceId: 'text', jobId: 'text', workerId: 'text' } as const;

/** Reclaims the lanes of dead workers, at most 100 in a call. */
export const reclaimExpiredLeases = statement({
  name: 'jobs.reclaim_expired_leases',
  text: reclaim(
    `
      select l.resource_id, l.job_id, l.worker_id
      from job_locks l
      join workers w on w.id = l.worker_id
      where w.lease_until <= clock_now()`,
    'stopped answering',
  ),
  params: {},
  row: RECLAIMED_ROW,
});

/** Releases lanes that a live worker holds without working on them, at most 100 in a call. */
export const releaseOrphanedLanes = statement({
  name: 'jobs.release_orphaned_lanes',
  text: reclaim(
    `
      select l.resource_id, l.job_id, l.worker_id
      from job_locks l
      where l.worker_id = $1 and l.fence = any($2)`,
    'was cut off from it',
  ),
  params: { workerId: 'text', fences: 'int8[]' },
  row: RECLAIMED_ROW,
});

/** The fences under which these jobs run at this moment. */
export const listHeldFences = statement({
  name: 'jobs.held_fences',
  text: `select job_id as "jobId", fence from job_locks where job_id = any($1)`,
  params: { jobIds: 'text[]' },
  row: { jobId: 'text', fence: 'int8' },
});
