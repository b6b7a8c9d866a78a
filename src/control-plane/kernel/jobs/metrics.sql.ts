import { statement } from '../db/statement.ts';
import { isRunnable } from './workers.sql.ts';

/** Counts jobs that have not ended: those of lanes with work, so that the history costs nothing. */
export const countJobs = statement({
  name: 'jobs.count',
  text: `
    select j.job_type as "type", j.status, count(*)::int4 as count
    from job_locks l
    join jobs j on j.resource_id = l.resource_id and j.seq between l.head and l.tail
    where (l.ready_at is not null or l.worker_id is not null) and j.ended_at is null
    group by j.job_type, j.status`,
  params: {},
  row: { type: 'text', status: 'text', count: 'int4' },
});

/** Counts lanes that are ready, delayed or leased, and says for how long the first ready one has waited. */
export const measureQueue = statement({
  name: 'jobs.measure_queue',
  text: `
    select count(*) filter (where ready_at <= clock_now())::int4 as ready,
           count(*) filter (where ready_at > clock_now())::int4 as delayed,
           count(*) filter (where worker_id is not null)::int4 as leased,
           greatest(0, coalesce(extract(epoch from clock_now() - min(ready_at)), 0))::float8 as "oldestSeconds"
    from job_locks
    where ready_at is not null or worker_id is not null`,
  params: {},
  row: { ready: 'int4', delayed: 'int4', leased: 'int4', oldestSeconds: 'float8' },
});

/** Workers whose lease is live, and those whose lease has expired. */
export const countWorkers = statement({
  name: 'workers.count',
  text: `
    select count(*) filter (where lease_until > clock_now())::int4 as live,
           count(*) filter (where lease_until <= clock_now())::int4 as silent
    from workers`,
  params: {},
  row: { live: 'int4', silent: 'int4' },
});

/** Jobs at the head of a ready lane whose type no live worker can run, by type. */
export const countUnrunnableJobs = statement({
  name: 'jobs.count_unrunnable',
  text: `
    select j.job_type as "type", count(*)::int4 as count
    from job_locks l
    join jobs j on j.resource_id = l.resource_id and j.seq = l.head and j.status in ('PENDING', 'RETRYING')
    where l.ready_at <= clock_now()
      and not ${isRunnable('j.job_type')}
    group by j.job_type`,
  params: {},
  row: { type: 'text', count: 'int4' },
});
