import { statement } from '../db/statement.ts';

/** Jobs that ended so long ago and still have events. The index jobs_with_events holds only jobs whose events are not removed. */
const OLD = `
    from jobs j
    where j.ended_at < clock_now() - $1::float8 * interval '1 day' and j.events_removed_at is null`;

/** The oldest first. */
export const listJobsWithOldEvents = statement({
  name: 'retention.list_jobs_with_old_events',
  text: `select j.id ${OLD} and not j.id = any($2) order by j.ended_at limit $3`,
  params: { days: 'float8', failed: 'text[]', limit: 'int4' },
  row: { id: 'text' },
});

export const countJobsWithOldEvents = statement({
  name: 'retention.count_jobs_with_old_events',
  text: `select count(*)::int4 as "count" ${OLD}`,
  params: { days: 'float8' },
  row: { count: 'int4' },
});

/** All events of a job together. */
export const deleteJobEvents = statement({
  name: 'retention.delete_job_events',
  text: `
    with gone as (delete from job_events where job_id = $1)
    update jobs set events_removed_at = clock_now() where id = $1
    returning id`,
  params: { jobId: 'text' },
  row: { id: 'text' },
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
