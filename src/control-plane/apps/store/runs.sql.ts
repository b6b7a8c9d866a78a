import { type RowOf, statement } from '../../kernel/db/statement.ts';

const COLUMNS = `
  n.id, n.service_id as "serviceId", n.number, n.slot, n.state, n.timeout_seconds as "timeoutSeconds", r.number as "release",
  n.job_id as "jobId", n.exit_code as "exitCode", n.reason, n.requested_by as "requestedBy", n.created_at as "createdAt",
  n.started_at as "startedAt", n.ended_at as "endedAt"`;
const FROM = `
    from app_runs n
      join app_services s on s.id = n.service_id
      left join app_releases r on r.id = n.release_id`;
const ROW = {
  id: 'text',
  serviceId: 'text',
  number: 'int4',
  slot: 'timestamptz?',
  state: 'text',
  timeoutSeconds: 'int4',
  release: 'int4?',
  jobId: 'text?',
  exitCode: 'int4?',
  reason: 'text?',
  requestedBy: 'text',
  createdAt: 'timestamptz',
  startedAt: 'timestamptz?',
  endedAt: 'timestamptz?',
} as const;

/** One run of the given teams (null: of any). */
export const getRun = statement({
  name: 'app_runs.get',
  text: `select ${COLUMNS}${FROM}
    where n.id = $1 and ($2::text[] is null or s.team = any($2))`,
  params: { id: 'text', teams: 'text[]?' },
  row: ROW,
});
export type RunRow = RowOf<typeof getRun>;

export const listRuns = statement({
  name: 'app_runs.list',
  text: `select ${COLUMNS}${FROM}
    where n.service_id = $1 and ($2::int4 is null or n.number < $2)
    order by n.number desc
    limit $3`,
  params: { serviceId: 'text', before: 'int4?', limit: 'int4' },
  row: ROW,
});

/** The newest run of each service. */
export const lastRuns = statement({
  name: 'app_runs.last',
  text: `
    select distinct on (n.service_id) ${COLUMNS}${FROM}
    where n.service_id = any($1)
    order by n.service_id, n.number desc`,
  params: { serviceIds: 'text[]' },
  row: ROW,
});

/** The run of a service that has not ended. */
export const findOpenRun = statement({
  name: 'app_runs.find_open',
  text: `select id, number from app_runs where service_id = $1 and state in ('QUEUED', 'RUNNING')`,
  params: { serviceId: 'text' },
  row: { id: 'text', number: 'int4' },
});

/** Services of which a time of the schedule has come. */
export const listDueServices = statement({
  name: 'app_runs.list_due',
  text: `
    select id from app_services
    where next_run_at is not null and status = 'ACTIVE' and next_run_at <= clock_now()
    order by next_run_at
    limit 100`,
  params: {},
  row: { id: 'text' },
});

/** Null: it does not run by its schedule. */
export const setNextRun = statement({
  name: 'app_runs.set_next',
  text: `update app_services set next_run_at = $2 where id = $1 returning id`,
  params: { id: 'text', at: 'timestamptz?' },
  row: { id: 'text' },
});

export const nextRunNumber = statement({
  name: 'app_runs.next_number',
  text: `update app_services set next_run = next_run + 1 where id = $1 returning next_run - 1 as "number"`,
  params: { id: 'text' },
  row: { number: 'int4' },
});

/** No row: there was a run for this time of the schedule. */
export const insertRun = statement({
  name: 'app_runs.insert',
  text: `
    insert into app_runs (id, service_id, number, slot, state, timeout_seconds, job_id, reason, requested_by, ended_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, case when $5 = 'SKIPPED' then clock_now() end)
    on conflict (service_id, slot) do nothing
    returning id`,
  params: {
    id: 'text',
    serviceId: 'text',
    number: 'int4',
    slot: 'timestamptz?',
    state: 'text',
    timeoutSeconds: 'int4',
    jobId: 'text?',
    reason: 'text?',
    requestedBy: 'text',
  },
  row: { id: 'text' },
});

/** Its instance has started. No row: it was cancelled meanwhile. */
export const setRunStarted = statement({
  name: 'app_runs.set_started',
  text: `
    update app_runs n set state = 'RUNNING', release_id = i.release_id, started_at = i.started_at
    from app_instances i
    where n.id = $1 and n.state = 'QUEUED' and i.run_id = n.id
    returning n.id`,
  params: { id: 'text' },
  row: { id: 'text' },
});

/** It takes longer than it may, and is stopped for that. */
export const setRunTimedOut = statement({
  name: 'app_runs.set_timed_out',
  text: `update app_runs set timed_out = true where id = $1 and state = 'RUNNING' returning id`,
  params: { id: 'text' },
  row: { id: 'text' },
});

/** No row: it had ended. */
export const endRun = statement({
  name: 'app_runs.end',
  text: `
    update app_runs set state = $2, exit_code = $3, reason = $4, ended_at = clock_now()
    where id = $1 and state in ('QUEUED', 'RUNNING')
    returning id, service_id as "serviceId", number`,
  params: { id: 'text', state: 'text', exitCode: 'int4?', reason: 'text?' },
  row: { id: 'text', serviceId: 'text', number: 'int4' },
});

/** What has not ended of a service is not wanted any more; the task that follows runs stops its instance. */
export const cancelRuns = statement({
  name: 'app_runs.cancel_all',
  text: `
    update app_runs set state = 'CANCELLED', reason = $2, ended_at = clock_now()
    where service_id = $1 and state in ('QUEUED', 'RUNNING')
    returning id`,
  params: { serviceId: 'text', reason: 'text' },
  row: { id: 'text' },
});

/** The same of the run that a job was to start. */
export const cancelRunOfJob = statement({
  name: 'app_runs.cancel_of_job',
  text: `
    update app_runs set state = 'CANCELLED', reason = 'its job was cancelled', ended_at = clock_now()
    where job_id = $1 and state in ('QUEUED', 'RUNNING')
    returning id`,
  params: { jobId: 'text' },
  row: { id: 'text' },
});

/** Instances of runs on this host that were not removed, with what is to become of them. */
export const listRunInstances = statement({
  name: 'app_runs.list_instances',
  text: `
    select i.id as "instanceId", i.state as "instanceState", n.id, n.service_id as "serviceId", n.number, n.state, n.timed_out as "timedOut",
      n.timeout_seconds as "timeoutSeconds",
      n.started_at + n.timeout_seconds * interval '1 second' < clock_now() as "isOverdue"
    from app_instances i join app_runs n on n.id = i.run_id
    where i.host = $1 and i.state <> 'REMOVED'
    order by i.id`,
  params: { host: 'text' },
  row: {
    instanceId: 'text',
    instanceState: 'text',
    id: 'text',
    serviceId: 'text',
    number: 'int4',
    state: 'text',
    timedOut: 'bool',
    timeoutSeconds: 'int4',
    isOverdue: 'bool?',
  },
});
export type RunInstanceRow = RowOf<typeof listRunInstances>;

/** All but the newest `keep` runs of a service, with their instances and what those wrote. */
export const deleteOldRuns = statement({
  name: 'app_runs.delete_old',
  text: `
    with old as (
      select n.id from app_runs n
      where n.service_id = $1 and n.state not in ('QUEUED', 'RUNNING')
        and not exists (select from app_instances i where i.run_id = n.id and i.state <> 'REMOVED')
        and n.number <= (select next_run - 1 from app_services where id = $1) - $2
    ), instances as (
      delete from app_instances i using old where i.run_id = old.id returning i.id
    ), lines as (
      delete from app_log_lines l using instances where l.instance_id = instances.id
    )
    delete from app_runs n using old where n.id = old.id returning n.id`,
  params: { serviceId: 'text', keep: 'int4' },
  row: { id: 'text' },
});
