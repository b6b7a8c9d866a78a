import { statement } from '../db/statement.ts';

/** Locks the lane until the transaction ends, if the attempt still holds it. No row: the lease is lost. */
export const lockFence = statement({
  name: 'jobs.hold_fence',
  text: `
    select l.fence
    from job_locks l
    join workers w on w.id = l.worker_id and w.lease_until > clock_now()
    where l.resource_id = $1 and l.job_id = $2 and l.fence = $3
    for no key update of l`,
  params: { resourceId: 'text', jobId: 'text', fence: 'int8' },
  row: { fence: 'int8' },
});

/** Ends a job and frees its lane for the next one. No row: the fence is stale and nothing was written. */
export const endJob = statement({
  name: 'jobs.end',
  text: `
    with freed as (
      update job_locks
      set job_id = null, worker_id = null, head = head + 1, ready_at = case when tail > head then clock_now() end
      where resource_id = $1 and job_id = $2 and fence = $3
      returning resource_id
    )
    update jobs j
    set status = $4, ended_at = clock_now(), attempt = least(j.attempt, j.max_attempts), error_code = $5, error_message = $6
    from freed
    where j.id = $2
    returning j.id`,
  params: {
    resourceId: 'text',
    jobId: 'text',
    fence: 'int8',
    status: 'text',
    errorCode: 'text?',
    errorMessage: 'text?',
  },
  row: { id: 'text' },
});

/** Reschedules a job: its lane is ready after `delayMs`. An attempt that the host or a shutdown ended does not count. */
export const rescheduleJob = statement({
  name: 'jobs.return',
  text: `
    with freed as (
      update job_locks
      set job_id = null, worker_id = null, ready_at = clock_now() + $4::float8 * interval '1 millisecond'
      where resource_id = $1 and job_id = $2 and fence = $3
      returning ready_at
    )
    update jobs j
    set status = 'RETRYING', worker_id = null, run_at = freed.ready_at, error_code = $5, error_message = $6,
        attempt = j.attempt - case when $7 then 0 else 1 end,
        deferrals = case when $7 then 0 when $5::text is null then j.deferrals else j.deferrals + 1 end
    from freed
    where j.id = $2
    returning j.id`,
  params: {
    resourceId: 'text',
    jobId: 'text',
    fence: 'int8',
    delayMs: 'float8',
    errorCode: 'text?',
    errorMessage: 'text?',
    attemptCounts: 'bool',
  },
  row: { id: 'text' },
});
