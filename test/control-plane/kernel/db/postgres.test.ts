import { EventEmitter, once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openPostgres } from '../../../../src/control-plane/kernel/db/postgres.ts';
import { statement } from '../../../../src/control-plane/kernel/db/statement.ts';
import { DatabaseUnavailableError, SetupError } from '../../../../src/control-plane/kernel/errors.ts';
import { createTestDatabase, type TestDatabase, terminateConnections } from '../../../setup/database.ts';

const one = statement({ name: 'test.one', text: 'select 1 as one', params: {}, row: { one: 'int4' } });
const insertRow = statement({
  name: 'test.insert_row',
  text: 'insert into rows (id) values ($1)',
  params: { id: 'int4' },
  row: {},
});
const countRows = statement({
  name: 'test.count_rows',
  text: 'select count(*) as n from rows',
  params: {},
  row: { n: 'int8' },
});
const settings = statement({
  name: 'test.settings',
  text: `select current_setting('statement_timeout') as "statementTimeout", current_setting('search_path') as "searchPath",
                current_setting('application_name') as "applicationName", current_setting('work_mem') as "workMem",
                current_setting('ocpctl.clock_offset', true) as "clockOffset"`,
  params: {},
  row: {
    statementTimeout: 'text',
    searchPath: 'text',
    applicationName: 'text',
    workMem: 'text',
    clockOffset: 'text?',
  },
});

let database: TestDatabase;
beforeEach(async () => {
  database = await createTestDatabase({ empty: true });
  await database.db.script('create table rows (id int4 primary key)');
});
afterEach(() => database.drop());

test('a transaction whose connection is cut is undone, says so by type, and the next one gets a new connection', async () => {
  const { db, url } = database;
  const cut = db.tx(async (tx) => {
    await tx.query(insertRow, { id: 1 });
    await terminateConnections(url);
    await tx.query(insertRow, { id: 2 });
  });
  await expect(cut).rejects.toThrow(DatabaseUnavailableError);
  await expect(cut).rejects.toMatchObject({ code: 'UNAVAILABLE', status: 503 });
  expect(await db.query(countRows, {})).toEqual([{ n: 0 }]);
});

test('a connection cut between two queries costs at most one query', async () => {
  const { db, url } = database;
  await db.query(one, {});
  await terminateConnections(url);
  await db.query(one, {}).catch((error: unknown) => expect(error).toBeInstanceOf(DatabaseUnavailableError));
  expect(await db.query(one, {})).toEqual([{ one: 1 }]);
});

test('a listener that was cut off listens again, and is told that it may have missed something', async () => {
  const { db, url } = database;
  const events = new EventEmitter();
  const stop = await db.listen(
    'test_channel',
    (payload) => events.emit('payload', payload),
    () => events.emit('reconnect'),
  );
  const reconnected = once(events, 'reconnect');
  await terminateConnections(url);
  await reconnected;
  const payload = once(events, 'payload');
  const notifier = await openPostgres({ url, poolSize: 1 });
  await notifier.notify('test_channel', 'still there');
  expect(await payload).toEqual(['still there']);
  await notifier.close();
  await stop();
});

test('a full pool makes callers wait, not fail', async () => {
  const db = await openPostgres({ url: database.url, poolSize: 1 });
  const results = await Promise.all(Array.from({ length: 10 }, () => db.tx((tx) => tx.query(one, {}))));
  expect(results).toHaveLength(10);
  await db.close();
});

test('the sessions have time limits, our schema, and what the URL says', async () => {
  const url = new URL(database.url);
  url.searchParams.set('options', '-c work_mem=5MB -c DateStyle=German');
  const db = await openPostgres({ url: url.href, applicationName: 'test of settings', clockOffsetMs: 1500 });
  expect(await db.query(settings, {})).toEqual([
    {
      statementTimeout: '30s',
      searchPath: 'public',
      applicationName: 'test of settings',
      workMem: '5MB',
      clockOffset: '1500ms',
    },
  ]);
  const time = statement({
    name: 'test.time',
    text: "select 'epoch'::timestamptz as at",
    params: {},
    row: { at: 'timestamptz' },
  });
  expect(await db.query(time, {})).toEqual([{ at: new Date(0) }]);
  await db.close();
});

test('a server that is not there, a wrong database and a wrong URL say what to check', async () => {
  const absent = new URL(database.url);
  absent.port = '1';
  await expect(openPostgres({ url: absent.href })).rejects.toThrow(
    /cannot use the PostgreSQL server: .*ECONNREFUSED/,
  );
  const wrong = new URL(database.url);
  wrong.pathname = '/no_such_database';
  await expect(openPostgres({ url: wrong.href })).rejects.toThrow(
    'database "no_such_database" does not exist',
  );
  const error = await openPostgres({ url: 'localhost/ocpctl' }).catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(SetupError);
  expect(error).toMatchObject({ hint: expect.stringContaining('postgresql://') });
});

test('after close every call is refused by type, and closing twice is not an error', async () => {
  const db = await openPostgres({ url: database.url });
  await db.close();
  await db.close();
  await expect(db.query(one, {})).rejects.toThrow(DatabaseUnavailableError);
  await expect(db.tx(async () => undefined)).rejects.toThrow(DatabaseUnavailableError);
  await expect(db.listen('test_channel', () => undefined)).rejects.toThrow(DatabaseUnavailableError);
});

test('cause 7: a lease is renewed while all other connections are in use', async () => {
  const db = await openPostgres({ url: database.url, poolSize: 1 });
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const busy = db.tx(() => held);
  expect(await db.reserved.query(one, {})).toEqual([{ one: 1 }]);
  release();
  await busy;
  await db.close();
});
