import { afterAll, beforeAll, expect, test } from 'vitest';
import { offHoursTask } from '../../../../src/control-plane/clusters/tasks/off-hours.ts';
import { createCluster, endJob, newName, transitionThrough } from '../../http/kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from '../../http/kit/installation.ts';
import { call, newKey } from '../../http/kit/requests.ts';
import type { TestServer } from '../../http/kit/server.ts';

let installation: TestInstallation;
let server: TestServer;
let ann: Person;
let admin: Person;

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server();
  ann = await installation.person('ann', 'requester@a');
  admin = await installation.person('lead', 'platform_admin@a', 'platform_admin@b');
});
afterAll(() => installation.stop());

const send = async (person: Person, method: string, target: string, body?: object) =>
  JSON.parse(
    (await call(server, person, { method, target, headers: { 'idempotency-key': newKey() }, body })).text,
  );
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
const TODAY = (new Date().getUTCDay() + 6) % 7;
/** Hours of whole days: those that include today, and tomorrow if midnight comes meanwhile, or those that do not. */
const ON = { timezone: 'UTC', start: '00:00', end: '24:00', days: [DAYS[TODAY], DAYS[(TODAY + 1) % 7]] };
const OFF = { ...ON, days: [DAYS[(TODAY + 3) % 7]] };
const set = (hours: object, query = '') =>
  send(admin, 'POST', `/v1/offhours${query}`, { team: 'a', ...hours });

async function readyCluster(offhours: boolean): Promise<{ id: string; name: string }> {
  const { cluster, job } = await createCluster(server, ann, {
    ...{ name: newName('off'), workers: 2, ttlHours: 72, offhours },
  });
  await endJob(installation.db, job.id);
  await installation.db.script(
    `update job_locks set head = tail + 1, ready_at = null where resource_id = '${cluster.id}'`,
  );
  await transitionThrough(installation.db, cluster.id, 'CREATING', 'READY');
  return cluster;
}

test('a schedule says before and after it is set, and before and after it is cleared, what is scaled when', async () => {
  const { id: clusterId, name } = await readyCluster(true);
  await readyCluster(false);
  const pending = (await createCluster(server, ann, { name: newName('off'), workers: 1, offhours: true }))
    .cluster;
  const [inHours] = (await set(ON, '?dryRun=true')).scales;
  expect(inHours).toMatchObject({ clusterId, name, from: 2, to: 0 });
  expect(Date.parse(inHours.at)).toBeGreaterThan(Date.now());
  const plan = await set(OFF, '?dryRun=true');
  const down = [
    { clusterId, name, from: 2, to: 0, at: expect.any(String) },
    { clusterId: pending.id, name: pending.name, from: 1, to: 0, at: null },
  ];
  expect(plan.scales).toEqual(down);
  expect(Date.parse(plan.scales[0].at)).toBeLessThanOrEqual(Date.now() + 1_000);
  expect((await set(OFF)).scales).toEqual(down);
  // Nothing was taken away yet, so nothing comes back.
  expect((await send(admin, 'DELETE', '/v1/offhours?team=a&dryRun=true')).scales).toEqual([]);

  await offHoursTask({ ...server.services, scaleHandler: { onCancelled: async () => {} } }).run(
    new AbortController().signal,
    (work) => installation.db.tx(work),
  );
  const job = (await send(ann, 'GET', `/v1/clusters/${clusterId}`)).lastOperation.jobId;
  await endJob(installation.db, job);
  await installation.db.script(
    `update clusters set status = 'READY', worker_replicas = 0 where id = '${clusterId}'`,
  );
  const back = [{ clusterId, name, from: 0, to: 2, at: expect.any(String) }];
  expect((await send(admin, 'DELETE', '/v1/offhours?team=a&dryRun=true')).scales).toEqual(back);
  expect((await send(admin, 'GET', '/v1/offhours?team=a')).team).toBe('a');
  expect((await send(admin, 'DELETE', '/v1/offhours?team=a')).scales).toEqual(back);
  expect(await send(admin, 'GET', '/v1/offhours?team=a')).toMatchObject({ status: 404 });
});

test('G14: the list has the schedules of the teams that the caller can read', async () => {
  await set(ON);
  await send(admin, 'POST', '/v1/offhours', { team: 'b', ...OFF });
  const teamsOf = async (person: Person, query = '') => {
    const { items, nextCursor } = await send(person, 'GET', `/v1/offhours/teams${query}`);
    return [items.map(({ team }: { team: string }) => team), nextCursor];
  };
  expect(await teamsOf(admin)).toEqual([['a', 'b'], null]);
  expect(await teamsOf(ann)).toEqual([['a'], null]);
  const [first, cursor] = await teamsOf(admin, '?limit=1');
  expect(first).toEqual(['a']);
  expect(await teamsOf(admin, `?limit=1&cursor=${encodeURIComponent(String(cursor))}`)).toEqual([
    ['b'],
    null,
  ]);
});

test('a create with off-hours and without workers says that there is nothing to scale', async () => {
  const warningsOf = async (workers: number) =>
    (
      await send(ann, 'POST', '/v1/clusters?dryRun=true', {
        ...{ name: 'none', profile: 'aws-minimal-test', offhours: true, workers },
      })
    ).warnings;
  expect(await warningsOf(0)).toEqual([expect.stringContaining('off-hours have nothing to scale')]);
  expect(await warningsOf(1)).toEqual([]);
});
