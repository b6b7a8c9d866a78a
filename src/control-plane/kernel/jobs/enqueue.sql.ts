import { statement } from '../db/statement.ts';

/** Locks the lane, so that later statements of the transaction see the current jobs of the resource. */
export const lockLane = statement({
  name: 'jobs.lock_lane',
  text: `
    select resource_id as "resourceId", job_id as "jobId"
    from job_locks where resource_id = $1
    for update`,
  params: { resourceId: 'text' },
  row: { resourceId: 'text', jobId: 'text?' },
});

/**
 * Appends a job to its resource's lane. Readiness is computed from the counters of the lane and not from `jobs`: an update that
 * waited for the row lock reads the row again, but a sub-select would use the old snapshot and could miss a job. A job that is not the
 * first of its lane waits for those before it: their end, and not the new job, makes the lane ready.
 */
export const enqueueJob = statement({
  name: 'jobs.enqueue',
  text: `
    with lane as (
      insert into job_locks as l (resource_id, tail, ready_at)
      values ($2, 1, clock_now())
      on conflict (resource_id) do update
        set tail = l.tail + 1,
            ready_at = case when l.job_id is null then coalesce(l.ready_at, clock_now()) end
      returning l.resource_id, l.tail, l.job_id is null and l.tail = l.head as is_first
    )
    insert into jobs (id, resource_id, seq, job_type, payload, requested_by, max_attempts, resource_kind, resource_name, team, traceparent)
    select $1, lane.resource_id, lane.tail, $3, $4, $5, $6, $7, $8, $9, $10 from lane
    returning id, seq, (select is_first from lane) as "isFirst"`,
  params: {
    id: 'text',
    resourceId: 'text',
    jobType: 'text',
    payload: 'jsonb',
    requestedBy: 'text',
    maxAttempts: 'int4',
    resourceKind: 'text',
    resourceName: 'text',
    team: 'text',
    traceparent: 'text?',
  },
  row: { id: 'text', seq: 'int4', isFirst: 'bool' },
});
