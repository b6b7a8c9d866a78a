import { type RowOf, statement } from '../../kernel/db/statement.ts';

const COLUMNS = `
  d.id, d.service_id as "serviceId", d.team, d.number, d.reason, d.state, d.settings, d.source_sha256 as "sourceSha256", d.plan,
  d.build_id as "buildId", d.release_id as "releaseId", r.number as "release", d.job_id as "jobId", d.steps, d.failed_step as "failedStep",
  d.error_code as "errorCode", d.error_message as "errorMessage", d.log_tail as "logTail", d.superseded_by as "supersededBy",
  d.requested_by as "requestedBy", d.created_at as "createdAt", d.switched_at as "switchedAt", d.ended_at as "endedAt",
  extract(epoch from d.served_at - d.stopped_at)::float8 as "downtimeSeconds"`;
const FROM = `
    from app_deployments d left join app_releases r on r.id = d.release_id`;
const ROW = {
  id: 'text',
  serviceId: 'text',
  team: 'text',
  number: 'int4',
  reason: 'text',
  state: 'text',
  settings: 'jsonb',
  sourceSha256: 'text?',
  plan: 'jsonb?',
  buildId: 'text?',
  releaseId: 'text?',
  release: 'int4?',
  jobId: 'text?',
  steps: 'jsonb',
  failedStep: 'text?',
  errorCode: 'text?',
  errorMessage: 'text?',
  logTail: 'jsonb',
  supersededBy: 'text?',
  requestedBy: 'text',
  createdAt: 'timestamptz',
  switchedAt: 'timestamptz?',
  endedAt: 'timestamptz?',
  downtimeSeconds: 'float8?',
} as const;

export const getDeployment = statement({
  name: 'app_deployments.get',
  text: `select ${COLUMNS}${FROM}
    where d.id = $1 and ($2::text[] is null or d.team = any($2))`,
  params: { id: 'text', teams: 'text[]?' },
  row: ROW,
});
export type DeploymentRow = RowOf<typeof getDeployment>;

export const lockDeployment = statement({
  name: 'app_deployments.lock',
  text: `select ${COLUMNS}${FROM} where d.id = $1 for update of d`,
  params: { id: 'text' },
  row: ROW,
});

export const listDeployments = statement({
  name: 'app_deployments.list',
  text: `select ${COLUMNS}${FROM}
    where d.service_id = $1 and ($2::int4 is null or d.number < $2)
    order by d.number desc
    limit $3`,
  params: { serviceId: 'text', before: 'int4?', limit: 'int4' },
  row: ROW,
});

/** The newest deployment of each service. */
export const lastDeployments = statement({
  name: 'app_deployments.last',
  text: `
    select distinct on (d.service_id) ${COLUMNS}${FROM}
    where d.service_id = any($1)
    order by d.service_id, d.number desc`,
  params: { serviceIds: 'text[]' },
  row: ROW,
});

/** Those that have not begun to change instances: a newer one supersedes them. */
export const listWaitingDeployments = statement({
  name: 'app_deployments.list_waiting',
  text: `select ${COLUMNS}${FROM}
    where d.service_id = $1 and d.state in ('QUEUED', 'BUILDING')
    for update of d`,
  params: { serviceId: 'text' },
  row: ROW,
});

/** The newest that has not ended. */
export const lockOpenDeployment = statement({
  name: 'app_deployments.lock_open',
  text: `
    select id, release_id as "releaseId"
    from app_deployments
    where service_id = $1 and state in ('QUEUED', 'BUILDING', 'STARTING', 'CHECKING', 'SWITCHING', 'DRAINING')
    order by number desc
    limit 1
    for update`,
  params: { serviceId: 'text' },
  row: { id: 'text', releaseId: 'text?' },
});

/** Those that have not ended. */
export const listOpenDeployments = statement({
  name: 'app_deployments.list_open',
  text: `
    select id, state, release_id as "releaseId" from app_deployments
    where service_id = $1 and state not in ('LIVE', 'FAILED', 'CANCELLED', 'SUPERSEDED')
    order by number`,
  params: { serviceId: 'text' },
  row: { id: 'text', state: 'text', releaseId: 'text?' },
});
export type OpenDeployment = RowOf<typeof listOpenDeployments>;

export const insertDeployment = statement({
  name: 'app_deployments.insert',
  text: `
    insert into app_deployments (id, service_id, team, number, reason, settings, source_sha256, plan, build_id, release_id, job_id, requested_by)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    returning id`,
  params: {
    id: 'text',
    serviceId: 'text',
    team: 'text',
    number: 'int4',
    reason: 'text',
    settings: 'jsonb',
    sourceSha256: 'text?',
    plan: 'jsonb?',
    buildId: 'text?',
    releaseId: 'text?',
    jobId: 'text',
    requestedBy: 'text',
  },
  row: { id: 'text' },
});

/** Changes the state if it is one of `from`, and closes the step that ran. No row: it was in another state. */
export const moveDeployment = statement({
  name: 'app_deployments.move',
  text: `
    update app_deployments d
    set state = $3,
        failed_step = case when $3 not in ('BUILDING', 'STARTING') then failed_step end,
        error_code = case when $3 not in ('BUILDING', 'STARTING') then error_code end,
        error_message = case when $3 not in ('BUILDING', 'STARTING') then error_message end,
        log_tail = case when $3 in ('BUILDING', 'STARTING') then '[]' else log_tail end,
        steps = coalesce((
            select jsonb_agg(case when step ->> 'seconds' is null
              then step || jsonb_build_object('seconds', round(extract(epoch from clock_now() - (step ->> 'startedAt')::timestamptz)::numeric, 3))
              else step end order by nr)
            from jsonb_array_elements(d.steps) with ordinality as s (step, nr)), '[]')
          || case when $3 in ('BUILDING', 'STARTING', 'CHECKING', 'SWITCHING', 'DRAINING')
               then jsonb_build_array(jsonb_build_object('step', lower($3), 'startedAt', clock_now(), 'seconds', null)) else '[]' end,
        ended_at = case when $3 in ('LIVE', 'FAILED', 'CANCELLED', 'SUPERSEDED') then coalesce(ended_at, clock_now()) end
    where id = $1 and state = any($2)
    returning id`,
  params: { id: 'text', from: 'text[]', to: 'text' },
  row: { id: 'text' },
});

export const setDeploymentBuild = statement({
  name: 'app_deployments.set_build',
  text: `update app_deployments set build_id = $2, plan = $3 where id = $1 returning id`,
  params: { id: 'text', buildId: 'text', plan: 'jsonb' },
  row: { id: 'text' },
});

/** After the build: the release to take live, and the job that does it. */
export const setDeploymentRelease = statement({
  name: 'app_deployments.set_release',
  text: `update app_deployments set release_id = $2, job_id = $3 where id = $1 and release_id is null returning id`,
  params: { id: 'text', releaseId: 'text', jobId: 'text' },
  row: { id: 'text' },
});

export const setDeploymentFailure = statement({
  name: 'app_deployments.set_failure',
  text: `
    update app_deployments set failed_step = $2, error_code = $3, error_message = $4, log_tail = $5
    where id = $1 returning id`,
  params: { id: 'text', step: 'text', code: 'text', message: 'text', logTail: 'jsonb' },
  row: { id: 'text' },
});

/** From now on the release is live, whatever becomes of the rest of its deployment. */
export const setSwitched = statement({
  name: 'app_deployments.set_switched',
  text: `update app_deployments set switched_at = coalesce(switched_at, clock_now()) where id = $1 returning id`,
  params: { id: 'text' },
  row: { id: 'text' },
});

/** Nothing serves from now on: the old instance stops first. */
export const setDeploymentStopped = statement({
  name: 'app_deployments.set_stopped',
  text: `update app_deployments set stopped_at = coalesce(stopped_at, clock_now()), served_at = null where id = $1 returning id`,
  params: { id: 'text' },
  row: { id: 'text' },
});

/** The new instance serves, or the old one again. No row: it never stopped. */
export const setDeploymentServed = statement({
  name: 'app_deployments.set_served',
  text: `
    update app_deployments set served_at = clock_now()
    where id = $1 and stopped_at is not null and served_at is null returning id`,
  params: { id: 'text' },
  row: { id: 'text' },
});

export const setSupersededBy = statement({
  name: 'app_deployments.set_superseded_by',
  text: `update app_deployments set superseded_by = $2 where id = $1 returning id`,
  params: { id: 'text', by: 'text' },
  row: { id: 'text' },
});

/** The live deployment of a service, which another one replaces. */
export const findLiveDeployment = statement({
  name: 'app_deployments.find_live',
  text: `select id from app_deployments where service_id = $1 and state = 'LIVE'`,
  params: { serviceId: 'text' },
  row: { id: 'text' },
});

/** Ends what still runs or waits, because the service is destroyed. */
export const cancelDeployments = statement({
  name: 'app_deployments.cancel_all',
  text: `
    update app_deployments set state = 'CANCELLED', ended_at = clock_now()
    where service_id = $1 and state not in ('LIVE', 'FAILED', 'CANCELLED', 'SUPERSEDED')
    returning id`,
  params: { serviceId: 'text' },
  row: { id: 'text' },
});

/** Which deployment a job works on. */
export const findDeploymentOfJob = statement({
  name: 'app_deployments.find_of_job',
  text: `select id, state from app_deployments where job_id = $1`,
  params: { jobId: 'text' },
  row: { id: 'text', state: 'text' },
});
