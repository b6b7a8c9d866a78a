import { statement } from '../db/statement.ts';
import { hostProblemOf, isRunnable } from './workers.sql.ts';

/**
 * Appends events in the order of the array, under the fence. No row: the lease is lost. `phase` is also stored on the job.
 * `repeatedAfter` is set when the answer to the same call may have been lost: nothing is appended if the first event is found after it.
 */
export const appendEvents = statement({
  name: 'jobs.append_events',
  text: `
    with held as (
      select l.job_id
      from job_locks l
      join workers w on w.id = l.worker_id and w.lease_until > clock_now()
      where l.resource_id = $1 and l.job_id = $2 and l.fence = $3
      for no key update of l
    ), phased as (
      update jobs j set phase = $6 from held where j.id = held.job_id and $6::text is not null and j.phase is distinct from $6
    ), repeated as (
      select e.seq
      from job_events e
      where $7::int4 is not null and e.job_id = $2 and e.seq > $7 and e.attempt = $4
        and e.kind = $5::jsonb->0->>'kind' and e.message = $5::jsonb->0->>'message'
    ), appended as (
      insert into job_events (job_id, seq, attempt, phase, kind, level, message, data)
      select held.job_id, (select coalesce(max(seq), 0) from job_events where job_id = $2) + e.ordinality::int4, $4,
             e.event->>'phase', e.event->>'kind', e.event->>'level', e.event->>'message', e.event->'data'
      from held, jsonb_array_elements($5::jsonb) with ordinality as e (event, ordinality)
      where not exists (select from repeated)
      returning seq
    )
    select coalesce((select max(seq) from appended), (select max(seq) from job_events where job_id = $2), 0) as "lastSeq"
    from held`,
  params: {
    resourceId: 'text',
    jobId: 'text',
    fence: 'int8',
    attempt: 'int4',
    events: 'jsonb',
    phase: 'text?',
    repeatedAfter: 'int4?',
  },
  row: { lastSeq: 'int4' },
});

/** Appends one event about the job's own state, inside a transaction that settles it or holds its lane. */
export const appendStateEvent = statement({
  name: 'jobs.append_state_event',
  text: `
    insert into job_events (job_id, seq, attempt, phase, kind, level, message, data)
    select j.id, (select coalesce(max(seq), 0) + 1 from job_events where job_id = $1), greatest(j.attempt, 1), null, 'state', $2, $3, $4
    from jobs j where j.id = $1
    returning seq`,
  params: { jobId: 'text', level: 'text', message: 'text', data: 'jsonb' },
  row: { seq: 'int4' },
});

/** How the attempts of a job ended that another one follows: of each the last record, without shutdowns of workers. */
export const listEndedAttempts = statement({
  name: 'jobs.ended_attempts',
  text: `
    select distinct on (attempt) attempt, data->>'code' as code, coalesce(data->>'cause', message) as message
    from job_events
    where job_id = $1 and kind = 'state' and data->>'status' = 'RETRYING' and data->>'code' <> 'DRAINED'
    order by attempt desc, seq desc`,
  params: { jobId: 'text' },
  row: { attempt: 'int4', code: 'text', message: 'text' },
});

const EVENT_ROW = {
  seq: 'int4',
  at: 'timestamptz',
  attempt: 'int4',
  phase: 'text?',
  kind: 'text',
  level: 'text',
  message: 'text',
  data: 'jsonb',
} as const;

export const listEvents = statement({
  name: 'jobs.list_events',
  text: `
    select seq, at, attempt, phase, kind, level, message, data
    from job_events
    where job_id = $1 and seq > $2
    order by seq
    limit $3`,
  params: { jobId: 'text', after: 'int4', limit: 'int4' },
  row: EVENT_ROW,
});

/** The sequence number before the newest `count` events: reading after it gives the tail. */
export const tailStart = statement({
  name: 'jobs.tail_start',
  text: `select greatest(coalesce(max(seq), 0) - $2, 0)::int4 as "after" from job_events where job_id = $1`,
  params: { jobId: 'text', count: 'int4' },
  row: { after: 'int4' },
});

/**
 * Appends one event to each job that has been ready for longer than $1 milliseconds while no live worker can run its type: none has a
 * handler, or their hosts have a problem. At most 100 jobs in a call.
 */
export const appendUnrunnableEvents = statement({
  name: 'jobs.append_unrunnable_events',
  text: `
    insert into job_events (job_id, seq, attempt, phase, kind, level, message, data)
    select j.id, (select coalesce(max(seq), 0) + 1 from job_events where job_id = j.id), greatest(j.attempt, 1), null, 'state', 'warn',
           coalesce('no running worker can run jobs of type ' || j.job_type || ': ' || host.problem || '; the job waits for one',
                    'no running worker has a handler for jobs of type ' || j.job_type || '; the job waits for one'),
           jsonb_build_object('code', host.code, 'status', j.status)
    from job_locks l
    join jobs j on j.resource_id = l.resource_id and j.seq = l.head and j.status in ('PENDING', 'RETRYING')
    cross join lateral (
      select problem, case when problem is null then 'NO_WORKER' else 'WORKER_NOT_READY' end as code
      from (select ${hostProblemOf('j.job_type')}) p (problem)) host
    where l.ready_at <= clock_now() - $1::float8 * interval '1 millisecond'
      and not ${isRunnable('j.job_type')}
      and not exists (select from job_events e where e.job_id = j.id and e.data->>'code' = host.code)
    order by l.ready_at
    limit 100
    on conflict do nothing
    returning job_id as "jobId"`,
  params: { afterMs: 'float8' },
  row: { jobId: 'text' },
});
