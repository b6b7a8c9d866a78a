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

/**
 * Ends jobs, frees their lanes for the next ones and appends the event of the end, under fence and lease. It returns the jobs that it
 * ended. It waits for no lock, so that a lane that another transaction holds does not keep the others from ending: for a job that is not
 * returned, `lockFence` tells whether the lease is lost.
 */
export const settleJobs = statement({
  name: 'jobs.settle',
  text: `
    with ended as (
      select *
      from jsonb_to_recordset($1)
        as e ("resourceId" text, "jobId" text, fence int8, status text, "errorCode" text, "errorMessage" text)
    ), held as materialized (
      select e.*
      from ended e
      join job_locks l on l.resource_id = e."resourceId" and l.job_id = e."jobId" and l.fence = e.fence
      join workers w on w.id = l.worker_id and w.lease_until > clock_now()
      for no key update of l skip locked
    ), freed as (
      update job_locks l
      set job_id = null, worker_id = null, head = l.head + 1, ready_at = case when l.tail > l.head then clock_now() end
      from held
      where l.resource_id = held."resourceId"
    ), appended as (
      insert into job_events (job_id, seq, attempt, phase, kind, level, message, data)
      select j.id, (select coalesce(max(seq), 0) + 1 from job_events where job_id = j.id), greatest(j.attempt, 1), null, 'state',
             case held.status when 'FAILED' then 'error' else 'info' end, coalesce(held."errorMessage", lower(held.status)),
             jsonb_strip_nulls(jsonb_build_object('status', held.status, 'code', held."errorCode"))
      from held
      join jobs j on j.id = held."jobId"
    )
    update jobs j
    set status = held.status, ended_at = clock_now(), attempt = least(j.attempt, j.max_attempts), error_code = held."errorCode",
        error_message = held."errorMessage"
    from held
    where j.id = held."jobId"
    returning j.id as "jobId"`,
  params: { ended: 'jsonb' },
  row: { jobId: 'text' },
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
