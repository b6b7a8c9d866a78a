import { statement } from '../db/statement.ts';

/** Jobs that ended so long ago and still have events, the oldest first. The events of a job are removed together. */
export const listJobsWithOldEvents = statement({
  name: 'retention.list_jobs_with_old_events',
  text: `
    select j.id
    from jobs j
    where j.ended_at < clock_now() - $1::float8 * interval '1 day'
      and exists (select from job_events e where e.job_id = j.id)
    order by j.ended_at
    limit $2`,
  params: { days: 'float8', limit: 'int4' },
  row: { id: 'text' },
});

export const countJobsWithOldEvents = statement({
  name: 'retention.count_jobs_with_old_events',
  text: `
    select count(*)::int4 as "count"
    from jobs j
    where j.ended_at < clock_now() - $1::float8 * interval '1 day'
      and exists (select from job_events e where e.job_id = j.id)`,
  params: { days: 'float8' },
  row: { count: 'int4' },
});

export const deleteJobEvents = statement({
  name: 'retention.delete_job_events',
  text: `
    with gone as (delete from job_events where job_id = any($1) returning 1)
    select count(*)::int4 as "count" from gone`,
  params: { jobIds: 'text[]' },
  row: { count: 'int4' },
});

/** A worker that holds no lane: one with a lane is reclaimed first. */
const SILENT = `
    lease_until < clock_now() - $1::float8 * interval '1 day'
      and not exists (select from job_locks l where l.worker_id = workers.id)`;

export const countSilentWorkers = statement({
  name: 'retention.count_silent_workers',
  text: `select count(*)::int4 as "count" from workers where ${SILENT}`,
  params: { days: 'float8' },
  row: { count: 'int4' },
});

export const deleteSilentWorkers = statement({
  name: 'retention.delete_silent_workers',
  text: `
    with gone as (delete from workers where ${SILENT} returning 1)
    select count(*)::int4 as "count" from gone`,
  params: { days: 'float8' },
  row: { count: 'int4' },
});
