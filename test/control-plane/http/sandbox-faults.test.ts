import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { realClouds } from '../../../src/control-plane/clusters/clouds/clouds.ts';
import { listFaults } from '../../../src/control-plane/clusters/service/sandbox-faults.ts';
import { statement } from '../../../src/control-plane/kernel/db/statement.ts';
import { readFaults, setFaults, takeFaults } from '../../../src/sandbox/faults/faults.ts';
import { createTestInstallation, type Person, type TestInstallation } from './kit/installation.ts';
import { call, newKey, parseProblem } from './kit/requests.ts';
import type { TestServer } from './kit/server.ts';

const platformEvents = statement({
  name: 'test.platformEvents',
  text: "select payload from audit_events where stream = '_platform' order by seq",
  params: {},
  row: { payload: 'text' },
});
const FAULTS = '/v1/sandbox/faults';
let installation: TestInstallation;
let server: TestServer;
let admin: Person;
let cloudDir: string;

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server();
  admin = await installation.person('admin', 'platform_admin@*');
  cloudDir = join(installation.directory, 'cloud');
});
afterAll(() => installation.stop());
beforeEach(() => setFaults(cloudDir, []));

const itemsIn = (answer: { text: string }) => JSON.parse(answer.text).items;
const put = (body: unknown, person = admin) => call(server, person, { method: 'PUT', target: FAULTS, body });

test('a preset is in force for the stand-in at once, limited to a cluster and a number of times', async () => {
  const answer = await put({ presets: ['capacity', 'noise'], clusterName: 'demo', times: 2 });
  expect(answer.status).toBe(200);
  const fault = { preset: 'noise', clusterName: 'demo', times: 2, used: 0 };
  expect(itemsIn(answer)).toMatchObject([
    { ...fault, preset: 'capacity', stage: 'machines', kind: 'fail' },
    { ...fault, stage: 'infrastructure', kind: 'garbage' },
    { ...fault, stage: 'machines', kind: 'klog' },
    { ...fault, stage: 'bootstrap', kind: 'huge-line' },
  ]);
  const moment = { stage: 'bootstrap', command: 'create cluster' } as const;
  expect(await takeFaults(cloudDir, { ...moment, clusterName: 'other' })).toEqual([]);
  expect(await takeFaults(cloudDir, { ...moment, clusterName: 'demo' })).toHaveLength(1);
  const used = itemsIn(await call(server, admin, { target: FAULTS })).map(
    (item: { used: number }) => item.used,
  );
  expect(used).toEqual([0, 0, 0, 1]);
});

test('a second request replaces the first, with its counts; clearing leaves none', async () => {
  await put({ presets: ['crash'] });
  await takeFaults(cloudDir, { stage: 'infrastructure', command: 'create cluster' });
  expect(itemsIn(await put({ presets: ['crash'] }))).toMatchObject([{ preset: 'crash', times: 1, used: 0 }]);
  expect(await readFaults(cloudDir)).toHaveLength(1);
  const cleared = await call(server, admin, { method: 'DELETE', target: FAULTS });
  expect([cleared.status, itemsIn(cleared)]).toEqual([200, []]);
  expect(await readFaults(cloudDir)).toEqual([]);
});

test('shows what was written by hand as well', async () => {
  await setFaults(cloudDir, [{ stage: 'start', kind: 'hang', match: { clusterName: 'demo' } }]);
  expect(itemsIn(await call(server, admin, { target: FAULTS }))).toMatchObject([
    { preset: null, stage: 'start', kind: 'hang', clusterName: 'demo', times: null, used: 0 },
  ]);
});

test('G12: an unknown preset is refused with the names of all, which have an operation of their own', async () => {
  await put({ presets: ['leak'] });
  const refused = parseProblem(await put({ presets: ['leak', 'meteor'] }));
  const known = itemsIn(await call(server, admin, { target: '/v1/sandbox/fault-presets' }));
  expect(known).toContainEqual({ name: 'leak', description: expect.stringContaining('leaves volumes') });
  expect(refused).toMatchObject({
    status: 422,
    code: 'POLICY_VIOLATION',
    errors: [{ field: 'presets', allowed: known.map(({ name }: { name: string }) => name) }],
  });
  expect(await readFaults(cloudDir)).toHaveLength(1);
});

test('G10: the same key orders once', async () => {
  const headers = { 'idempotency-key': newKey() };
  const body = { presets: ['crash'] };
  await call(server, admin, { method: 'PUT', target: FAULTS, body, headers });
  await takeFaults(cloudDir, { stage: 'infrastructure', command: 'create cluster' });
  const again = await call(server, admin, { method: 'PUT', target: FAULTS, body, headers });
  expect(again.headers['idempotent-replayed']).toBe('true');
  expect(await readFaults(cloudDir)).toMatchObject([{ used: 1 }]);
});

test('G16: who made the cloud fail, and at what, is in the audit log; a refusal as well', async () => {
  await put({ presets: ['meteor'] });
  await put({ presets: ['wrong-account'], clusterName: 'demo' });
  const events = (await installation.db.query(platformEvents, {})).map(({ payload }) => JSON.parse(payload));
  const action = 'sandbox.faults.set';
  expect(events.slice(-2)).toMatchObject([
    { action, status: 'FAILURE', actor: admin.principal },
    { action, status: 'SUCCESS', metadata: { presets: ['wrong-account'], clusterName: 'demo', times: null } },
  ]);
});

test('G14: an admin of one team has no say over the cloud of all', async () => {
  const local = await installation.person('admin-of-a', 'platform_admin@a');
  expect(parseProblem(await put({ presets: ['leak'] }, local))).toMatchObject({
    status: 403,
    code: 'FORBIDDEN',
  });
  expect(parseProblem(await call(server, local, { target: FAULTS }))).toMatchObject({ status: 403 });
});

test('where clouds are real there is nothing to make fail', async () => {
  await expect(listFaults({ clouds: realClouds([]) })).rejects.toMatchObject({ code: 'NOT_FOUND' });
});
