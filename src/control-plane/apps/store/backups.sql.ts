import { type RowOf, statement } from '../../kernel/db/statement.ts';

/** Without the counts of rows, which may be many. */
const COLUMNS = `
  b.id, b.database_id as "databaseId", d.name as "databaseName", d.status as "databaseStatus", d.engine,
  d.memory_mb as "memoryMb", d.connection_limit as "connectionLimit", d.environment_id as "environmentId", e.name as "environmentName", b.team, b.status, b.schedule, b.slot, b.version,
  b.uri, b.sha256, b.size_bytes as "sizeBytes",
  (select count(*)::int4 from jsonb_object_keys(b.row_counts)) as "tables",
  (select sum(value::int8)::int8 from jsonb_each_text(b.row_counts)) as "rows",
  b.error_code as "errorCode", b.error_message as "errorMessage", b.job_id as "jobId", b.requested_by as "requestedBy",
  b.created_at as "createdAt", b.ended_at as "endedAt", b.verified_at as "verifiedAt", b.verify_tried_at as "verifyTriedAt",
  b.verify_error as "verifyError", b.verify_job_id as "verifyJobId"`;
const FROM = `
    from app_database_backups b
      join app_databases d on d.id = b.database_id
      join app_environments e on e.id = d.environment_id`;
const ROW = {
  id: 'text',
  databaseId: 'text',
  databaseName: 'text',
  databaseStatus: 'text',
  engine: 'text',
  memoryMb: 'int4',
  connectionLimit: 'int4',
  environmentId: 'text',
  environmentName: 'text',
  team: 'text',
  status: 'text',
  schedule: 'text?',
  slot: 'timestamptz?',
  version: 'text?',
  uri: 'text?',
  sha256: 'text?',
  sizeBytes: 'int8?',
  tables: 'int4?',
  rows: 'int8?',
  errorCode: 'text?',
  errorMessage: 'text?',
  jobId: 'text?',
  requestedBy: 'text',
  createdAt: 'timestamptz',
  endedAt: 'timestamptz?',
  verifiedAt: 'timestamptz?',
  verifyTriedAt: 'timestamptz?',
  verifyError: 'text?',
  verifyJobId: 'text?',
} as const;

/** One backup of the given teams (null: of any); not one that is being removed. */
export const getBackup = statement({
  name: 'app_database_backups.get',
  text: `select ${COLUMNS}${FROM}
    where b.id = $1 and b.status <> 'REMOVING' and ($2::text[] is null or b.team = any($2))`,
  params: { id: 'text', teams: 'text[]?' },
  row: ROW,
});
export type BackupRow = RowOf<typeof getBackup>;

/** The same, locked until the transaction ends: it is not removed meanwhile. */
export const lockBackup = statement({
  name: 'app_database_backups.lock',
  text: `select ${COLUMNS}${FROM}
    where b.id = $1 and b.status <> 'REMOVING' and ($2::text[] is null or b.team = any($2))
    for no key update of b`,
  params: { id: 'text', teams: 'text[]?' },
  row: ROW,
});

/** Also those of destroyed databases that are kept. */
export const listBackups = statement({
  name: 'app_database_backups.list',
  text: `select ${COLUMNS}${FROM}
    where b.status <> 'REMOVING'
      and ($1::text[] is null or b.team = any($1))
      and ($2::text is null or b.id < $2)
      and ($3::text is null or b.database_id = $3)
      and ($4::text is null or d.name = $4)
      and ($5::text is null or e.name = $5)
      and ($6::text is null or b.team = $6)
    order by b.id desc
    limit $7`,
  params: {
    teams: 'text[]?',
    before: 'text?',
    databaseId: 'text?',
    database: 'text?',
    environment: 'text?',
    team: 'text?',
    limit: 'int4',
  },
  row: ROW,
});

/** No row: the slot has its backup. */
export const insertBackup = statement({
  name: 'app_database_backups.insert',
  text: `
    insert into app_database_backups (id, database_id, team, schedule, slot, requested_by)
    values ($1, $2, $3, $4, $5, $6)
    on conflict (database_id, slot) where slot is not null do nothing
    returning id`,
  params: {
    id: 'text',
    databaseId: 'text',
    team: 'text',
    schedule: 'text?',
    slot: 'timestamptz?',
    requestedBy: 'text',
  },
  row: { id: 'text' },
});

export const setBackupJob = statement({
  name: 'app_database_backups.set_job',
  text: `update app_database_backups set job_id = $2 where id = $1 returning id`,
  params: { id: 'text', jobId: 'text' },
  row: { id: 'text' },
});

/** No row: it has ended, or its database is being destroyed. */
export const setBackupAvailable = statement({
  name: 'app_database_backups.set_available',
  text: `
    update app_database_backups b
    set status = 'AVAILABLE', uri = $2, sha256 = $3, size_bytes = $4, version = $5, row_counts = $6, ended_at = clock_now()
    from app_databases d
    where b.id = $1 and b.status = 'PENDING' and d.id = b.database_id and d.status = 'ACTIVE'
    returning b.id`,
  params: {
    id: 'text',
    uri: 'text',
    sha256: 'text',
    sizeBytes: 'int8',
    version: 'text',
    rowCounts: 'jsonb',
  },
  row: { id: 'text' },
});

export const failBackup = statement({
  name: 'app_database_backups.fail',
  text: `
    update app_database_backups set status = 'FAILED', error_code = $2, error_message = $3, ended_at = clock_now()
    where job_id = $1 and status = 'PENDING'
    returning id`,
  params: { jobId: 'text', code: 'text', message: 'text' },
  row: { id: 'text' },
});

/** What a database without backups leaves; `kept`: those that are there stay. They are removed by the retention. */
export const beginBackupRemovals = statement({
  name: 'app_database_backups.begin_removals',
  text: `
    update app_database_backups set status = 'REMOVING'
    where database_id = $1 and not ($2 and status = 'AVAILABLE')
    returning id`,
  params: { databaseId: 'text', kept: 'bool' },
  row: { id: 'text' },
});
