import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Migration, migrate } from '../../../../src/control-plane/kernel/db/migrate.ts';
import { openPostgres } from '../../../../src/control-plane/kernel/db/postgres.ts';
import { statement } from '../../../../src/control-plane/kernel/db/statement.ts';
import { SetupError } from '../../../../src/control-plane/kernel/errors.ts';
import { createTestDatabase, type TestDatabase } from '../../../setup/database.ts';
import { readMigrations } from '../../../setup/migrations.ts';

const first: Migration = { version: 1, name: 'things', sql: 'create table things (id int4 primary key);' };
const second: Migration = {
  version: 2,
  name: 'more_things',
  sql: 'alter table things add name text; insert into things values (1, $$a;b$$);',
};
const slow: Migration = {
  version: 2,
  name: 'slow',
  sql: 'select pg_sleep(0.3); create table slow_things (id int4);',
};

const countApplied = statement({
  name: 'test.applied',
  text: 'select count(*) as n from schema_migrations',
  params: {},
  row: { n: 'int8' },
});
const readThings = statement({
  name: 'test.things',
  text: 'select id, name from things',
  params: {},
  row: { id: 'int4', name: 'text?' },
});
const countRenamed = statement({
  name: 'test.renamed',
  text: `
    select (select count(*) from tasks) as tasks, (select count(*) from secret_accesses) as accesses,
           (select count(*) from audit_events) as events, (select count(*) from audit_anchors) as anchors,
           (select count(*) from cluster_transition_rules) as rules,
           (select count(*) from pg_class where relname ~ '^(duties|secret_openings|audit_checkpoints|cluster_moves)') as "oldTables"`,
  params: {},
  row: { tasks: 'int8', accesses: 'int8', events: 'int8', anchors: 'int8', rules: 'int8', oldTables: 'int8' },
});

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase({ empty: true });
});
afterEach(() => database.drop());

test('applies what is missing, in order, and nothing twice', async () => {
  expect(await migrate(database.db, [first])).toEqual([1]);
  expect(await migrate(database.db, [first, second])).toEqual([2]);
  expect(await migrate(database.db, [first, second])).toEqual([]);
  expect(await database.db.query(readThings, {})).toEqual([{ id: 1, name: 'a;b' }]);
});

test('two servers that start at once apply each migration once, and both go on', async () => {
  const other = await openPostgres({ url: database.url, poolSize: 1 });
  try {
    const applied = await Promise.all([migrate(database.db, [first, slow]), migrate(other, [first, slow])]);
    expect(applied.flat().sort()).toEqual([1, 2]);
    expect(await other.query(countApplied, {})).toEqual([{ n: 2 }]);
  } finally {
    await other.close();
  }
});

test('a migration that fails leaves nothing of itself behind', async () => {
  const broken: Migration = {
    version: 2,
    name: 'broken',
    sql: 'create table half (id int4); select no_such_function();',
  };
  await expect(migrate(database.db, [first, broken])).rejects.toMatchObject({ code: '42883' });
  expect(await migrate(database.db, [first, { ...broken, sql: 'create table half (id int4);' }])).toEqual([
    2,
  ]);
});

test('a migration that was edited after its release is refused', async () => {
  await migrate(database.db, [first]);
  const edited = { ...first, sql: 'create table things (id int8 primary key);' };
  await expect(migrate(database.db, [edited])).rejects.toThrow(/migration 1 \(things\) .* checksum differs/);
});

test('a database that is newer than the code is refused, with what to do', async () => {
  await migrate(database.db, [first, second]);
  const refusal = await migrate(database.db, [first]).catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(SetupError);
  expect(refusal).toMatchObject({
    message: expect.stringContaining('it has migration 2 (more_things), this version ends at 1'),
    hint: expect.stringContaining('or a newer one'),
  });
});

test('a gap in the numbers and a name that is not a plain word are rejected before anything runs', async () => {
  await expect(migrate(database.db, [second])).rejects.toThrow('migration 1 is missing');
  await expect(migrate(database.db, [{ ...first, name: "x'; drop" }])).rejects.toThrow('not a plain name');
});

test('a database from before migration 9 keeps what it holds under the new names', async () => {
  const all = readMigrations();
  await migrate(database.db, all.slice(0, 8));
  await database.db.script(`
    insert into duties (name, next_run_at) values ('take-over', clock_now());
    insert into secret_openings (principal) values ('local:alice');
    insert into audit_events (stream, payload) values ('platform', '{}');
    insert into audit_checkpoints (stream, seq, hash) select stream, seq, hash from audit_heads;`);
  expect(await migrate(database.db, all)).toEqual(all.slice(8).map(({ version }) => version));
  const [kept] = await database.db.query(countRenamed, {});
  expect(kept).toEqual({ tasks: 0, accesses: 1, events: 1, anchors: 0, rules: 14, oldTables: 0 });
  await expect(database.db.script('delete from audit_events')).rejects.toThrow('audit_events is append-only');
  await expect(database.db.script('delete from audit_heads')).rejects.toThrow('audit_heads changes only');
});
