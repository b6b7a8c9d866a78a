import { readdirSync, statSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AppDatabase, AppDatabaseBackup } from '../../src/contract/documents.ts';
import { askDatabase } from '../setup/ask-database.ts';
import { useAppsSite } from './apps-site.ts';
import { eventually } from './eventually.ts';
import { SHORT_LEASE } from './open-site.ts';
import { processesMentioning } from './processes.ts';

const apps = useAppsSite(SHORT_LEASE, ['api', 'worker']);
/** They take pg_dump more than a second. */
const ROWS = 500_000;

/** Files below the artifacts of the site whose path mentions the backups of databases, with their sizes. */
function stored(): { path: string; isComplete: boolean; sizeBytes: number }[] {
  const folder = apps().site.folder;
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.includes('database-backups') && statSync(join(folder, name)).isFile())
    .map((name) => ({
      path: join(folder, name),
      isComplete: name.endsWith('.sealed'),
      sizeBytes: statSync(join(folder, name)).size,
    }));
}

test('A7: a worker that is killed in the middle of a backup: it is made again, no half artifact stays, and it is proven', async () => {
  const site = apps();
  await site.cli(['app', 'db', 'create', 'main']);
  const url = (await site.cli(['app', 'db', 'url', 'main'])).stdout.trim();
  await askDatabase(
    url,
    `create table t as select n, md5(random()::text) as x from generate_series(1, ${ROWS}) n`,
  );
  await site.cli(['app', 'db', 'backup', 'main', '--no-wait']);
  await eventually('the dump is half stored', () => stored().some(({ sizeBytes }) => sizeBytes > 0));
  await site.server('worker').kill();
  expect(stored().map(({ isComplete }) => isComplete)).toEqual([false]);
  const [half] = stored();
  await eventually('pg_dump ends with its worker', () =>
    processesMentioning(`PGPORT=${new URL(url).port}`).every(({ argv }) => !argv.includes('pg_dump')),
  );
  await site.start('worker');
  const backups = () => site.json<{ items: AppDatabaseBackup[] }>('app', 'db', 'backups', 'main');
  await eventually('the backup is there', async () => (await backups()).items[0]?.status === 'AVAILABLE');
  const [backup] = (await backups()).items;
  expect(backup).toMatchObject({ tables: 1, rows: ROWS, schedule: null });
  // As if it had been written a while ago: what is abandoned is removed.
  utimesSync(half?.path ?? '', new Date(0), new Date(0));
  await site.cli(['admin', 'tasks', 'run', 'remove-incomplete-artifacts', '--wait']);
  expect(stored().map(({ isComplete }) => isComplete)).toEqual([true]);

  const proven = await site.json<AppDatabaseBackup>('app', 'db', 'verify', 'main');
  expect(proven).toMatchObject({ id: backup?.id, verifyError: null, verifiedAt: expect.any(String) });
  expect(await site.json<AppDatabase>('app', 'db', 'get', 'main')).toMatchObject({
    backups: { schedule: 'daily', at: '02:00', provenAt: expect.any(String), problem: null },
  });
  await site.cli(['app', 'db', 'destroy', 'main', '--confirm', 'main']);
  expect(stored()).toEqual([]);
  expect((await backups()).items).toEqual([]);
});
