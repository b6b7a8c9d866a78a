import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { useAppsSite } from './apps-site.ts';
import { eventually } from './eventually.ts';
import { FailingServices } from './failing-services.ts';
import { holdWrites } from './hold-writes.ts';
import { SHORT_LEASE } from './open-site.ts';

const apps = useAppsSite(SHORT_LEASE);
let services: FailingServices;
beforeAll(() => {
  services = new FailingServices(apps());
});

test.each([
  {
    step: 'STARTING',
    what: 'before the instance is known',
    table: 'app_instances',
    when: 'insert on app_instances for each row',
  },
  {
    step: 'STARTING',
    what: 'when its process runs',
    table: 'app_instances',
    when: `update on app_instances for each row when (old.state = 'STARTING' and new.state = 'RUNNING')`,
  },
  { step: 'CHECKING', what: 'while the instance is not ready', table: '', when: '' },
  {
    step: 'SWITCHING',
    what: 'before the switch is committed',
    table: 'app_edge_state',
    when: 'update on app_edge_state for each row',
  },
  { step: 'SWITCHING', what: 'before the edge has applied it', table: '', when: '' },
  { step: 'DRAINING', what: 'while a request is in progress at the old instance', table: '', when: '' },
])(
  'A1, P4: kill -9 of the worker while $step, $what: requests are answered, and the next worker takes the release live',
  async ({ step, what, table, when }) => {
    const site = apps();
    const name = `k-${Math.random().toString(36).slice(2, 8)}`;
    const ready = join(site.appDir, name);
    const live = await services.deploy(name, 'one');
    const slow = step === 'DRAINING' ? site.ask(live, '/slow') : undefined;
    const hook = table === '' ? undefined : await holdWrites(site.databaseUrl, table, when);
    const edge = what.includes('edge') ? site.server('edge') : undefined;
    edge?.signal('SIGSTOP');
    const gates = step === 'CHECKING' ? { ready } : {};
    const { deployment } = await services.deploy(name, 'two', gates, '--no-wait');
    const id = deployment?.id ?? '';
    await eventually(
      `the deployment is ${step}`,
      async () => (await services.stateOf(id)) === step && (await (hook?.isReached() ?? true)),
    );
    await site.server('worker').kill();
    await hook?.letGo();
    edge?.signal('SIGCONT');
    expect((await site.ask(live)).status).toBe(200);
    await site.start('worker');
    writeFileSync(ready, '');
    if (step === 'DRAINING') writeFileSync(services.slowFile, '');
    if (slow !== undefined) expect(await slow).toStrictEqual({ status: 200, text: 'begin end' });
    await eventually('the deployment is live', async () => (await services.stateOf(id)) === 'LIVE');
    await services.untilOneServes(live, 'two');
    await site.cli(['app', 'destroy', name, '--yes']);
  },
);

test('P18: a worker that stands still longer than its lease leaves the deploy to another one, and changes nothing afterwards', async () => {
  const site = apps();
  const ready = join(site.appDir, 'thawed');
  const live = await services.deploy('frozen', 'one');
  const { deployment } = await services.deploy('frozen', 'two', { ready }, '--no-wait');
  const id = deployment?.id ?? '';
  await eventually('it is CHECKING', async () => (await services.stateOf(id)) === 'CHECKING');
  const frozen = site.server('worker');
  frozen.signal('SIGSTOP');
  await site.start('worker');
  writeFileSync(ready, '');
  await eventually('the deployment is live', async () => (await services.stateOf(id)) === 'LIVE');
  const instance = await services.untilOneServes(live, 'two');
  frozen.signal('SIGCONT');
  await eventually('it notices', () => frozen.log().includes('lease lost'));
  await frozen.stop();
  expect(await services.stateOf(id)).toBe('LIVE');
  expect(await services.untilOneServes(live, 'two')).toBe(instance);
});

test('A2: a first deploy that is cancelled while its worker is dead leaves no instance', async () => {
  const site = apps();
  const ready = join(site.appDir, 'never');
  const { id, deployment } = await services.deploy('first', 'one', { ready }, '--no-wait');
  const deploymentId = deployment?.id ?? '';
  await eventually('it is CHECKING', async () => (await services.stateOf(deploymentId)) === 'CHECKING');
  await site.server('worker').kill();
  const { jobId } = await site.deployment(deploymentId);
  await site.cli(['jobs', 'cancel', jobId ?? '', '--yes']);
  await site.start('worker');
  await eventually('it is CANCELLED', async () => (await services.stateOf(deploymentId)) === 'CANCELLED');
  await eventually('nothing of it is left', async () => (await services.instancesOf(id)).length === 0);
});

test('A9: an environment is destroyed when what ran in it has ended, also with a dead worker', async () => {
  const site = apps();
  const ready = join(site.appDir, 'never');
  const flags = ['--env', 'ending', '--no-wait'];
  const { id, deployment } = await services.deploy('ending', 'one', { ready }, ...flags);
  await eventually(
    'it is CHECKING',
    async () => (await services.stateOf(deployment?.id ?? '')) === 'CHECKING',
  );
  await site.server('worker').kill();
  await site.start('worker');
  await site.cli(['app', 'env', 'destroy', 'ending', '--yes']);
  const lanes = await site.rows('select 1 from job_locks where resource_id = $1 and job_id is not null', [
    id,
  ]);
  expect(lanes, 'a job that still runs could start an instance').toEqual([]);
  expect(await services.instancesOf(id)).toEqual([]);
});
