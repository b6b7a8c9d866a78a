import { statement } from '../db/statement.ts';

/**
 * Claims at most `slots` ready lanes for a live worker, in one statement: attempt, status, fence and lease holder change together.
 * It touches only the picked lanes, so its cost does not grow with history, idle resources or one busy lane.
 * A lane whose head was cancelled is stepped over here. A head that this snapshot cannot see yet is left for the next claim.
 */
export const claimJobs = statement({
  name: 'jobs.claim',
  text: `
    with picked as materialized (
      select resource_id, head
      from job_locks
      where ready_at <= clock_now()
        and exists (select from workers where id = $2 and lease_until > clock_now())
      order by ready_at
      limit $1
      for update skip locked
    ), claimed as (
      update jobs j
      set status = 'RUNNING', attempt = j.attempt + 1, worker_id = $2, phase = null,
          started_at = coalesce(j.started_at, clock_now())
      from picked p
      where j.resource_id = p.resource_id and j.seq = p.head and j.status in ('PENDING', 'RETRYING')
      returning j.id, j.resource_id, j.job_type, j.attempt, j.max_attempts, j.payload, j.requested_by
    ), stepped_over as (
      update job_locks l
      set head = l.head + 1, ready_at = case when l.tail > l.head then clock_now() end
      from picked p
      join jobs j on j.resource_id = p.resource_id and j.seq = p.head and j.status = 'CANCELLED'
      where l.resource_id = p.resource_id
    )
    update job_locks l
    set job_id = c.id, worker_id = $2, fence = nextval('job_fence'), ready_at = null
    from claimed c
    where l.resource_id = c.resource_id
    returning c.id, c.resource_id as "resourceId", c.job_type as "type", c.attempt, c.max_attempts as "maxAttempts",
              l.fence, c.payload, c.requested_by as "requestedBy"`,
  params: { slots: 'int4', workerId: 'text' },
  row: {
    id: 'text',
    resourceId: 'text',
    type: 'text',
    attempt: 'int4',
    maxAttempts: 'int4',
    fence: 'int8',
    payload: 'jsonb',
    requestedBy: 'text',
  },
});

/** Milliseconds until the next lane becomes ready (0: one is ready now); no row when none will by itself. */
export const nextReady = statement({
  name: 'jobs.next_ready',
  text: `
    select greatest(0, extract(epoch from ready_at - clock_now()) * 1000)::float8 as "inMs"
    from job_locks
    where ready_at is not null
    order by ready_at
    limit 1`,
  params: {},
  row: { inMs: 'float8' },
});
