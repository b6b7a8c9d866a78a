import { type RowOf, statement } from '../../kernel/db/statement.ts';

const COLUMNS = `
  d.id, d.environment_id as "environmentId", e.name as "environmentName", d.team, d.name, d.engine, d.version, d.status,
  d.memory_mb as "memoryMb", d.cpus, d.connection_limit as "connectionLimit", d.port, d.instance_id as "instanceId", d.is_up as "isUp",
  d.connections, d.last_seen_at as "lastSeenAt", d.error_code as "errorCode", d.error_message as "errorMessage",
  d.last_job_id as "lastJobId", d.requested_by as "requestedBy", d.created_at as "createdAt", d.destroyed_at as "destroyedAt",
  (select max(c.created_at) from app_database_credentials c where c.database_id = d.id and c.state = 'CURRENT') as "credentialCreatedAt",
  exists (select from app_database_credentials c where c.database_id = d.id and c.state <> 'CURRENT') as "isRotating",
  d.backup_schedule as "backupSchedule", d.backup_minute as "backupMinute", d.proven_at as "provenAt", d.proof_error as "proofError",
  (select max(b.ended_at) from app_database_backups b where b.database_id = d.id and b.status = 'AVAILABLE') as "lastBackupAt",
  (select b.error_message from app_database_backups b where b.database_id = d.id and b.ended_at is not null order by b.id desc limit 1) as "backupError"`;
const FROM = `
    from app_databases d join app_environments e on e.id = d.environment_id`;
const ROW = {
  id: 'text',
  environmentId: 'text',
  environmentName: 'text',
  team: 'text',
  name: 'text',
  engine: 'text',
  version: 'text?',
  status: 'text',
  memoryMb: 'int4',
  cpus: 'float8',
  connectionLimit: 'int4',
  port: 'int4?',
  instanceId: 'text?',
  isUp: 'bool',
  connections: 'int4?',
  lastSeenAt: 'timestamptz?',
  errorCode: 'text?',
  errorMessage: 'text?',
  lastJobId: 'text?',
  requestedBy: 'text',
  createdAt: 'timestamptz',
  destroyedAt: 'timestamptz?',
  credentialCreatedAt: 'timestamptz?',
  isRotating: 'bool',
  backupSchedule: 'text',
  backupMinute: 'int4',
  provenAt: 'timestamptz?',
  proofError: 'text?',
  lastBackupAt: 'timestamptz?',
  backupError: 'text?',
} as const;

/** One database of the given teams (null: of any). */
export const getDatabase = statement({
  name: 'app_databases.get',
  text: `select ${COLUMNS}${FROM}
    where d.id = $1 and ($2::text[] is null or d.team = any($2))`,
  params: { id: 'text', teams: 'text[]?' },
  row: ROW,
});
export type DatabaseRow = RowOf<typeof getDatabase>;

/** The same, locked until the transaction ends. */
export const lockDatabase = statement({
  name: 'app_databases.lock',
  text: `select ${COLUMNS}${FROM}
    where d.id = $1 and ($2::text[] is null or d.team = any($2))
    for no key update of d`,
  params: { id: 'text', teams: 'text[]?' },
  row: ROW,
});

export const listDatabases = statement({
  name: 'app_databases.list',
  text: `select ${COLUMNS}${FROM}
    where d.status <> 'DESTROYED'
      and ($1::text[] is null or d.team = any($1))
      and ($2::text is null or d.id < $2)
      and ($3::text is null or d.name = $3)
      and ($4::text is null or e.name = $4)
      and ($5::text is null or d.team = $5)
    order by d.id desc
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

export const listDatabasesOfEnvironment = statement({
  name: 'app_databases.list_of_environment',
  text: `select ${COLUMNS}${FROM}
    where d.environment_id = $1 and d.status <> 'DESTROYED'
    order by d.id`,
  params: { environmentId: 'text' },
  row: ROW,
});

/** No row: the environment has one of this name. */
export const insertDatabase = statement({
  name: 'app_databases.insert',
  text: `
    insert into app_databases (id, environment_id, team, name, engine, memory_mb, cpus, connection_limit, requested_by,
      backup_schedule, backup_minute)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
    on conflict (environment_id, name) where status <> 'DESTROYED' do nothing
    returning id`,
  params: {
    id: 'text',
    environmentId: 'text',
    team: 'text',
    name: 'text',
    engine: 'text',
    memoryMb: 'int4',
    cpus: 'float8',
    connectionLimit: 'int4',
    requestedBy: 'text',
    backupSchedule: 'text',
    backupMinute: 'int4',
  },
  row: { id: 'text' },
});

export const setDatabaseJob = statement({
  name: 'app_databases.set_job',
  text: `update app_databases set last_job_id = $2 where id = $1 returning id`,
  params: { id: 'text', jobId: 'text' },
  row: { id: 'text' },
});

export const listDatabasePorts = statement({
  name: 'app_databases.list_ports',
  text: `select port from app_databases where port is not null and status <> 'DESTROYED'`,
  params: {},
  row: { port: 'int4' },
});

/** The first one is kept. No row: another database has it, or this one is destroyed. */
export const setDatabasePort = statement({
  name: 'app_databases.set_port',
  text: `
    update app_databases set port = coalesce(port, $2)
    where id = $1 and status in ('PROVISIONING', 'ACTIVE')
      and (port is not null or not exists (select from app_databases o where o.port = $2 and o.status <> 'DESTROYED'))
    returning port`,
  params: { id: 'text', port: 'int4' },
  row: { port: 'int4' },
});

/** The instance that is started next, or that runs. No row: the database is being destroyed. */
export const setDatabaseInstance = statement({
  name: 'app_databases.set_instance',
  text: `
    update app_databases set instance_id = $2, version = coalesce(version, $3), is_up = is_up and instance_id is not distinct from $2
    where id = $1 and status in ('PROVISIONING', 'ACTIVE') returning id`,
  params: { id: 'text', instanceId: 'text', version: 'text' },
  row: { id: 'text' },
});

export const setDatabaseActive = statement({
  name: 'app_databases.set_active',
  text: `
    update app_databases
    set status = 'ACTIVE', is_up = true, last_seen_at = clock_now(), error_code = null, error_message = null
    where id = $1 and status in ('PROVISIONING', 'ACTIVE') returning id`,
  params: { id: 'text' },
  row: { id: 'text' },
});

/** One that was never available has failed; any other one is started again later. */
export const failDatabase = statement({
  name: 'app_databases.fail',
  text: `
    update app_databases
    set status = case when status = 'PROVISIONING' then 'FAILED' else status end, is_up = false, error_code = $2, error_message = $3
    where id = $1 and status in ('PROVISIONING', 'ACTIVE') returning id`,
  params: { id: 'text', code: 'text', message: 'text' },
  row: { id: 'text' },
});

/** Counts a start: the next one is due after 1, 2, 4 … 300 seconds. No row: it is not due yet. */
export const countDatabaseRestart = statement({
  name: 'app_databases.count_restart',
  text: `
    update app_databases
    set restarts = restarts + 1, is_up = false, connections = null,
        restart_at = clock_now() + least(300, 2 ^ least(restarts, 10)) * interval '1 second'
    where id = $1 and status = 'ACTIVE' and (restart_at is null or restart_at <= clock_now())
    returning id`,
  params: { id: 'text' },
  row: { id: 'text' },
});

export const beginDatabaseDestroy = statement({
  name: 'app_databases.begin_destroy',
  text: `
    update app_databases set status = 'DESTROYING', is_up = false, connections = null
    where id = $1 and status in ('PROVISIONING', 'ACTIVE', 'FAILED', 'DESTROY_FAILED') returning id`,
  params: { id: 'text' },
  row: { id: 'text' },
});

export const failDatabaseDestroy = statement({
  name: 'app_databases.fail_destroy',
  text: `
    update app_databases set status = 'DESTROY_FAILED', error_code = $2, error_message = $3
    where id = $1 and status = 'DESTROYING' returning id`,
  params: { id: 'text', code: 'text', message: 'text' },
  row: { id: 'text' },
});

export const endDatabaseDestroy = statement({
  name: 'app_databases.end_destroy',
  text: `
    update app_databases set status = 'DESTROYED', destroyed_at = clock_now(), is_up = false, connections = null
    where id = $1 and status <> 'DESTROYED' returning id`,
  params: { id: 'text' },
  row: { id: 'text' },
});

/** Databases that should run, and that no job works on. */
export const listDatabasesToReconcile = statement({
  name: 'app_databases.list_to_reconcile',
  text: `select ${COLUMNS}${FROM}
      left join job_locks l on l.resource_id = d.id
    where d.status = 'ACTIVE' and l.job_id is null and l.ready_at is null
    order by d.id
    limit 500`,
  params: {},
  row: ROW,
});
