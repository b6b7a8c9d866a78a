import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AppDeploymentPlan, AppService, AppVolume } from '../../src/contract/documents.ts';
import { useAppsSite } from './apps-site.ts';
import { eventually } from './eventually.ts';

const apps = useAppsSite();

/** Adds a line with its version to its volume when it starts, and answers with all of them. */
const program = (version: string) => `
  const { createServer } = require('node:http');
  const { appendFileSync, readFileSync } = require('node:fs');
  const file = process.env.VOLUME_DATA + '/starts';
  appendFileSync(file, '${version} ');
  createServer((request, response) => response.end(readFileSync(file, 'utf8')))
    .listen(Number(process.env.PORT), '127.0.0.1');
`;
const PACKAGE = JSON.stringify({ name: 'keeper', private: true, scripts: { start: 'node server.js' } });
const source = (server: string, name = 'keeper', app = 'volume: { name: data, path: /data }\n') =>
  apps().source(name, { 'package.json': PACKAGE, 'server.js': server, 'app.yaml': app });
const deploy = async (directory: string, ...flags: string[]): Promise<AppService> =>
  JSON.parse((await apps().cli(['app', 'deploy', directory, '--json', ...flags])).stdout);
const volumes = async (): Promise<AppVolume[]> =>
  (await apps().json<{ items: AppVolume[] }>('app', 'volume', 'list')).items;
const directories = () => {
  const folder = join(apps().appDir, 'volumes');
  return existsSync(folder) ? readdirSync(folder) : [];
};

test('A6, P13: data outlives five deploys, a rollback, a restart of the server and its service, and goes only by its name', async () => {
  const site = apps();
  const first = await deploy(source(program('v1')));
  expect(first.deployment).toMatchObject({ state: 'LIVE', downtimeSeconds: null });
  const plan = await site.json<AppDeploymentPlan>('app', 'deploy', source(program('v2')), '--plan');
  expect(plan).toMatchObject({ strategy: 'recreate', settings: { volume: { name: 'data', path: '/data' } } });
  expect(plan.facts.map(({ what }) => what).join('\n')).toContain('downtime: keeper does not serve');
  for (const version of ['v2', 'v3', 'v4', 'v5']) {
    const next = await deploy(source(program(version)));
    expect(next.deployment?.downtimeSeconds).toBeGreaterThan(0);
    expect(next.instances).toHaveLength(1);
  }
  expect((await site.cli(['app', 'get', 'keeper'])).stdout).toMatch(/Downtime +\d+\.\d s/);
  expect((await site.ask(first)).text).toBe('v1 v2 v3 v4 v5 ');

  await site.cli(['app', 'rollback', 'keeper']);
  expect((await site.ask(first)).text).toBe('v1 v2 v3 v4 v5 v4 ');
  const before = (await site.getService('keeper')).instances.map(({ id }) => id);
  await site.server('worker').kill();
  await site.start('worker');
  await site.cli(['app', 'restart', 'keeper']);
  expect((await site.getService('keeper')).instances.map(({ id }) => id)).not.toEqual(before);
  expect((await site.ask(first)).text).toBe('v1 v2 v3 v4 v5 v4 v4 ');

  const scaled = await site.cli(['app', 'scale', 'keeper', '--replicas', '2'], 5);
  expect(scaled.stderr).toContain('has volume data, which one instance at a time can have');
  const many = await site.cli(['app', 'deploy', source(program('v6')), '--replicas', '2'], 2);
  expect(many.stderr).toContain('--replicas: must be 1');
  const stolen = await site.cli(['app', 'deploy', source(program('x'), 'thief')], 5);
  expect(stolen.stderr).toContain('Volume data belongs to service keeper');
  const other = await site.cli(['app', 'deploy', source(program('v6')), '--volume', 'other:/data'], 5);
  expect(other.stderr).toContain('Service keeper has volume data');
  const owned = await site.cli(['app', 'volume', 'destroy', 'data', '--confirm', 'data'], 5);
  expect(owned.stderr).toContain('belongs to service keeper: destroy the service first');

  await site.cli(['app', 'destroy', 'keeper', '--yes']);
  expect(await volumes()).toMatchObject([
    { name: 'data', status: 'AVAILABLE', service: null, driver: 'process' },
  ]);
  const again = await deploy(source(program('w1')), '--name', 'successor');
  expect((await site.ask(again)).text).toBe('v1 v2 v3 v4 v5 v4 v4 w1 ');
  await site.cli(['app', 'destroy', 'successor', '--yes']);

  expect((await site.cli(['app', 'volume', 'destroy', 'data', '--confirm', 'date'], 2)).stderr).toContain(
    'data',
  );
  expect(directories()).toHaveLength(1);
  const gone = await site.json<AppVolume>('app', 'volume', 'destroy', 'data', '--confirm', 'data');
  expect(gone.status).toBe('DESTROYED');
  expect(directories()).toEqual([]);
  expect(await volumes()).toEqual([]);
});

test('A2, A6: a release that does not start gives way to the old one, which is started again with its data', async () => {
  const site = apps();
  const first = await deploy(source(program('v1'), 'fragile'), '--env', 'failures');
  const failed = await site.cli(
    ['app', 'deploy', source(`${program('bad')}; process.exit(3);`, 'fragile'), '--env', 'failures'],
    10,
  );
  expect(failed.stderr).toMatch(/release 1 is live again after \d+\.\d s/);
  expect((await site.ask(first)).text).toBe('v1 bad v1 ');
  expect(await site.getService('fragile')).toMatchObject({
    ...{ status: 'LIVE', release: 1, ready: 1 },
    deployment: { state: 'FAILED', failure: { step: 'checking', code: 'INSTANCE_EXITED' } },
  });
});

test('A6: a volume whose data is missing is never replaced by an empty one; nothing is stopped for it', async () => {
  const site = apps();
  const first = await deploy(source(program('v1'), 'lost'), '--env', 'losses');
  await site.rows(`update app_volumes set driver = 'podman' where service_id = $1`, [first.id]);
  const refused = await site.cli(['app', 'deploy', source(program('v2'), 'lost'), '--env', 'losses'], 10);
  expect(refused.stderr).toContain('the data of volume data is kept by the runtime podman');
  expect((await site.ask(first)).text).toBe('v1 ');
  await site.rows(`update app_volumes set driver = 'process' where service_id = $1`, [first.id]);
});

test('A9: an environment is destroyed with its volumes, and its data is looked for on the host', async () => {
  const site = apps();
  await site.cli(['app', 'volume', 'create', 'spare', '--size', '2', '--env', 'brief']);
  expect(
    (await site.cli(['app', 'volume', 'create', 'huge', '--size', '1000', '--env', 'brief'], 5)).stderr,
  ).toContain('GiB of volumes');
  const { environment } = await deploy(source(program('v1'), 'brief'), '--env', 'brief');
  const asked = await site.cli(['app', 'env', 'destroy', 'brief'], 2);
  expect(asked.stderr).toContain('confirmation required to destroy brief');
  const [{ id } = { id: '' }] = await site.rows<{ id: string }>(
    `select id from app_volumes where environment_id = $1 and name = 'data'`,
    [environment.id],
  );
  expect(directories()).toContain(id);
  writeFileSync(join(site.appDir, 'volumes', id, 'more'), 'data');
  await site.cli(['app', 'env', 'destroy', 'brief', '--yes']);
  expect(directories()).not.toContain(id);
  expect((await volumes()).filter(({ environment: { name } }) => name === 'brief')).toEqual([]);
});

test('P13: while a deploy replaces the instance, requests get 503 and then the new one', async () => {
  const site = apps();
  const first = await deploy(source(program('v1'), 'gap'), '--env', 'gaps');
  const slow = `setTimeout(() => {${program('v2')}}, 1500);`;
  const accepted = await deploy(source(slow, 'gap'), '--env', 'gaps', '--no-wait');
  await eventually('nothing serves', async () => (await site.ask(first)).status === 503);
  await eventually('the new one serves', async () => (await site.ask(first)).text === 'v1 v2 ');
  const done = await eventually('it is live', async () => {
    const deployment = await site.deployment(accepted.deployment?.id ?? '');
    return deployment.state === 'LIVE' && deployment;
  });
  expect(done.downtimeSeconds).toBeGreaterThan(1.5);
});
