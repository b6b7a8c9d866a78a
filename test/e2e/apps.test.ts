import { existsSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AppEnvironment, AppService } from '../../src/contract/documents.ts';
import { useAppsSite } from './apps-site.ts';
import { eventually } from './eventually.ts';

const apps = useAppsSite();

/** Says its version, its process and the variable GREETING. */
const program = (version: string) => `
  const { createServer } = require('node:http');
  createServer((request, response) => {
    if (request.url === '/healthz') response.statusCode = process.env.UNHEALTHY ? 500 : 200;
    response.end(['${version}', process.pid, process.env.GREETING].join(' '));
  }).listen(Number(process.env.PORT), '127.0.0.1');
`;
const PACKAGE = JSON.stringify({ name: 'greeter', private: true, scripts: { start: 'node server.js' } });
const source = (name: string, server: string, files: Readonly<Record<string, string>> = {}) =>
  apps().source(name, { 'package.json': PACKAGE, 'server.js': server, ...files });

const deploy = (directory: string, ...flags: string[]) =>
  apps().cli(['app', 'deploy', directory, '--name', 'greeter', '--json', ...flags]);
const service = (text: string): AppService => JSON.parse(text) as AppService;
const buildCount = async () => (await apps().rows('select id from app_builds')).length;

test('A1, A3, P6, P14: a directory becomes a URL; the same source is not built twice; releases are changed, rolled back, scaled and restarted', async () => {
  const site = apps();
  const example = service(
    (await site.cli(['app', 'deploy', site.source('hello', {}, 'hello-node'), '--json'])).stdout,
  );
  expect(await site.ask(example)).toMatchObject({
    status: 200,
    text: expect.stringContaining('Hello from Node.js'),
  });

  const { items: jobs } = JSON.parse((await site.cli(['jobs', 'list', '--type', 'DEPLOY', '--json'])).stdout);
  const [{ id: jobId }] = jobs;
  expect((await site.cli(['wait', jobId])).stdout).toContain('SUCCEEDED');
  expect((await site.cli(['jobs', 'get', jobId])).stdout).toMatch(/Service +hello \(svc_/);

  const directory = source('greeter', program('one'));
  const first = service((await deploy(directory)).stdout);
  expect(first).toMatchObject({ status: 'LIVE', release: 1, ready: 1 });
  expect((await site.ask(first)).text).toMatch(/^one /);
  const builds = await buildCount();
  const again = await deploy(directory);
  expect((await site.cli(['app', 'logs', 'greeter', '--build'])).stdout).toContain('was built before');
  expect(await buildCount()).toBe(builds);
  expect(service(again.stdout)).toMatchObject({ release: 2, deployment: { number: 2, state: 'LIVE' } });

  source('greeter', program('two'));
  expect(service((await deploy(directory)).stdout).release).toBe(3);
  expect((await site.ask(first)).text).toMatch(/^two /);

  await site.cli(['app', 'rollback', 'greeter']);
  expect((await site.ask(first)).text).toMatch(/^one /);
  expect(await site.getService('greeter')).toMatchObject({ release: 2, pinned: true });

  await site.cli(['app', 'var', 'set', 'greeter', 'GREETING=good-morning']);
  expect((await site.ask(first)).text).toMatch(/good-morning/);
  expect(await buildCount()).toBe(builds + 1);
  await site.cli(['app', 'rollback', 'greeter']);
  expect((await site.ask(first)).text).not.toContain('good-morning');

  for (const replicas of [3, 0, 2]) {
    await site.cli(['app', 'scale', 'greeter', '--replicas', String(replicas)]);
    const scaled = await site.getService('greeter');
    expect(scaled, `P6: ${replicas}`).toMatchObject({ replicas, ready: replicas });
    expect(scaled.instances).toHaveLength(replicas);
    if (replicas === 0) expect((await site.ask(first)).status).toBe(503);
  }
  await site.cli(['app', 'stop', 'greeter']);
  expect((await site.cli(['app', 'restart', 'greeter'], 5)).stderr).toContain('ocpctl app start greeter');
  await site.cli(['app', 'start', 'greeter']);
  expect(await site.getService('greeter')).toMatchObject({ replicas: 2, ready: 2 });
  expect(service((await deploy(directory)).stdout), 'P6: a deploy keeps the number').toMatchObject({
    ready: 2,
  });
  const before = (await site.getService('greeter')).instances.map(({ id }) => id);
  await site.cli(['app', 'restart', 'greeter']);
  const after = await site.getService('greeter');
  expect(after.ready).toBe(2);
  expect(after.instances.some(({ id }) => before.includes(id))).toBe(false);
});

test('P1: the port of an instance is open on the loopback address alone: it is reached through the edge only', async () => {
  const site = apps();
  const argv = ['app', 'deploy', site.source('inside', {}, 'hello-node'), '--json'];
  const live = service((await site.cli(argv)).stdout);
  const [row] = await site.rows<{ host: string; port: number }>(
    'select address_host as host, address_port as port from app_instances where service_id = $1',
    [live.id],
  );
  const reach = (host: string) =>
    new Promise<string>((resolve) => {
      const socket = connect({ host, port: row?.port ?? 0 });
      socket.once('connect', () => resolve('connected')).once('error', () => resolve('refused'));
      socket.once('connect', () => socket.destroy());
    });
  expect(row?.host).toBe('127.0.0.1');
  expect(await reach('127.0.0.1')).toBe('connected');
  // On all addresses it would be open here as well.
  expect(await reach('127.0.0.2')).toBe('refused');
});

test('P10: the first deploy of a service can set its variables, and the time of an environment that it creates', async () => {
  const site = apps();
  const needy = source(
    'needy',
    `if (process.env.TOKEN !== 'canary-1') process.exit(3); ${program('needy')}`,
    {
      '.env': 'TOKEN=canary-0\nLEVEL=debug\n',
    },
  );
  const argv = ['app', 'deploy', needy, '--env', 'pr-7', '--ttl', '2h', '--var-file', `${needy}/.env`];
  const { stderr, stdout } = await site.cli([...argv, '--var', 'TOKEN=canary-1', '--json']);
  expect(service(stdout)).toMatchObject({ status: 'LIVE' });
  expect(stderr).toContain('Environment pr-7 is new: it is destroyed after 2h.');
  const environments = await site.json<{ items: AppEnvironment[] }>('app', 'env', 'list');
  expect(environments.items.find(({ name }) => name === 'pr-7')?.destroyAt).toBeTruthy();
  const variables = await site.json<{ items: { name: string }[] }>('app', 'var', 'list', 'needy');
  expect(variables.items.map(({ name }) => name)).toEqual(['LEVEL', 'TOKEN']);
  expect(`${stderr}${stdout}`).not.toContain('canary');
  const failed = await site.cli(['app', 'var', 'set', 'needy', 'TOKEN=canary-2'], 10);
  expect(failed.stderr).toContain('release 1 is still live');
  const refused = await site.cli(['app', 'var', 'set', 'needy', 'URL=${ service.needy.URL }'], 2);
  expect(refused.stderr).toContain('${service.NAME.URL}');
});

test.each([
  {
    name: 'exits 3',
    server: `console.log('cannot find the answer'); process.exit(3);`,
    files: {},
    reason: 'exit 3',
  },
  {
    name: 'never listens',
    server: `console.log('cannot find the answer'); setInterval(() => {}, 1000);`,
    files: { 'app.yaml': 'health: { startSeconds: 2 }' },
    reason: 'nothing listens on PORT (',
  },
  {
    name: 'answers 500 on its health path',
    server: `process.env.UNHEALTHY = '1'; console.log('cannot find the answer'); ${program('bad')}`,
    files: { 'app.yaml': 'health: { path: /healthz, startSeconds: 2 }' },
    reason: 'GET /healthz answered 500',
  },
])('A2, P11: a release that $name changes nothing', async ({ name, server, files, reason }) => {
  const site = apps();
  const { url } = service(
    (await site.cli(['app', 'deploy', source('sturdy', program('good')), '--name', 'sturdy', '--json']))
      .stdout,
  );
  const before = await site.getService('sturdy');
  const broken = source(`broken ${name}`, server, files);
  const failed = await site.cli(['app', 'deploy', broken, '--name', 'sturdy'], 10);
  expect(failed.stderr).toContain(reason);
  expect(failed.stderr).toContain('cannot find the answer');
  expect((await site.ask({ url })).text).toMatch(/^good /);
  const after = await site.getService('sturdy');
  expect(after).toMatchObject({
    status: before.status,
    release: before.release,
    deployment: { state: 'FAILED', failure: { step: 'checking', message: expect.stringContaining(reason) } },
  });
  expect(after.deployment?.failure?.log).toContain('cannot find the answer');
  const number = String(after.deployment?.release);
  const restored = await site.cli(['app', 'rollback', 'sturdy', '--release', number], 5);
  expect(restored.stderr).toContain(`Release ${number} of sturdy was never live`);
  expect(after.instances.map(({ id }) => id)).toStrictEqual(before.instances.map(({ id }) => id));
  expect((await site.cli(['app', 'get', 'sturdy'])).stdout).toContain('cannot find the answer');
});

test('A9: an environment that is destroyed, or that expires, leaves no process, directory or cgroup on the host', async () => {
  const site = apps();
  const names = ['ended', 'expired'];
  await site.cli(['app', 'env', 'create', 'expired', '--ttl', '2h']);
  const directory = source('short', program('short'));
  for (const name of names) {
    const argv = ['app', 'deploy', directory, '--name', name, '--env', name, '--json'];
    const live = service((await site.cli(argv)).stdout);
    expect((await site.ask(live)).status).toBe(200);
  }
  const ids = new Map(
    (await site.rows<{ name: string; id: string }>('select name, id from app_environments')).map(
      ({ name, id }) => [name, id],
    ),
  );
  const instances = async (name: string) =>
    site.rows<{ id: string; state: string }>(
      'select id, state from app_instances where environment_id = $1',
      [ids.get(name)],
    );
  const isLeft = async (name: string) => {
    const mentioned = [ids.get(name) ?? '', ...(await instances(name)).map(({ id }) => id)];
    return [
      ...readdirSync(site.appDir, { recursive: true, encoding: 'utf8' }),
      ...site.processes().map(({ pid }) => String(pid)),
      ...cgroups(),
    ].filter((text) => mentioned.some((id) => text.includes(id)));
  };
  expect(await isLeft('ended')).not.toStrictEqual([]);
  await site.cli(['app', 'env', 'destroy', 'ended', '--yes']);
  expect(await isLeft('ended')).toStrictEqual([]);
  await site.moveClock('3 hours');
  await eventually('the environment has expired', async () => {
    const [row] = await site.rows<{ status: string }>('select status from app_environments where id = $1', [
      ids.get('expired'),
    ]);
    return row?.status === 'DESTROYED';
  });
  expect(await isLeft('expired')).toStrictEqual([]);
  for (const name of names)
    expect((await instances(name)).map(({ state }) => state)).toStrictEqual(['REMOVED']);
});

function cgroups(): string[] {
  return ['/sys/fs/cgroup', '/sys/fs/cgroup/memory', '/sys/fs/cgroup/unified']
    .map((hierarchy) => join(hierarchy, 'ocpctl'))
    .filter((group) => existsSync(group))
    .flatMap((group) => readdirSync(group, { recursive: true, encoding: 'utf8' }));
}
