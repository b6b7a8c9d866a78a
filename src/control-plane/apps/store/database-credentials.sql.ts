import { type RowOf, statement } from '../../kernel/db/statement.ts';

export const insertDatabaseCredential = statement({
  name: 'app_database_credentials.insert',
  text: `
    insert into app_database_credentials (database_id, slot, login, state) values ($1, $2, $3, $4)
    returning database_id as "id"`,
  params: { databaseId: 'text', slot: 'text', login: 'text', state: 'text' },
  row: { id: 'text' },
});

export const listDatabaseCredentials = statement({
  name: 'app_database_credentials.list',
  text: `select slot, login, state from app_database_credentials where database_id = $1 order by slot`,
  params: { databaseId: 'text' },
  row: { slot: 'text', login: 'text', state: 'text' },
});
export type CredentialRow = RowOf<typeof listDatabaseCredentials>;

/** What releases get. */
export const findCurrentCredential = statement({
  name: 'app_database_credentials.find_current',
  text: `select slot, login from app_database_credentials where database_id = $1 and state = 'CURRENT'`,
  params: { databaseId: 'text' },
  row: { slot: 'text', login: 'text' },
});

/** The first half of a change of what releases get. */
export const retireCredential = statement({
  name: 'app_database_credentials.retire',
  text: `update app_database_credentials set state = 'RETIRING' where database_id = $1 and state = 'CURRENT' returning slot`,
  params: { databaseId: 'text' },
  row: { slot: 'text' },
});

export const useNewCredential = statement({
  name: 'app_database_credentials.use_new',
  text: `update app_database_credentials set state = 'CURRENT' where database_id = $1 and state = 'NEW' returning slot`,
  params: { databaseId: 'text' },
  row: { slot: 'text' },
});

/** Says when the sessions of the old login end; the first call decides. @returns whether that time has come */
export const limitRetiring = statement({
  name: 'app_database_credentials.limit_retiring',
  text: `
    update app_database_credentials set ends_at = coalesce(ends_at, clock_now() + $2::int4 * interval '1 second')
    where database_id = $1 and state = 'RETIRING'
    returning ends_at <= clock_now() as "isOver"`,
  params: { databaseId: 'text', graceSeconds: 'int4' },
  row: { isOver: 'bool' },
});

export const removeRetiredCredential = statement({
  name: 'app_database_credentials.remove_retired',
  text: `delete from app_database_credentials where database_id = $1 and state = 'RETIRING' returning slot`,
  params: { databaseId: 'text' },
  row: { slot: 'text' },
});

/** Waits for the releases that are being made with its credential. No row: it is not available any more. */
export const holdDatabase = statement({
  name: 'app_databases.hold',
  text: `select id from app_databases where id = $1 and status = 'ACTIVE' for update`,
  params: { id: 'text' },
  row: { id: 'text' },
});

/** Those that a release can refer to. Their credentials stay as they are until the transaction ends. */
export const holdDatabasesOfEnvironment = statement({
  name: 'app_databases.hold_of_environment',
  text: `
    select id, name, port from app_databases
    where environment_id = $1 and status = 'ACTIVE'
    order by id
    for key share`,
  params: { environmentId: 'text' },
  row: { id: 'text', name: 'text', port: 'int4?' },
});

/** A rotation that waits or runs. */
export const findOpenRotation = statement({
  name: 'app_databases.find_open_rotation',
  text: `
    select j.id from jobs j
    where j.resource_id = $1 and j.job_type = 'database.rotate' and j.status in ('PENDING', 'RUNNING', 'RETRYING')
    limit 1`,
  params: { id: 'text' },
  row: { id: 'text' },
});
