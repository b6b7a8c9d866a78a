import { statement } from '../db/statement.ts';

/**
 * Makes lanes ready whose attempt no worker runs. A new fence rejects writes of the worker that had it. An attempt beyond the maximum
 * only settles the job, so its loss does not replace the error of the one before. An event whose number was taken meanwhile is dropped;
 * the error of the job has the same text.
 */
const reclaim = (lost: string, { what, isCounted }: { what: string; isCounted: string }) => `
    with lost as materialized (${lost}
      order by l.resource_id
      limit 100
      for update of l skip locked
    ), reported as materialized (
      select j.id, j.attempt, j.phase,
             format('the worker %s on %s ${what} attempt %s of %s', lost.worker_id, lost.host, j.attempt, j.max_attempts)
             || coalesce(', in phase ' || j.phase, '') as message
      from lost
      join jobs j on j.id = lost.job_id and j.status = 'RUNNING' and j.attempt <= j.max_attempts
      where ${isCounted}
    ), recorded as (
      insert into job_events (job_id, seq, attempt, phase, kind, level, message, data)
      select r.id, (select coalesce(max(seq), 0) + 1 from job_events where job_id = r.id), r.attempt, r.phase, 'state', 'warn', r.message,
             jsonb_build_object('status', 'RETRYING', 'code', 'WORKER_LOST')
      from reported r
      on conflict do nothing
    ), returned as (
      update jobs j
      set status = 'RETRYING', worker_id = null, run_at = clock_now(),
          attempt = j.attempt - case when ${isCounted} then 0 else 1 end,
          error_code = case when r.id is null then j.error_code else 'WORKER_LOST' end,
          error_message = coalesce(r.message, j.error_message)
      from lost
      left join reported r on r.id = lost.job_id
      where j.id = lost.job_id and j.status = 'RUNNING'
    )
    update job_locks l
    set job_id = null, worker_id = null, fence = nextval('job_fence'), ready_at = clock_now()
    from lost
    where l.resource_id = lost.resource_id
    returning l.resource_id as "resourceId", lost.job_id as "jobId", lost.worker_id as "workerId"`;

const RECLAIMED_ROW = { resourceId: 'text', jobId: 'text', workerId: 'text' } as const;

/** Reclaims the lanes of dead workers, at most 100 in a call. The lost attempt counts, so that a crash loop ends (L9). */
export const reclaimExpiredLeases = statement({
  name: 'jobs.reclaim_expired_leases',
  text: reclaim(
    `
      select l.resource_id, l.job_id, l.worker_id, w.host
      from job_locks l
      join workers w on w.id = l.worker_id
      where w.lease_until <= clock_now()`,
    { what: 'stopped answering during', isCounted: 'true' },
  ),
  params: {},
  row: RECLAIMED_ROW,
});

/**
 * Releases lanes that a live worker holds without working on them, at most 100 in a call. Attempts of the fences in `started` count; the
 * others never began, because the answer to their claim was lost.
 */
export const releaseOrphanedLanes = statement({
  name: 'jobs.release_orphaned_lanes',
  text: reclaim(
    `
      select l.resource_id, l.job_id, l.worker_id, w.host, l.fence
      from job_locks l
      join workers w on w.id = l.worker_id
      where l.worker_id = $1 and l.fence = any($2)`,
    { what: 'could not record the end of', isCounted: 'lost.fence = any($3)' },
  ),
  params: { workerId: 'text', fences: 'int8[]', started: 'int8[]' },
  row: RECLAIMED_ROW,
});

/** The fences under which these jobs run at this moment. */
export const listHeldFences = statement({
  name: 'jobs.held_fences',
  text: `select job_id as "jobId", fence from job_locks where job_id = any($1)`,
  params: { jobIds: 'text[]' },
  row: { jobId: 'text', fence: 'int8' },
});
