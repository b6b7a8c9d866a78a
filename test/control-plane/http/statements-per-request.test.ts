import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Db } from '../../../src/control-plane/kernel/db/db.ts';
import { countingDb } from '../../setup/counting-db.ts';
import { createCluster } from './kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from './kit/installation.ts';
import { call, newKey } from './kit/requests.ts';
import type { TestServer } from './kit/server.ts';

let installation: TestInstallation;
let server: TestServer;
let ann: Person;
let db: ReturnType<typeof countingDb>;
beforeAll(async () => {
  installation = await createTestInstallation();
  ann = await installation.person('ann', 'requester@team-a');
  server = await installation.server({
    observeDb: (opened: Db) => {
      db = countingDb(opened);
      return db;
    },
  });
  // What is asked once by a new server is not asked again.
  await createCluster(server, ann);
});
afterAll(() => installation.stop());

/** @returns the statements of one request */
async function askedBy(request: () => Promise<unknown>): Promise<string[]> {
  db.asked.length = 0;
  await request();
  return [...db.asked];
}

// What a request costs is mostly its statements: 50 to 115 µs of the server's CPU each, and a commit for each write outside of a transaction.
const AUTHENTICATION = ['access.find_key', 'secrets.find', 'limits.take_with_nonce', 'access.list_grants'];

test('a request that reads writes once: its nonce and its rate', async () => {
  const { cluster } = await createCluster(server, ann);
  const history = ['clusters.list_transitions', 'clusters.sum_cluster_costs', 'offhours.list'];
  expect(await askedBy(() => call(server, ann, { target: `/v1/clusters/${cluster.id}` }))).toEqual([
    ...AUTHENTICATION,
    'clusters.get',
    ...history,
  ]);
  expect(await askedBy(() => call(server, ann, { target: '/v1/clusters' }))).toEqual([
    ...AUTHENTICATION,
    'clusters.list',
    ...history,
  ]);
});

test('a page of schedules takes as many statements as one, and a removal works out once what it scales', async () => {
  const teams = Array.from({ length: 6 }, (_, index) => `hours-${index}`);
  const lead = await installation.person('lead', ...teams.map((team) => `platform_admin@${team}` as const));
  const hours = { timezone: 'UTC', start: '08:00', end: '19:00', days: ['mon'] };
  const send = (method: string, target: string, body?: object) =>
    call(server, lead, { method, target, headers: { 'idempotency-key': newKey() }, body });
  for (const team of teams) {
    expect((await send('POST', '/v1/offhours', { ...hours, team })).status).toBe(200);
    await createCluster(server, lead, { team, offhours: true });
  }
  const asked = [
    ...AUTHENTICATION,
    'offhours.page_schedules',
    'db.time',
    'offhours.count_opted_in',
    'clusters.list_scheduled',
    'offhours.list',
    'offhours.list_last_scales',
  ];
  expect(await askedBy(() => send('GET', '/v1/offhours/teams?limit=1'))).toEqual(asked);
  expect(await askedBy(() => send('GET', '/v1/offhours/teams'))).toEqual(asked);
  const removal = await askedBy(() => send('DELETE', '/v1/offhours?team=hours-0'));
  expect(removal.filter((name) => name === 'clusters.list_scheduled')).toHaveLength(1);
});

test('a create asks nothing twice', async () => {
  expect(await askedBy(() => createCluster(server, ann))).toEqual([
    ...AUTHENTICATION,
    'begin',
    'idempotency.try_lock',
    'idempotency.find',
    'clusters.lock_team_quota',
    'clusters.count_team',
    'budgets.get',
    'orphans.find_sweep_of_name',
    'accepted_profiles.put',
    'jobs.enqueue',
    'clusters.insert',
    'clusters.get',
    'offhours.list',
    'jobs.get',
    'audit.insert',
    'idempotency.insert',
    'commit',
  ]);
});
