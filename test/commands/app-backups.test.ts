import { describe, expect, it } from 'vitest';
import type { AppDatabaseBackup } from '../../src/contract/documents.ts';
import { backupOf, databaseOf } from './support/app-documents.ts';
import { runCli } from './support/run-cli.ts';
import { pageResponse, startStubServer } from './support/stub-server.ts';

const NOWHERE = {
  OCPCTL_SERVER: 'http://127.0.0.1:9',
  OCPCTL_ACCESS_KEY_ID: 'a',
  OCPCTL_SECRET_ACCESS_KEY: 'b',
};
const [database, backup] = [databaseOf(), backupOf()];
const job = { id: `job_${'0'.repeat(26)}` };

function routes(backups: readonly AppDatabaseBackup[]) {
  return {
    'GET /v1/app/databases': () => pageResponse([database]),
    'GET /v1/app/backups': () => pageResponse([...backups]),
    [`GET /v1/app/backups/${backup.id}`]: () => ({ body: backup }),
    [`POST /v1/app/backups/${backup.id}/restore`]: () => ({ status: 202, body: { database, job } }),
    [`POST /v1/app/backups/${backup.id}/verify`]: () => ({ status: 202, body: { backup, job } }),
    [`POST /v1/app/databases/${database.id}/backups`]: () => ({ status: 202, body: { backup, job } }),
    [`POST /v1/app/databases/${database.id}/backup-schedule`]: () => ({ body: { database } }),
    [`POST /v1/app/databases/${database.id}/destroy`]: () => ({ status: 202, body: { database, job } }),
  };
}

it.each([
  ['db schedule main', 'nothing to change: pass --backup or --backup-at'],
  ['db schedule main --backup-at 24:00', 'invalid time "24:00" for --backup-at: use for example 02:00 or'],
  ['db create main --backup hourly', 'invalid value "hourly" for --backup: use daily, weekly, off'],
  ['db restore main', 'missing flag --name'],
  ['db restore main --name x --memory 1', 'invalid value "1" for --memory: use a whole number from 128 to'],
])('app %s is refused', async (line, message) => {
  const run = await runCli(['app', ...line.split(' ')], NOWHERE);
  expect(run).toMatchObject({ code: 2, stdout: '' });
  expect(run.stderr).toContain(message);
});

describe('a backup', () => {
  it('can be meant by its id, or by its database: the newest that is AVAILABLE', async () => {
    const newer = backupOf({ id: `bkp_${'1'.repeat(26)}`, status: 'PENDING' });
    await using server = await startStubServer(routes([newer, backup]));
    for (const reference of [backup.id, 'main']) {
      const argv = ['app', 'db', 'restore', reference, '--name', 'copy', '--into', 'other', '--no-wait'];
      const run = await runCli(argv, server.env);
      expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining('main') });
      expect(server.received.at(-1)?.body).toEqual({ name: 'copy', environment: 'other' });
      expect((await runCli(['app', 'db', 'verify', reference, '--no-wait'], server.env)).code).toBe(0);
    }
  });

  it('that is missing has a hint how to make one', async () => {
    await using server = await startStubServer(routes([]));
    const run = await runCli(['app', 'db', 'verify', 'main'], server.env);
    expect(run).toMatchObject({ code: 3, stdout: '' });
    expect(run.stderr).toContain(
      'Error: database main has no backup\nHint: make one: ocpctl app db backup main\n',
    );
    expect((await runCli(['app', 'db', 'backups'], server.env)).stderr).toContain(
      "No backups. To make one: 'ocpctl app db backup NAME'.",
    );
  });

  it('is listed with when it was proven, and its problem', async () => {
    const wrong = backupOf({ verifyError: '"public"."t" has 1 rows, the dump 2 rows' });
    await using server = await startStubServer(routes([backupOf({ verifiedAt: backup.createdAt }), wrong]));
    const columns = ['--columns', 'DATABASE,STATUS,SIZE,ROWS,PROVEN', '-o', 'csv'];
    const run = await runCli(['app', 'db', 'backups', 'main', ...columns], server.env);
    expect(run.stdout.split(/\r?\n/).slice(1, 3)).toEqual([
      expect.stringMatching(/^main,AVAILABLE,2.0 KiB,3,.* ago$/),
      'main,AVAILABLE,2.0 KiB,3,failed',
    ]);
  });
});

it('app db destroy says what becomes of the backups', async () => {
  await using server = await startStubServer(routes([backup]));
  const destroy = ['app', 'db', 'destroy', 'main', '--confirm', 'main', '--no-wait'];
  expect((await runCli([...destroy, '--keep-backups'], server.env)).code).toBe(0);
  expect(server.received.at(-1)?.body).toEqual({ confirm: 'main', keepBackups: true });
  expect((await runCli(destroy, server.env)).code).toBe(0);
  expect(server.received.at(-1)?.body).toEqual({ confirm: 'main' });
});
