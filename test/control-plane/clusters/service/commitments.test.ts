import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { overrideSchedule } from '../../../../src/control-plane/clusters/service/offhours-state.ts';
import { setRequestedWorkers, setWorkers } from '../../../../src/control-plane/clusters/store/workers.sql.ts';
import { offHoursTask } from '../../../../src/control-plane/clusters/tasks/off-hours.ts';
import { moveClock } from '../../../setup/database.ts';
import { createCluster, endJob, newName, postCluster, transitionThrough } from '../../http/kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from '../../http/kit/installation.ts';
import { call, newKey, parseProblem } from '../../http/kit/requests.ts';
import type { TestServer } from '../../http/kit/server.ts';

const HOUR = 3_600_000;
/** A Monday, far from the ends of its month. */
const MONDAY = Date.parse('2030-01-07T00:00:00Z');
const SCHEDULE = {
  timezone: 'UTC',
  start: '08:00',
  end: '18:00',
  days: ['mon', 'tue', 'wed', 'thu', 'fri'],
  holidays: [],
};
const TTL_HOURS = 48;

let installation: TestInstallation;
let server: TestServer;
let ann: Person;
let admin: Person;
let team: string;

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server();
  admin = await installation.person('root', 'platform_admin@*');
});
afterAll(() => installation.stop());
let teams = 0;
beforeEach(async () => {
  team = `team${++teams}`;
  ann = await installation.person(`ann${teams}`, `requester@${team}`);
  await at(12);
  await post('/v1/offhours', { team, ...SCHEDULE }, admin);
});

/** @param hours after Monday 00:00 */
const at = (hours: number) =>
  moveClock(installation.databaseUrl, `${MONDAY + hours * HOUR - Date.now()} milliseconds`);
const post = (target: string, body: object, person = ann) =>
  call(server, person, { method: 'POST', target, headers: { 'idempotency-key': newKey() }, body });
const read = async (id: string) =>
  JSON.parse((await call(server, ann, { target: `/v1/clusters/${id}` })).text);

/** A READY cluster with two workers, made on Monday at 12:00. */
async function readyCluster(offhours = true) {
  const request = { name: newName(), team, workers: 2, ttlHours: TTL_HOURS, offhours };
  const { cluster, job } = await createCluster(server, ann, request);
  await end(cluster.id, job.id);
  await transitionThrough(installation.db, cluster.id, 'CREATING', 'READY');
  const { hourlyCost, id } = cluster;
  const { costParts } = JSON.parse(
    (await post('/v1/clusters?dryRun=true', { ...request, name: newName(), profile: 'aws-minimal-test' }))
      .text,
  );
  const unitOf = (name: string) => costParts.find(({ what }: { what: string }) => what === name).unitHourly;
  const worker = unitOf('workers') + unitOf('volumes of workers');
  return { id, worker, rest: hourlyCost - 2 * worker };
}

async function end(id: string, jobId: string): Promise<void> {
  await endJob(installation.db, jobId);
  await installation.db.script(
    `update job_locks set head = tail + 1, ready_at = null where resource_id = '${id}'`,
  );
}

/** Lets the schedule follow, and does what it requested as a worker would. */
async function follow(id: string): Promise<void> {
  const task = offHoursTask({ ...server.services, scaleHandler: { onCancelled: async () => {} } });
  const run = () => task.run(new AbortController().signal, (work) => installation.db.tx(work));
  if ((await run())?.['scaled']) await finishScale(id);
  await run();
}

async function finishScale(id: string): Promise<void> {
  const { requestedWorkers, lastOperation } = await read(id);
  await installation.db.query(setWorkers, { id, workers: requestedWorkers });
  await installation.db.tx((tx) => overrideSchedule(tx, id, lastOperation.jobId));
  await end(id, lastOperation.jobId);
}

/** Sets the budget to so much more than what is spent and committed. */
async function leave(dollars: number): Promise<void> {
  const { spent, committed } = await budget({ monthly: 1_000_000 });
  await budget({ monthly: Math.round((spent + committed + dollars) * 100) / 100, denyCreates: true });
}

const budget = async (changes: object) =>
  JSON.parse((await post('/v1/admin/budgets', { team, ...changes }, admin)).text);
const committed = async (): Promise<number> => (await budget({ monthly: 1_000_000 })).committed;

test('a cluster that opted in commits its workers for the working hours, also while it sleeps', async () => {
  const { id, worker, rest } = await readyCluster();
  // Until Wednesday 12:00: 6, 10 and 4 hours.
  expect(await committed()).toBeCloseTo(rest * 48 + 2 * worker * 20, 2);
  await at(20);
  await follow(id);
  expect(await read(id)).toMatchObject({ workerReplicas: 0, requestedWorkers: 0 });
  expect(await committed()).toBeCloseTo(rest * 40 + 2 * worker * 14, 2);
  await at(24 + 8.5);
  const before = await committed();
  expect(before).toBeCloseTo(rest * 27.5 + 2 * worker * 13.5, 2);
  await follow(id);
  expect((await read(id)).workerReplicas).toBe(2);
  expect(await committed()).toBeCloseTo(before, 2);
});

test('what its sleep saves now is no room for other creates, and an opt-out that would exceed the budget is refused', async () => {
  const { id, worker, rest } = await readyCluster();
  await at(20);
  await follow(id);
  await leave(1);
  const create = await postCluster(server, ann, { team, ttlHours: 2 });
  expect(parseProblem(create)).toMatchObject({ code: 'BUDGET_EXCEEDED' });
  const optOut = () => post(`/v1/clusters/${id}/offhours`, { optIn: false });
  const refused = parseProblem(await optOut());
  const nights = (2 * worker * 26).toFixed(2);
  expect(refused).toMatchObject({
    ...{ status: 409, code: 'BUDGET_EXCEEDED' },
    detail: expect.stringContaining(`$${nights} for the workers outside of its working hours =`),
  });
  await leave(2 * worker * 26 + 1);
  expect((await optOut()).status).toBe(200);
  expect(await committed()).toBeCloseTo((rest + 2 * worker) * 40, 2);
});

test('a create with off-hours, and a scale by hand at night, are refused by what they cost in the hours that they last', async () => {
  const { id, worker, rest } = await readyCluster();
  await at(20);
  await follow(id);
  // Until the morning.
  await leave(2 * worker * 12 - 0.05);
  const scale = () => post(`/v1/clusters/${id}/scale-workers`, { workers: 2 });
  expect(parseProblem(await scale())).toMatchObject({ code: 'BUDGET_EXCEEDED' });
  await leave(2 * worker * 12 + 0.05);
  expect((await scale()).status).toBe(202);
  expect(await committed()).toBeCloseTo(rest * 40 + 2 * worker * 26, 1);
  await finishScale(id);
  expect(await committed()).toBeCloseTo(rest * 40 + 2 * worker * 26, 1);
  // 10 hours of the day that begins at 20:00 are working hours.
  const create = { team, ttlHours: 24, workers: 2, offhours: true };
  await leave(rest * 24 + 2 * worker * 10 - 0.05);
  expect(parseProblem(await postCluster(server, ann, create))).toMatchObject({ code: 'BUDGET_EXCEEDED' });
  await leave(rest * 24 + 2 * worker * 10 + 0.05);
  expect((await postCluster(server, ann, create)).status).toBe(202);
});

test('workers that were asked for count before they exist', async () => {
  const { id, worker, rest } = await readyCluster(false);
  await installation.db.query(setRequestedWorkers, { id, workers: 3 });
  expect(await committed()).toBeCloseTo((rest + 3 * worker) * 48, 2);
});
