import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BackupDatabaseHandler } from '../../src/control-plane/apps/jobs/backup-database-handler.ts';
import { DestroyDatabaseHandler } from '../../src/control-plane/apps/jobs/destroy-database-handler.ts';
import { RestoreDatabaseHandler } from '../../src/control-plane/apps/jobs/restore-database-handler.ts';
import { RotateDatabaseHandler } from '../../src/control-plane/apps/jobs/rotate-database-handler.ts';
import { VerifyDatabaseHandler } from '../../src/control-plane/apps/jobs/verify-database-handler.ts';
import { restoreBackup, verifyBackup } from '../../src/control-plane/apps/service/backup-proofs.ts';
import { createBackup, readBackup } from '../../src/control-plane/apps/service/backups.ts';
import { destroyDatabase } from '../../src/control-plane/apps/service/databases.ts';
import { sealStream } from '../../src/control-plane/kernel/artifacts/sealed-stream.ts';
import { ANN, DatabasesKit } from './databases-kit.ts';
import { processesMentioning } from './processes.ts';

const ROWS = 200_000;
const FILL = `
  create table events (id int primary key, note text, at timestamptz default now());
  insert into events select n, 'note ' || md5(n::text) from generate_series(1, ${ROWS}) n;
  create table "Odd ""name""" (x int); insert into "Odd ""name""" values (1), (2);
  create view notes as select note from events;
  create function twice(int) returns int language sql as 'select 2 * $1';`;
const SUM = `select count(*)::int as n, md5(string_agg(id || note || at::text, ',' order by id)) as sum from events`;

describe('backups of databases', () => {
  let kit: DatabasesKit;
  beforeAll(async () => {
    kit = await DatabasesKit.open();
  });
  afterAll(() => kit.close());

  const ask = async (databaseId: string) => {
    const { backup, job } = await kit.store.db.tx((tx) => createBackup(kit.context, tx, ANN, databaseId));
    return { id: backup.id, jobId: job.id, payload: { backupId: backup.id } };
  };
  const backUp = async (databaseId: string) => {
    const { id, ...request } = await ask(databaseId);
    await kit.run(new BackupDatabaseHandler(kit.context), databaseId, request);
    return readBackup(kit.store.db, id, null);
  };
  const restore = (id: string, name: string) =>
    kit.store.db.tx((tx) => restoreBackup(kit.context, tx, ANN, id, { name }));
  /** What is stored below the backups of a database. */
  const storedOf = async (id: string) =>
    (await kit.context.artifacts.list(`database-backups/${id}`)).map(({ key }) => join(kit.artifacts, key));
  /** Changes one byte in the middle. */
  const flipByte = (file: string) => {
    const bytes = readFileSync(file);
    const at = bytes.length >> 1;
    bytes[at] = (bytes[at] ?? 0) ^ 1;
    writeFileSync(file, bytes);
  };
  const failuresTold = () =>
    kit.rows(`select type, subject, data ->> 'reason' as reason from notification_events order by id`);

  test('P15: 200 000 rows are dumped, encrypted, read back and restored into a new database, equal', async () => {
    const id = await kit.create('main');
    await kit.ask(id, FILL);
    const backup = await backUp(id);
    expect(backup).toMatchObject({ status: 'AVAILABLE', tables: 2, rows: ROWS + 2, verifiedAt: null });
    const [file = '', ...others] = await storedOf(id);
    expect([readFileSync(file).includes('PGDMP'), others]).toEqual([false, []]);
    const { database } = await restore(backup.id, 'copy');
    await kit.run(new RestoreDatabaseHandler(kit.context), database.id, { payload: { backupId: backup.id } });
    expect(await kit.rowOf(database.id)).toMatchObject({ status: 'ACTIVE', name: 'copy' });
    expect(await kit.ask(database.id, SUM)).toEqual(await kit.ask(id, SUM));
    expect(await kit.ask(database.id, 'select twice(21) as n')).toEqual([{ n: 42 }]);
    // Services can change what was restored, whatever their login.
    expect(
      await kit.ask(database.id, `select distinct tableowner from pg_tables where schemaname = 'public'`),
    ).toEqual([{ tableowner: 'app_owner' }]);
    expect(await readBackup(kit.store.db, backup.id, null)).toMatchObject({ verifiedAt: expect.any(String) });
    expect(await kit.rowOf(id)).toMatchObject({ provenAt: expect.any(Date) });
  });

  test('P15: of a backup with a flipped byte nothing is made, by a restore or a drill', async () => {
    const id = await kit.create('flipped');
    await kit.ask(id, 'create table t as select generate_series(1, 1000) as x');
    const backup = await backUp(id);
    const [file = ''] = await storedOf(id);
    flipByte(file);
    const { database, job } = await restore(backup.id, 'never');
    const payload = { backupId: backup.id };
    const refused = await kit.fail(new RestoreDatabaseHandler(kit.context), database.id, {
      jobId: job.id,
      payload,
    });
    expect(refused).toMatchObject({ code: 'BACKUP_CORRUPT', retryable: false });
    expect(await kit.rowOf(database.id)).toMatchObject({ status: 'FAILED', port: null, instanceId: null });
    expect(kit.host.volumes.residueOf(database.id)).toEqual([]);
    const drill = await kit.fail(new VerifyDatabaseHandler(kit.context), id, { payload });
    expect(drill).toMatchObject({ code: 'BACKUP_CORRUPT' });
    expect(await readBackup(kit.store.db, backup.id, null)).toMatchObject({
      verifiedAt: null,
      verifyError: expect.stringContaining('changed or truncated'),
    });
    expect((await kit.rowOf(id)).proofError).toContain('changed or truncated');
    expect(await failuresTold()).toContainEqual({
      ...{ type: 'database.verify_failed', subject: id, reason: drill.message },
    });
  });

  test('A7: a worker that dies at any step of a backup leaves nothing that says it is one; the next attempt makes it', async () => {
    const id = await kit.create('steps');
    await kit.ask(id, 'create table t as select generate_series(1, 1000) as x');
    const { id: backupId, ...request } = await ask(id);
    const handler = new BackupDatabaseHandler(kit.context);
    for (const stopAt of ['prepare', 'commit:1', 'dump', 'read-back', 'end']) {
      await expect(kit.run(handler, id, { ...request, stopAt }), stopAt).rejects.toThrow(`died at ${stopAt}`);
      const found = await readBackup(kit.store.db, backupId, null);
      expect(found, stopAt).toMatchObject({ status: 'PENDING', sha256: null });
      await expect(restore(backupId, 'early'), stopAt).rejects.toMatchObject({ code: 'STATE_CONFLICT' });
    }
    // The server ended as well: with a job in its lane, nothing else starts it.
    const { instanceId } = await kit.rowOf(id);
    await kit.host.runtime.remove(instanceId ?? '');
    await kit.run(handler, id, request);
    expect(await readBackup(kit.store.db, backupId, null)).toMatchObject({ status: 'AVAILABLE', rows: 1000 });
    expect(await storedOf(id)).toHaveLength(1);
  });

  test('P15, P25: a backup in the middle of a rotation that stopped, and a rotation after a backup that died', async () => {
    const id = await kit.create('rotated');
    await kit.ask(id, 'create table t as select generate_series(1, 1000) as x');
    const rotation = new RotateDatabaseHandler(kit.context);
    const rotate = (stopAt?: string) => kit.run(rotation, id, { stopAt, payload: { graceSeconds: 0 } });
    await expect(rotate('sessions')).rejects.toThrow('died');
    expect(await kit.rowOf(id)).toMatchObject({ isRotating: true, isUp: true });
    const { id: between } = await backUp(id);
    const { id: afterwards, ...request } = await ask(id);
    const backup = new BackupDatabaseHandler(kit.context);
    await expect(kit.run(backup, id, { ...request, stopAt: 'read-back' })).rejects.toThrow('died');
    await rotate();
    expect(await kit.rowOf(id)).toMatchObject({ isRotating: false, isUp: true });
    await kit.run(backup, id, request);
    for (const [index, backupId] of [between, afterwards].entries()) {
      const { database } = await restore(backupId, `rotated-${index}`);
      await kit.run(new RestoreDatabaseHandler(kit.context), database.id, { payload: { backupId } });
      expect(await kit.ask(database.id, 'select count(*)::int as n from t')).toEqual([{ n: 1000 }]);
      // It has a login of its own: that of the other database is not valid here.
      expect(new URL(await kit.urlOf(database.id)).password).not.toBe(new URL(await kit.urlOf(id)).password);
      await kit.host.remove(database.id);
    }
  });

  test('A6: a restore writes into the new database only, and never into one that is there', async () => {
    const id = await kit.create('source');
    await kit.ask(id, 'create table t as select generate_series(1, 10) as x');
    const { id: backupId } = await backUp(id);
    await kit.ask(id, 'insert into t select generate_series(11, 20)');
    const { database } = await restore(backupId, 'beside');
    await expect(restore(backupId, 'source')).rejects.toMatchObject({ code: 'NAME_TAKEN' });
    const handler = new RestoreDatabaseHandler(kit.context);
    await expect(kit.run(handler, database.id, { payload: { backupId }, stopAt: 'end' })).rejects.toThrow(
      'died',
    );
    await kit.run(handler, database.id, { payload: { backupId } });
    const rowsOf = (of: string) => kit.ask(of, 'select count(*)::int as n from t');
    expect([await rowsOf(id), await rowsOf(database.id)]).toEqual([[{ n: 20 }], [{ n: 10 }]]);
    await kit.ask(database.id, 'insert into t values (0)');
    for (const there of [id, database.id]) await kit.run(handler, there, { payload: { backupId } });
    expect([await rowsOf(id), await rowsOf(database.id)]).toEqual([[{ n: 20 }], [{ n: 11 }]]);
    await kit.host.remove(database.id);
  });

  test('A7: what cannot be read back as it was written is not a backup, and leaves nothing', async () => {
    const id = await kit.create('unread');
    const { artifacts, secrets } = kit.context;
    type Put = typeof artifacts.put;
    const changed: Put = async (key, source) => {
      const stored = await artifacts.put(key, source);
      flipByte(join(kit.artifacts, key));
      return stored;
    };
    /** Authentic, but not what was dumped. */
    const exchanged: Put = async (key, source) => {
      for await (const _chunk of source as AsyncIterable<Uint8Array>);
      const [, , ownerId = ''] = key.split('/');
      const sealKey = await secrets.open(kit.store.db, { ownerId, kind: 'backup-key' });
      return artifacts.put(key, Readable.from(['other']).pipe(sealStream(sealKey ?? new Uint8Array(), key)));
    };
    for (const [put, problem] of [
      [changed, 'changed or truncated'],
      [exchanged, 'what was read back is not what was written'],
    ] as const) {
      const { id: backupId, ...request } = await ask(id);
      const broken = { ...kit.context, artifacts: { ...artifacts, put } };
      const failure = await kit.fail(new BackupDatabaseHandler(broken), id, request);
      expect(failure).toMatchObject({ code: 'BACKUP_CORRUPT', retryable: true });
      expect(await readBackup(kit.store.db, backupId, null)).toMatchObject({
        status: 'FAILED',
        failure: { code: 'BACKUP_CORRUPT' },
      });
      expect(await storedOf(id)).toEqual([]);
      expect(await failuresTold()).toContainEqual({
        ...{ type: 'database.backup_failed', subject: id, reason: expect.stringContaining(problem) },
      });
      expect((await kit.rowOf(id)).backupError).toContain(problem);
    }
  });

  test('A7: a drill proves a backup, sees one that is wrong, and leaves nothing', async () => {
    const id = await kit.create('drilled');
    await kit.ask(id, 'create table t as select generate_series(1, 1000) as x');
    const { id: backupId } = await backUp(id);
    const { job } = await kit.store.db.tx((tx) => verifyBackup(kit.context, tx, ANN, backupId));
    // It is not in the way of what the database needs meanwhile.
    expect(job).toMatchObject({ resourceKind: 'drill', resourceId: `drill-${id}` });
    const request = { jobId: job.id, payload: { backupId } };
    const handler = new VerifyDatabaseHandler(kit.context);
    // The worker dies when the server of the drill runs: the next attempt removes it.
    await expect(kit.run(handler, id, { ...request, stopAt: 'restore' })).rejects.toThrow('died');
    await kit.run(handler, id, request);
    expect(await readBackup(kit.store.db, backupId, null)).toMatchObject({
      verifiedAt: expect.any(String),
      verifyError: null,
    });
    expect(processesMentioning(`drill-${id}`)).toEqual([]);
    expect(await kit.host.residueOf(id)).toHaveLength(2);
    await kit.store.db.script(`
      update app_database_backups set row_counts = '{"\\"public\\".\\"t\\"": 1001}' where id = '${backupId}'`);
    const failure = await kit.fail(handler, id, request);
    expect(failure).toMatchObject({
      code: 'BACKUP_DIFFERS',
      message: expect.stringContaining('"public"."t" has 1000 rows, the dump 1001 rows'),
    });
    expect(await kit.rowOf(id)).toMatchObject({ proofError: failure.message });
    expect(processesMentioning(`drill-${id}`)).toEqual([]);
  });

  test('A9: backups are destroyed with their database, and kept when it was asked for', async () => {
    const [gone, kept] = [await kit.create('gone'), await kit.create('kept')];
    const [lost, stays] = [await backUp(gone), await backUp(kept)];
    const { job: drill } = await kit.store.db.tx((tx) => verifyBackup(kit.context, tx, ANN, lost.id));
    for (const [id, confirm] of [[gone, 'gone'] as const, [kept, 'kept'] as const])
      await kit.store.db.tx((tx) => destroyDatabase(kit.context, tx, ANN, id, { confirm }));
    expect(await kit.rows(`select status from jobs where id = '${drill.id}'`)).toEqual([
      { status: 'CANCELLED' },
    ]);
    const handler = new DestroyDatabaseHandler(kit.context);
    const { artifacts } = kit.context;
    const blind = { ...kit.context, artifacts: { ...artifacts, remove: async () => {} } };
    await expect(kit.run(new DestroyDatabaseHandler(blind), gone)).rejects.toMatchObject({
      code: 'RESIDUE_FOUND',
      message: expect.stringContaining(lost.id),
    });
    await kit.run(handler, gone);
    expect(await storedOf(gone)).toEqual([]);
    await expect(readBackup(kit.store.db, lost.id, null)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await kit.run(handler, kept, { payload: { keepBackups: true } });
    expect((await storedOf(kept)).map((file) => existsSync(file))).toEqual([true]);
    const { database } = await restore(stays.id, 'again');
    await kit.run(new RestoreDatabaseHandler(kit.context), database.id, { payload: { backupId: stays.id } });
    expect(await kit.rowOf(database.id)).toMatchObject({ status: 'ACTIVE' });
  });
});
