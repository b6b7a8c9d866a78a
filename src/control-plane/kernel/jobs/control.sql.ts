import { statement } from '../db/statement.ts';

/** Makes the lane ready now, unless a job runs in it or none waits: the next claim skips the cancelled job. */
const WAKE_LANE = `lane as (
      update job_locks
      set ready_at = case when job_id is null and ready_at is not null then clock_now() end
      where resource_id = $1
      returning resource_id
    )`;

/** Cancels one job; a running one is requested to stop. Run it after lockLane. No row: the job has ended. */
export const cancelOneJob = statement({
  name: 'jobs.cancel',
  text: `
    with ${WAKE_LANE}
    update jobs j
    set cancel_requested_at = coalesce(cancel_requested_at, clock_now()),
        cancelled_by = case when cancel_requested_at is null then $4 else cancelled_by end,
        status = case j.status when 'RUNNING' then j.status else 'CANCELLED' end,
        ended_at = case j.status when 'RUNNING' then null else clock_now() end,
        error_code = case j.status when 'RUNNING' then j.error_code else 'CANCELLED' end,
        error_message = case j.status when 'RUNNING' then j.error_message else $3 end
    from lane
    where j.id = $2 and j.resource_id = lane.resource_id and j.status in ('PENDING', 'RETRYING', 'RUNNING')
    returning j.status`,
  params: { resourceId: 'text', jobId: 'text', reason: 'text', by: 'text' },
  row: { status: 'text' },
});

/** Cancels the waiting jobs of the lane; run it after lockLane. */
export const cancelWaitingJobs = statement({
  name: 'jobs.cancel_waiting',
  text: `
    with ${WAKE_LANE}
    update jobs j
    set status = 'CANCELLED', ended_at = clock_now(), cancel_requested_at = coalesce(cancel_requested_at, clock_now()),
        error_code = 'SUPERSEDED', error_message = $2
    from lane
    where j.resource_id = lane.resource_id and j.status in ('PENDING', 'RETRYING')
    returning j.id, j.job_type as "type", j.attempt`,
  params: { resourceId: 'text', reason: 'text' },
  row: { id: 'text', type: 'text', attempt: 'int4' },
});

/** Requests the running job to stop; its worker reads the request at the next heartbeat or wake-up. */
export const requestCancelOfRunningJob = statement({
  name: 'jobs.request_cancel',
  text: `
    update jobs
    set cancel_requested_at = coalesce(cancel_requested_at, clock_now())
    where resource_id = $1 and status = 'RUNNING'
    returning id, job_type as "type"`,
  params: { resourceId: 'text' },
  row: { id: 'text', type: 'text' },
});

/** Makes a job ready that waits for its next attempt; run it after lockLane. No row: the job does not wait for one. */
export const runJobNow = statement({
  name: 'jobs.run_now',
  text: `
    with due as (
      update jobs set run_at = clock_now() where id = $2 and resource_id = $1 and status = 'RETRYING'
      returning resource_id
    )
    update job_locks l
    set ready_at = clock_now()
    from due
    where l.resource_id = due.resource_id and l.job_id is null and l.ready_at is not null
    returning l.resource_id as "resourceId"`,
  params: { resourceId: 'text', jobId: 'text' },
  row: { resourceId: 'text' },
});
