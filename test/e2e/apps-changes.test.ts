import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AppService } from '../../src/contract/documents.ts';
import { useAppsSite } from './apps-site.ts';
import { eventually } from './eventually.ts';

/** What changes a service while it is being deployed. */
const apps = useAppsSite({ OCPCTL_TEAM_APP_INSTANCES: '6' });

/** Listens when its gate is open, and answers with its version and the variable GREETING. */
const program = (version: string, gate: string) => `
  const { createServer } = require('node:http');
  const { existsSync } = require('node:fs');
  const server = createServer((request, response) => response.end('${version} ' + process.env.GREETING));
  const timer = setInterval(() => {
    if (!existsSync(${JSON.stringify(gate)})) return;
    clearInterval(timer);
    server.listen(Number(process.env.PORT), '127.0.0.1');
  }, 20);
`;
const gateOf = (name: string) => join(apps().appDir, `gate-${name}`);
const open = (name: string) => writeFileSync(gateOf(name), '');
const deploy = async (name: string, version: string, ...flags: string[]): Promise<AppService> => {
  const files = {
    'package.json': JSON.stringify({ name, private: true, scripts: { start: 'node server.js' } }),
    'server.js': program(version, gateOf(version)),
  };
  const argv = ['app', 'deploy', apps().source(name, files), '--json', ...flags];
  return JSON.parse((await apps().cli(argv)).stdout) as AppService;
};
/** Deploys, and leaves the deployment where its instance does not answer yet. */
const beginDeploy = async (name: string, version: string): Promise<string> => {
  const { deployment } = await deploy(name, version, '--no-wait');
  const id = deployment?.id ?? '';
  await eventually(`${version} is checked`, async () => (await apps().deployment(id)).state === 'CHECKING');
  return id;
};
const ended = (name: string) =>
  eventually(`nothing of ${name} is under way`, async () => {
    const [row] = await apps().rows<{ open: number }>(
      `select count(*)::int4 as open from jobs where resource_name = $1 and status in ('PENDING', 'RUNNING', 'RETRYING')`,
      [name],
    );
    return row?.open === 0;
  });

test('A3: variables that are set while a new version is deployed are given to the new version', async () => {
  const site = apps();
  open('one');
  const live = await deploy('both', 'one');
  await beginDeploy('both', 'two');
  await site.cli(['app', 'var', 'set', 'both', 'GREETING=hello', '--no-wait']);
  open('two');
  await ended('both');
  expect((await site.ask(live)).text).toBe('two hello');
});

test('A4: a number of replicas that is chosen while a new version is deployed stays', async () => {
  const site = apps();
  open('one');
  const live = await deploy('many', 'one');
  await beginDeploy('many', 'three');
  await site.cli(['app', 'scale', 'many', '--replicas', '2', '--no-wait']);
  open('three');
  await ended('many');
  expect(await site.getService('many')).toMatchObject({ replicas: 2, ready: 2, release: 2 });
  await beginDeploy('many', 'four');
  await site.cli(['app', 'stop', 'many', '--no-wait']);
  open('four');
  await ended('many');
  expect(await site.getService('many')).toMatchObject({ replicas: 0, ready: 0, instances: [] });
  expect((await site.ask(live)).status).toBe(503);
  expect(await deploy('many', 'four'), 'a deploy starts as many as there were').toMatchObject({ ready: 2 });
});

test('G18: a deploy of a service that exists has to fit into the quota as a new one has', async () => {
  const site = apps();
  open('one');
  await deploy('grown', 'one');
  const source = join(site.site.folder, 'sources', 'grown');
  const refused = await site.cli(['app', 'deploy', source, '--replicas', '6'], 5);
  expect(refused.stderr).toContain('of 6 instances');
  expect(await site.getService('grown')).toMatchObject({ replicas: 1, ready: 1 });
});

test('A9: a destroy of a service is not cancelled half way; asked for again, it is the same one', async () => {
  const site = apps();
  open('one');
  const { id } = await deploy('gone', 'one');
  await site.server('worker').kill();
  const jobOf = async () =>
    (await site.rows<{ job: string }>('select last_job_id as job from app_services where id = $1', [id]))[0]
      ?.job;
  await site.cli(['app', 'destroy', 'gone', '--yes', '--no-wait']);
  const job = (await jobOf()) ?? '';
  const cancelled = await site.cli(['jobs', 'cancel', job], 5);
  expect(cancelled.stderr).toContain('destroys a service: that is not cancelled');
  await site.cli(['app', 'destroy', 'gone', '--yes', '--no-wait']);
  expect(await jobOf()).toBe(job);
  await site.start('worker');
  const again = await site.json<AppService>('app', 'destroy', 'gone', '--yes');
  expect(again.status).toBe('DESTROYED');
});
