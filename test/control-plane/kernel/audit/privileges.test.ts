import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { audit } from '../../../../src/control-plane/kernel/audit/audit.ts';
import { systemActor } from '../../../../src/control-plane/kernel/caller.ts';
import type { Db } from '../../../../src/control-plane/kernel/db/db.ts';
import { grantApplicationRights, migrate } from '../../../../src/control-plane/kernel/db/migrate.ts';
import { openPostgres } from '../../../../src/control-plane/kernel/db/postgres.ts';
import { findMigrationsTable } from '../../../../src/control-plane/kernel/db/schema.sql.ts';
import { createTestDatabase, type TestDatabase } from '../../../setup/database.ts';
import { readMigrations } from '../../../setup/migrations.ts';
import { verifyStream } from './verify-stream.ts';

const suffix = randomBytes(4).toString('hex');
const OWNER = `ocpctl_owner_${suffix}`;
const APP = `ocpctl_app_${suffix}`;

let database: TestDatabase;
let owner: Db;
let app: Db;
/** What the role without rights gets for migrating. */
let refused: unknown;

const as = (role: string) => {
  const url = new URL(database.url);
  url.username = role;
  url.password = 'test';
  return openPostgres({ url: url.href, poolSize: 2 });
};

beforeAll(async () => {
  database = await createTestDatabase({ empty: true });
  const name = new URL(database.url).pathname.slice(1);
  // As docs/audit.md has it.
  await database.db.script(
    `create role ${OWNER} login password 'test'; create role ${APP} login password 'test';
     alter database ${name} owner to ${OWNER}; grant create, usage on schema public to ${OWNER}`,
  );
  owner = await as(OWNER);
  app = await as(APP);
  refused = await migrate(app, readMigrations()).catch((error: unknown) => error);
  await migrate(owner, readMigrations());
  await owner.script(`select grant_application_rights('${APP}')`);
  for (const target of ['one', 'two'])
    await audit(app, 'team', systemActor('test'), { action: 'thing.do', target, status: 'SUCCESS' });
});
afterAll(async () => {
  await Promise.all([owner.close(), app.close()]);
  await database.db.script(
    `drop owned by ${OWNER}, ${APP} cascade; alter database ${new URL(database.url).pathname.slice(1)} owner to current_user`,
  );
  await database.db.script(`drop role ${OWNER}; drop role ${APP}`);
  await database.drop();
});

test('a role that may not change the schema is told what to do', async () => {
  expect(refused).toMatchObject({
    name: 'SetupError',
    hint: "run 'ocpctl server migrate' with the DATABASE_URL of the owner",
  });
  expect(await migrate(app, readMigrations())).toEqual([]);
});

test('a migration that has new tables grants them to the roles that had rights before; without them no server starts', async () => {
  await owner.script('create table added_later (id text)');
  await expect(migrate(app, readMigrations())).rejects.toThrow('may not read table added_later');
  await grantApplicationRights(owner, undefined);
  expect(await migrate(app, readMigrations())).toEqual([]);
  await owner.script('drop table added_later');
});

test('the owner of the schema is refused as a role of servers: it would lose rights', async () => {
  await expect(grantApplicationRights(owner, OWNER)).rejects.toThrow(`role ${OWNER} owns the schema`);
  expect(await migrate(owner, readMigrations())).toEqual([]);
});

test('a database with tables of another program is left as it is', async () => {
  const other = await createTestDatabase({ empty: true });
  try {
    await other.db.script('create table clusters (id int)');
    await expect(migrate(other.db, readMigrations())).rejects.toThrow('tables of another program (clusters)');
    expect((await other.db.query(findMigrationsTable, {}))[0]).toEqual({
      exists: false,
      someTable: 'clusters',
    });
  } finally {
    await other.drop();
  }
});

test('S45: G16: the application can add to the audit log', async () => {
  expect(await verifyStream(app, 'team')).toBeUndefined();
});

test.each([
  `update audit_events set payload = payload`,
  `delete from audit_events`,
  `truncate audit_events`,
  `insert into audit_events (stream, seq, payload) values ('team', 9, '{}')`,
  `insert into audit_events (stream, payload, hash) values ('team', '{}', '\\x00')`,
  `update audit_heads set seq = 0`,
  `delete from audit_heads`,
  `insert into audit_heads (stream, seq, hash) values ('other', 1, '\\x00')`,
  `alter table audit_events disable trigger user`,
  `drop trigger audit_append on audit_events`,
  `drop table audit_events`,
  `set session_replication_role = replica`,
  `create or replace function audit_append() returns trigger language plpgsql as $$ begin return new; end $$`,
  `update cluster_transitions set reason = 'x'`,
  `update cluster_rates set hourly_micros = 0`,
  `delete from cluster_rates`,
  `update usage_intervals set hourly_micros = 0`,
  `delete from usage_intervals`,
  `delete from schema_migrations`,
  `create temp table audit_heads (stream text primary key, seq int8, hash bytea);
   insert into audit_events (stream, payload) values ('team', '{}');
   do $$ begin assert (select count(*) from pg_temp.audit_heads) = 0, 'hijacked'; raise insufficient_privilege; end $$`,
])('S45: G16: the application may not: %s', async (sql) => {
  await expect(app.script(sql)).rejects.toMatchObject({ code: '42501' });
  expect(await verifyStream(owner, 'team')).toBeUndefined();
});

test('M1: G16: the application cannot date an event, nor put a task to sleep', async () => {
  await app.script(
    `begin; set local ocpctl.clock_offset = '-400 days';
     insert into audit_events (stream, payload) values ('dated', '{}'); commit;
     begin; set local ocpctl.clock_offset = '400 days';
     insert into audit_events (stream, payload) values ('dated', '{}'); commit;
     insert into audit_events (stream, payload) values ('dated', '{}');
     insert into tasks (name, next_run_at) values ('anchor-audit-log', '2099-01-01')
       on conflict (name) do update set next_run_at = excluded.next_run_at;
     update tasks set next_run_at = '2099-01-01'`,
  );
  await owner.script(
    `do $$ begin
       assert (select bool_and(at between clock_timestamp() - interval '1 minute' and clock_timestamp()) from audit_events where stream = 'dated');
       assert (select bool_and(next_run_at <= clock_timestamp() + interval '1 day') from tasks);
     end $$`,
  );
});

test('S45: G16: with one role for everything the triggers still refuse', async () => {
  for (const sql of [
    'update audit_events set payload = payload',
    'truncate audit_events',
    'delete from audit_heads',
  ])
    await expect(owner.script(sql)).rejects.toMatchObject({ code: '42501' });
});
