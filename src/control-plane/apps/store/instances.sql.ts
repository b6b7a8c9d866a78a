import { type RowOf, statement } from '../../kernel/db/statement.ts';

const COLUMNS = `
  i.id, i.environment_id as "environmentId", i.service_id as "serviceId", i.release_id as "releaseId", r.number as "release",
  i.rollout_id as "rolloutId", i.run_id as "runId", i.replica, i.host, i.state, i.is_serving as "isServing", i.address_host as "addressHost",
  i.address_port as "addressPort", i.failed_checks as "failedChecks", i.log_position as "logPosition", i.exit_code as "exitCode",
  i.exit_signal as "exitSignal", i.out_of_memory as "outOfMemory", i.created_at as "createdAt", i.started_at as "startedAt",
  i.last_seen_at as "lastSeenAt", i.ended_at as "endedAt"`;
const FROM = `
    from app_instances i join app_releases r on r.id = i.release_id`;
const ROW = {
  id: 'text',
  environmentId: 'text',
  serviceId: 'text',
  releaseId: 'text',
  release: 'int4',
  rolloutId: 'text',
  runId: 'text?',
  replica: 'int4',
  host: 'text',
  state: 'text',
  isServing: 'bool',
  addressHost: 'text?',
  addressPort: 'int4?',
  failedChecks: 'int4',
  logPosition: 'int8',
  exitCode: 'int4?',
  exitSignal: 'text?',
  outOfMemory: 'bool',
  createdAt: 'timestamptz',
  startedAt: 'timestamptz?',
  lastSeenAt: 'timestamptz?',
  endedAt: 'timestamptz?',
} as const;

/** What was not removed of these services. */
export const listInstances = statement({
  name: 'app_instances.list',
  text: `select ${COLUMNS}${FROM}
    where i.service_id = any($1) and i.state <> 'REMOVED'
    order by i.service_id, r.number, i.replica, i.id`,
  params: { serviceIds: 'text[]' },
  row: ROW,
});
export type InstanceRow = RowOf<typeof listInstances>;

/** What was not removed on this host. */
export const listInstancesOfHost = statement({
  name: 'app_instances.list_of_host',
  text: `select ${COLUMNS}${FROM}
    where i.host = $1 and i.state <> 'REMOVED'
    order by i.id`,
  params: { host: 'text' },
  row: ROW,
});

/** The replica of the rollout: a new row, or the one of an earlier attempt. */
export const insertInstance = statement({
  name: 'app_instances.insert',
  text: `
    insert into app_instances
      (id, environment_id, service_id, release_id, rollout_id, replica, host, runtime, memory_mb, cpus, volume_id, run_id)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
    on conflict (service_id, rollout_id, replica) where state in ('STARTING', 'RUNNING') do update set replica = excluded.replica
    returning id, state`,
  params: {
    id: 'text',
    environmentId: 'text',
    serviceId: 'text',
    releaseId: 'text',
    rolloutId: 'text',
    replica: 'int4',
    host: 'text',
    runtime: 'text',
    memoryMb: 'int4',
    cpus: 'float8',
    volumeId: 'text?',
    runId: 'text?',
  },
  row: { id: 'text', state: 'text' },
});

export const setStarted = statement({
  name: 'app_instances.set_started',
  text: `
    update app_instances
    set state = 'RUNNING', started_at = $2, address_host = $3, address_port = $4, last_seen_at = clock_now()
    where id = $1 and state in ('STARTING', 'RUNNING')
    returning id`,
  params: { id: 'text', startedAt: 'timestamptz', addressHost: 'text?', addressPort: 'int4?' },
  row: { id: 'text' },
});

/** Sends requests to these instances of the service and to no others. */
export const setServing = statement({
  name: 'app_instances.set_serving',
  text: `
    update app_instances set is_serving = id = any($2)
    where service_id = $1 and state <> 'REMOVED' and is_serving <> (id = any($2))
    returning id, is_serving as "isServing"`,
  params: { serviceId: 'text', instanceIds: 'text[]' },
  row: { id: 'text', isServing: 'bool' },
});

export const setStopping = statement({
  name: 'app_instances.set_stopping',
  text: `
    update app_instances set state = 'STOPPING', is_serving = false
    where id = any($1) and state in ('STARTING', 'RUNNING')
    returning id`,
  params: { ids: 'text[]' },
  row: { id: 'text' },
});

export const setRemoved = statement({
  name: 'app_instances.set_removed',
  text: `
    update app_instances set state = 'REMOVED', is_serving = false, ended_at = coalesce(ended_at, clock_now())
    where id = $1 and state <> 'REMOVED'
    returning id`,
  params: { id: 'text' },
  row: { id: 'text' },
});

/** These were seen running. */
export const setSeen = statement({
  name: 'app_instances.set_seen',
  text: `
    update app_instances set last_seen_at = clock_now()
    where id = any($1) and state in ('STARTING', 'RUNNING', 'STOPPING')
    returning id`,
  params: { ids: 'text[]' },
  row: { id: 'text' },
});

/** One ended, or is not on the host any more. No row: it is known, or it was told to stop. */
export const setExited = statement({
  name: 'app_instances.set_exited',
  text: `
    update app_instances
    set state = 'EXITED', is_serving = false, exit_code = $2, exit_signal = $3, out_of_memory = $4, ended_at = clock_now()
    where id = $1 and state = 'RUNNING'
    returning id, service_id as "serviceId"`,
  params: { id: 'text', code: 'int4?', signal: 'text?', outOfMemory: 'bool' },
  row: { id: 'text', serviceId: 'text' },
});

export const setFailedChecks = statement({
  name: 'app_instances.set_failed_checks',
  text: `update app_instances set failed_checks = $2 where id = $1 and state = 'RUNNING' returning id`,
  params: { id: 'text', failedChecks: 'int4' },
  row: { id: 'text' },
});

/** Ends of instances of the release that were not asked for, in the last ten minutes. */
export const countRecentExits = statement({
  name: 'app_instances.count_recent_exits',
  text: `
    select count(*)::int4 as "exits"
    from app_instances
    where service_id = $1 and release_id = $2 and ended_at > clock_now() - interval '10 minutes'
      and (exit_code is not null or exit_signal is not null)`,
  params: { serviceId: 'text', releaseId: 'text' },
  row: { exits: 'int4' },
});

/** Instances of this host that requests are sent to, with how they are checked. */
export const listServingInstances = statement({
  name: 'app_instances.list_serving',
  text: `
    select i.id, i.address_host as "addressHost", i.address_port as "addressPort", i.failed_checks as "failedChecks", r.settings,
      s.host_label as "hostLabel"
    from app_instances i
      join app_releases r on r.id = i.release_id
      join app_services s on s.id = i.service_id
    where i.host = $1 and i.is_serving and i.state = 'RUNNING'
    order by i.id`,
  params: { host: 'text' },
  row: {
    id: 'text',
    addressHost: 'text?',
    addressPort: 'int4?',
    failedChecks: 'int4',
    settings: 'jsonb',
    hostLabel: 'text',
  },
});
