import { type RowOf, statement } from '../../kernel/db/statement.ts';

const COLUMNS = `
  s.id, s.environment_id as "environmentId", e.name as "environmentName", e.status as "environmentStatus", s.team, s.name, s.kind, s.status,
  s.host_label as "hostLabel", s.replicas, s.settings, s.live_release_id as "liveReleaseId", r.number as "liveRelease", s.pinned,
  s.next_run_at as "nextRunAt", s.restart_at as "restartAt", s.crashed_at as "crashedAt", s.last_job_id as "lastJobId", s.requested_by as "requestedBy",
  s.created_at as "createdAt", s.destroyed_at as "destroyedAt"`;

const FROM = `
    from app_services s
      join app_environments e on e.id = s.environment_id
      left join app_releases r on r.id = s.live_release_id`;

const ROW = {
  id: 'text',
  environmentId: 'text',
  environmentName: 'text',
  environmentStatus: 'text',
  team: 'text',
  name: 'text',
  kind: 'text',
  status: 'text',
  hostLabel: 'text',
  replicas: 'int4',
  settings: 'jsonb',
  liveReleaseId: 'text?',
  liveRelease: 'int4?',
  pinned: 'bool',
  nextRunAt: 'timestamptz?',
  restartAt: 'timestamptz?',
  crashedAt: 'timestamptz?',
  lastJobId: 'text?',
  requestedBy: 'text',
  createdAt: 'timestamptz',
  destroyedAt: 'timestamptz?',
} as const;

/** One service of the given teams (null: of any). */
export const getService = statement({
  name: 'app_services.get',
  text: `select ${COLUMNS}${FROM}
    where s.id = $1 and ($2::text[] is null or s.team = any($2))`,
  params: { id: 'text', teams: 'text[]?' },
  row: ROW,
});
export type ServiceRow = RowOf<typeof getService>;

/** The same, locked until the transaction ends. */
export const lockService = statement({
  name: 'app_services.lock',
  text: `select ${COLUMNS}${FROM}
    where s.id = $1 and ($2::text[] is null or s.team = any($2))
    for no key update of s`,
  params: { id: 'text', teams: 'text[]?' },
  row: ROW,
});

export const findServiceNamed = statement({
  name: 'app_services.find_named',
  text: `select ${COLUMNS}${FROM}
    where s.environment_id = $1 and s.name = $2 and s.status <> 'DESTROYED'`,
  params: { environmentId: 'text', name: 'text' },
  row: ROW,
});

export const listServices = statement({
  name: 'app_services.list',
  text: `select ${COLUMNS}${FROM}
    where s.status <> 'DESTROYED'
      and ($1::text[] is null or s.team = any($1))
      and ($2::text is null or s.id < $2)
      and ($3::text is null or s.name = $3)
      and ($4::text is null or e.name = $4)
      and ($5::text is null or s.team = $5)
    order by s.id desc
    limit $6`,
  params: {
    teams: 'text[]?',
    before: 'text?',
    name: 'text?',
    environment: 'text?',
    team: 'text?',
    limit: 'int4',
  },
  row: ROW,
});

export const listServicesOfEnvironment = statement({
  name: 'app_services.list_of_environment',
  text: `select ${COLUMNS}${FROM}
    where s.environment_id = $1 and s.status <> 'DESTROYED'
    order by s.id`,
  params: { environmentId: 'text' },
  row: ROW,
});

/** No row: the host label is taken. */
export const insertService = statement({
  name: 'app_services.insert',
  text: `
    insert into app_services (id, environment_id, team, name, kind, host_label, replicas, settings, requested_by)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
    on conflict (host_label) where status <> 'DESTROYED' do nothing
    returning id`,
  params: {
    id: 'text',
    environmentId: 'text',
    team: 'text',
    name: 'text',
    kind: 'text',
    hostLabel: 'text',
    replicas: 'int4',
    settings: 'jsonb',
    requestedBy: 'text',
  },
  row: { id: 'text' },
});

/** What a release made live: its kind, settings and number of replicas. */
/** A number of replicas that was chosen after the deployment was accepted stays: its own job follows in the lane. */
export const setLiveRelease = statement({
  name: 'app_services.set_live_release',
  text: `
    update app_services s
    set live_release_id = $2, kind = $4, pinned = $6, crashed_at = null, restart_at = null,
      replicas = case when later.is_set then s.replicas else $5 end,
      settings = case when later.is_set then $3 || jsonb_build_object('replicas', s.settings -> 'replicas') else $3 end
    from (
      select coalesce(v.replicas_set_at > d.created_at, false) as is_set
      from app_services v, app_deployments d
      where v.id = $1 and d.id = $7) later
    where s.id = $1
    returning s.replicas`,
  params: {
    id: 'text',
    releaseId: 'text',
    settings: 'jsonb',
    kind: 'text',
    replicas: 'int4',
    pinned: 'bool',
    deploymentId: 'text',
  },
  row: { replicas: 'int4' },
});

/** The next deploy keeps the number; that of a stopped service is what it had before. */
export const setReplicas = statement({
  name: 'app_services.set_replicas',
  text: `
    update app_services
    set replicas = $2, replicas_set_at = clock_now(), crashed_at = null, restart_at = null,
      settings = case when $2 > 0 then settings || jsonb_build_object('replicas', $2) else settings end
    where id = $1 returning id`,
  params: { id: 'text', replicas: 'int4' },
  row: { id: 'text' },
});

export const setServiceJob = statement({
  name: 'app_services.set_job',
  text: `update app_services set last_job_id = $2 where id = $1 returning id`,
  params: { id: 'text', jobId: 'text' },
  row: { id: 'text' },
});

export const countFailedRestart = statement({
  name: 'app_services.count_failed_restart',
  text: `update app_services set failed_restarts = failed_restarts + 1 where id = $1 returning failed_restarts as "count"`,
  params: { id: 'text' },
  row: { count: 'int4' },
});

/** When replicas that ended are started again; null: they were. */
export const setRestart = statement({
  name: 'app_services.set_restart',
  text: `
    update app_services
    set restart_at = clock_now() + $2::float8 * interval '1 second', failed_restarts = case when $2 is null then 0 else failed_restarts end
    where id = $1 returning id`,
  params: { id: 'text', afterSeconds: 'float8?' },
  row: { id: 'text' },
});

export const setCrashed = statement({
  name: 'app_services.set_crashed',
  text: `
    update app_services set crashed_at = clock_now(), restart_at = null
    where id = $1 and crashed_at is null returning id`,
  params: { id: 'text' },
  row: { id: 'text' },
});

/** A restart that a person asked for begins with a clean record. */
export const clearCrash = statement({
  name: 'app_services.clear_crash',
  text: `update app_services set crashed_at = null, restart_at = null where id = $1 returning id`,
  params: { id: 'text' },
  row: { id: 'text' },
});

export const beginServiceDestroy = statement({
  name: 'app_services.begin_destroy',
  text: `
    update app_services set status = 'DESTROYING'
    where id = $1 and status = 'ACTIVE' returning id`,
  params: { id: 'text' },
  row: { id: 'text' },
});

export const endServiceDestroy = statement({
  name: 'app_services.end_destroy',
  text: `
    update app_services set status = 'DESTROYED', destroyed_at = clock_now(), live_release_id = null
    where id = $1 and status <> 'DESTROYED' returning id`,
  params: { id: 'text' },
  row: { id: 'text' },
});

export const nextReleaseNumber = statement({
  name: 'app_services.next_release_number',
  text: `update app_services set next_release = next_release + 1 where id = $1 returning next_release - 1 as "number"`,
  params: { id: 'text' },
  row: { number: 'int4' },
});

export const nextDeploymentNumber = statement({
  name: 'app_services.next_deployment_number',
  text: `update app_services set next_deployment = next_deployment + 1 where id = $1 returning next_deployment - 1 as "number"`,
  params: { id: 'text' },
  row: { number: 'int4' },
});
