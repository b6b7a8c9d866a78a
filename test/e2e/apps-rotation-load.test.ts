import { build } from 'esbuild';
import { expect, test } from 'vitest';
import type { AppDatabase, AppService, Job } from '../../src/contract/documents.ts';
import { connectTo } from '../setup/ask-database.ts';
import { AppsLoad } from './apps-load.ts';
import { useAppsSite } from './apps-site.ts';
import { eventually } from './eventually.ts';

const apps = useAppsSite();

/** Asks its database for each request, on kept connections. */
const PROGRAM = `
  const { createServer } = require('node:http');
  const { Pool } = require('pg');
  const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 4 });
  pool.on('error', () => {});
  createServer(async (request, response) => {
    try {
      const { rows } = await pool.query('select session_user as login');
      response.end(rows[0].login);
    } catch (error) {
      response.statusCode = 500;
      response.end(String(error));
    }
  }).listen(Number(process.env.PORT), '127.0.0.1');
  process.on('SIGTERM', () => process.exit(0));
`;
const PACKAGE = JSON.stringify({ name: 'asker', private: true, scripts: { start: 'node server.js' } });

async function source(): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: PROGRAM, resolveDir: import.meta.dirname },
    ...{ bundle: true, write: false, platform: 'node', format: 'cjs', external: ['pg-native'] },
  });
  return apps().source('asker', { 'package.json': PACKAGE, 'server.js': outputFiles[0]?.text ?? '' });
}

test('A8, P25: a service that asks its database all the time loses nothing through a rotation whose worker is killed; the old login is refused after it', async () => {
  const site = apps();
  const directory = await source();
  await site.cli(['app', 'db', 'create', 'main']);
  const service = JSON.parse(
    (await site.cli(['app', 'deploy', directory, '--env', 'default', '--json'])).stdout,
  ) as AppService;
  await site.cli(['app', 'var', 'set', 'asker', 'DATABASE_URL=$' + '{db.main.URL}']);
  await eventually('it asks its database', async () => (await site.ask(service)).text === 'app_a');
  const { url: oldUrl } = await site.json<{ url: string }>('app', 'db', 'url', 'main');

  const load = new AppsLoad({
    base: await site.edge(),
    host: new URL(service.url ?? '').host,
    requestsPerSecond: 40,
  });
  await site.cli(['app', 'db', 'rotate', 'main', '--no-wait']);
  const openDeployment = async () =>
    (
      await site.rows(
        `select from app_deployments where reason = 'rotation' and state in ('STARTING', 'CHECKING', 'SWITCHING', 'DRAINING')`,
      )
    ).length > 0;
  await eventually('the service is deployed with the new login', openDeployment);
  await site.server('worker').kill();
  await site.start('worker');
  const rotated = await eventually('the rotation ends', async () => {
    const database = await site.json<AppDatabase>('app', 'db', 'get', 'main');
    const { items } = await site.json<{ items: Job[] }>('jobs', 'list', '--type', 'ROTATE');
    return items.every(({ status }) => status === 'SUCCEEDED') && !database.isRotating && database;
  });
  expect(rotated.status).toBe('AVAILABLE');
  expect((await site.ask(service)).text).toBe('app_b');
  const report = await load.stop();
  expect(report.failures).toEqual([]);
  expect(report.succeeded['keep-alive'] + report.succeeded['new connection']).toBeGreaterThan(0);
  await expect(connectTo(oldUrl)).rejects.toMatchObject({ code: '28P01' });

  // Once more, as a person does it.
  const again = await site.json<AppDatabase>('app', 'db', 'rotate', 'main', '--reason', 'someone left');
  expect(again).toMatchObject({ isRotating: false });
  expect(again.credentialCreatedAt).not.toBe(rotated.credentialCreatedAt);
  expect((await site.ask(service)).text).toBe('app_a');
  expect(await site.getService('asker')).toMatchObject({
    status: 'LIVE',
    deployment: { reason: 'rotation' },
  });
  const shown = (await site.cli(['app', 'db', 'get', 'main'])).stdout;
  expect(shown).toMatch(/Login +made /);
});
