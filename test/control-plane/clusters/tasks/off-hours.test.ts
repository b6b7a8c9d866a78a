import { Temporal } from 'temporal-polyfill';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { ClusterJobContext } from '../../../../src/control-plane/clusters/jobs/cluster-job-context.ts';
import { ScaleHandler } from '../../../../src/control-plane/clusters/jobs/scale-handler.ts';
import { overrideSchedule } from '../../../../src/control-plane/clusters/service/offhours-state.ts';
import { setWorkers } from '../../../../src/control-plane/clusters/store/workers.sql.ts';
import { clusterExpiryTask } from '../../../../src/control-plane/clusters/tasks/expiry.ts';
import { offHoursTask } from '../../../../src/control-plane/clusters/tasks/off-hours.ts';
import { systemClock } from '../../../../src/control-plane/kernel/clock.ts';
import { statement } from '../../../../src/control-plane/kernel/db/statement.ts';
import type { PeriodicTask } from '../../../../src/control-plane/kernel/tasks/periodic-task.ts';
import { moveClock } from '../../../setup/database.ts';
import { createCluster, endJob, newName, transitionThrough } from '../../http/kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from '../../http/kit/installation.ts';
import { call, newKey } from '../../http/kit/requests.ts';
import type { TestServer } from '../../http/kit/server.ts';
import { openWorkerFixture } from '../../worker/worker-fixture.ts';
import { StandInApi } from '../kubernetes/stand-in-api.ts';

const HOUR = 3_600_000;
/** A Monday 00:00 UTC to come. */
const MONDAY = (Math.floor(Date.now() / (7 * 24 * HOUR)) + 2) * 7 * 24 * HOUR + 4 * 24 * HOUR;
/** Without changes of the clock. The hours are 02:30 to 13:30 in UTC. */
const SCHEDULE = { timezone: 'Asia/Kolkata', start: '08:00', end: '19:00' };
const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri'];
const MORNING = 2.5;
const EVENING = 13.5;

let installation: TestInstallation;
let server: TestServer;
let ann: Person;
let admin: Person;

beforeAll(async () => {
  // Its first load in a test takes seconds, in which no heartbeat is sent.
  await import('@kubernetes/client-node');
  installation = await createTestInstallation();
  server = await installation.server({
    teamLimits: { activeClusters: 200, concurrentCreates: 200, createsPerHour: 200 },
  });
  ann = await installation.person('ann', 'requester@a');
  admin = await installation.person('root', 'platform_admin@*');
});
afterAll(() => installation.stop());

/** Sets the database's time. @param hours after Monday 00:00 UTC */
const at = (hours: number) =>
  moveClock(installation.databaseUrl, `${MONDAY + hours * HOUR - Date.now()} milliseconds`);
const run = (task: PeriodicTask) =>
  task.run(new AbortController().signal, (work) => installation.db.tx(work));
const follow = (changes = {}) =>
  run(offHoursTask({ ...server.services, scaleHandler: scaleHandler(), ...changes }));
const post = (target: string, body: object, person = ann) =>
  call(server, person, { method: 'POST', target, headers: { 'idempotency-key': newKey() }, body });
async function setHours(changes = {}): Promise<void> {
  const answer = await post('/v1/offhours', { team: 'a', ...SCHEDULE, days: DAYS, ...changes }, admin);
  if (answer.status !== 200) throw new Error(answer.text);
}
const clear = () =>
  call(server, admin, {
    method: 'DELETE',
    target: '/v1/offhours?team=a',
    headers: { 'idempotency-key': newKey() },
  });
const read = async (id: string) =>
  JSON.parse((await call(server, ann, { target: `/v1/clusters/${id}` })).text);
/** As a worker has it. */
function scaleHandler(): ScaleHandler {
  const { secrets, queue } = server.services;
  const redactor = { register() {}, redactLine: (line: string) => line };
  const context = { secrets, queue, redactor, clock: systemClock, scaleTimeoutMinutes: 1 };
  const intervals = { relistMs: 50, gatherMs: 1, reportAfterMs: 0 };
  return new ScaleHandler(context as unknown as ClusterJobContext, intervals);
}

const cancel = async (id: string) => {
  const { jobId } = (await read(id)).lastOperation;
  const headers = { 'idempotency-key': newKey() };
  return call(server, ann, { method: 'POST', target: `/v1/jobs/${jobId}/cancel`, headers });
};
const scale = (id: string, workers: number) => post(`/v1/clusters/${id}/scale-workers`, { workers });

/** A READY cluster that opted in, with two workers. */
async function readyCluster(request = {}): Promise<string> {
  const { cluster, job } = await createCluster(server, ann, {
    ...{ name: newName('off'), workers: 2, ttlHours: 72, offhours: true },
    ...request,
  });
  await endJob(installation.db, job.id);
  await emptyLane(cluster.id);
  await transitionThrough(installation.db, cluster.id, 'CREATING', 'READY');
  return cluster.id;
}

const emptyLane = (id: string) =>
  installation.db.script(`update job_locks set head = tail + 1, ready_at = null where resource_id = '${id}'`);

/** Ends the scale of a cluster as a worker would, without one. */
async function endScale(id: string, status = 'SUCCEEDED'): Promise<void> {
  const { lastOperation, requestedWorkers, workerReplicas } = await read(id);
  if (status === 'SUCCEEDED') {
    await installation.db.query(setWorkers, { id, workers: requestedWorkers });
    await installation.db.tx((tx) => overrideSchedule(tx, id, lastOperation.jobId));
  } else
    await installation.db.script(
      `update clusters set requested_workers = ${workerReplicas} where id = '${id}'`,
    );
  await endJob(installation.db, lastOperation.jobId, status);
  await emptyLane(id);
}

/** Runs the task, and what it requested. @returns the workers after it */
async function followed(id: string): Promise<number> {
  if ((await follow())?.['scaled']) await endScale(id);
  await follow();
  return (await read(id)).workerReplicas;
}

const listScales = statement({
  name: 'test.list_scales',
  text: `select requested_by as "by", (payload->>'workers')::int4 as workers from jobs where resource_id = $1 and job_type = 'cluster.scale-workers' order by seq`,
  params: { id: 'text' },
  row: { by: 'text', workers: 'int4' },
});
const scalesOf = async (id: string) =>
  (await installation.db.query(listScales, { id })).map(({ workers }) => workers);

describe('the day of a cluster that opted in', () => {
  test('G17: scales to 0 in the evening and back in the morning through the scale job, says when and why, and costs what it had', async () => {
    await at(9);
    await setHours();
    const api = await StandInApi.start(['w-a', 'w-b'], [1, 1]);
    try {
      const id = await readyCluster();
      const secret = { ownerId: id, kind: 'kubeconfig' };
      await installation.secrets.put(installation.db, secret, Buffer.from(api.kubeconfig));
      const full = (await read(id)).hourlyCost;
      expect(await follow()).toBeUndefined();
      expect((await read(id)).offhours).toMatchObject({
        optedIn: true,
        workersInHours: 2,
        next: { at: new Date(MONDAY + EVENING * HOUR).toISOString(), workers: 0 },
        last: null,
      });

      await at(EVENING + 0.001);
      await runScale(id);
      const evening = await read(id);
      expect(evening).toMatchObject({
        ...{ status: 'READY', workerReplicas: 0, requestedWorkers: 0 },
        offhours: {
          workersInHours: 2,
          next: { at: new Date(MONDAY + (24 + MORNING) * HOUR).toISOString(), workers: 2 },
          last: {
            workers: 0,
            reason: expect.stringMatching(/^the working hours of team a ended at .*19:00 Asia\/Kolkata$/),
          },
        },
      });
      expect(api.objects.machines.size).toBe(0);

      await at(24 + MORNING + 0.001);
      await runScale(id);
      expect(await read(id)).toMatchObject({ workerReplicas: 2, requestedWorkers: 2, hourlyCost: full });
      expect(api.objects.machines.size).toBe(2);
      expect(await follow()).toBeUndefined();

      await at(24 + 9);
      const day = await read(id);
      const rest = (EVENING - 9 + 9 - MORNING) * full + (24 - EVENING + MORNING) * evening.hourlyCost;
      expect(evening.hourlyCost).toBeLessThan(full);
      expect(Math.abs(day.costToDate - rest)).toBeLessThan(0.02);
      expect(await installation.db.query(listEvents, { id })).toMatchObject([
        { data: { from: 2, to: 0, reason: expect.stringContaining('working hours of team a ended') } },
        { data: { from: 0, to: 2, reason: expect.stringContaining('working hours of team a began') } },
      ]);
      expect(await installation.db.query(listScales, { id })).toMatchObject([
        { by: 'system:off-hours' },
        { by: 'system:off-hours' },
      ]);
      const audit = await call(server, admin, {
        target: `/v1/admin/audit/events?target=${id}&actor=system:off-hours`,
      });
      expect(JSON.parse(audit.text).items).toMatchObject([
        { action: 'cluster.scale', metadata: { from: 0, to: 2 } },
        { action: 'cluster.scale', metadata: { from: 2, to: 0 } },
      ]);
    } finally {
      await api.stop();
    }
  });

  test('a scale by hand wins until the next boundary, in hours and outside of them', async () => {
    await at(9);
    await setHours();
    const id = await readyCluster();
    await at(EVENING + 1);
    expect(await followed(id)).toBe(0);
    await scale(id, 1);
    await endScale(id);
    expect(await followed(id)).toBe(1);
    expect((await read(id)).offhours).toMatchObject({
      workersInHours: 2,
      next: { at: new Date(MONDAY + (24 + MORNING) * HOUR).toISOString(), workers: 2 },
    });
    await at(24 + MORNING);
    expect(await followed(id)).toBe(2);
    // In hours it is the number of the hours from then on.
    await scale(id, 3);
    await endScale(id);
    expect(await followed(id)).toBe(3);
    await at(24 + EVENING);
    expect(await followed(id)).toBe(0);
    await at(48 + MORNING);
    expect(await followed(id)).toBe(3);
    // To 0 in hours is a pause until the next start of hours.
    await scale(id, 0);
    await endScale(id);
    expect(await followed(id)).toBe(0);
    await at(48 + EVENING);
    expect(await followed(id)).toBe(0);
    await at(72 + MORNING);
    expect(await followed(id)).toBe(3);
  });

  test('boundaries that passed while no server ran are caught up with once, also when the task runs twice', async () => {
    await at(9);
    await setHours();
    const id = await readyCluster();
    // An evening and a morning.
    await at(24 + 9);
    await follow();
    expect(await scalesOf(id)).toEqual([]);
    // An evening, a morning and an evening.
    await at(48 + 20);
    await Promise.all([follow(), follow(), follow()]);
    expect(await scalesOf(id)).toEqual([0]);
    await endScale(id);
    await Promise.all([follow(), follow()]);
    expect(await scalesOf(id)).toEqual([0]);
  });

  test('a week end and a holiday have no hours', async () => {
    await at(9);
    const tuesday = new Date(MONDAY + 24 * HOUR).toISOString().slice(0, 10);
    await setHours({ holidays: [tuesday] });
    const id = await readyCluster();
    await at(EVENING);
    expect(await followed(id)).toBe(0);
    await at(24 + 9);
    expect(await followed(id)).toBe(0);
    await at(48 + 9);
    expect(await followed(id)).toBe(2);
    await setHours({ holidays: [] });
  });
});

test('the hours of a team are worked out once for all of its clusters', async () => {
  await at(9);
  await setHours();
  const conversions = vi.spyOn(Temporal.PlainDateTime.prototype, 'toZonedDateTime');
  const countOf = async () => {
    conversions.mockClear();
    await follow();
    return conversions.mock.calls.length;
  };
  await readyCluster();
  const one = await countOf();
  await readyCluster();
  await readyCluster();
  expect([one > 0, await countOf()]).toEqual([true, one]);
  conversions.mockRestore();
});

describe('a scale of the schedule that fails', () => {
  test('is tried again after longer and longer pauses, and does not lose the number', async () => {
    await at(9);
    await setHours();
    const id = await readyCluster();
    await at(EVENING);
    for (const pause of [0, 5, 10, 20, 30, 30]) {
      const before = (await scalesOf(id)).length;
      const start = EVENING + before;
      if (pause > 0) {
        await at(start - 1 + (pause - 0.5) / 60);
        await follow();
        expect(await scalesOf(id)).toHaveLength(before);
        const { next } = (await read(id)).offhours;
        expect(next).toMatchObject({ workers: 0 });
        await at(start - 1 + (pause + 0.5) / 60);
      }
      await follow();
      expect(await scalesOf(id)).toHaveLength(before + 1);
      await at(start);
      await endScale(id, 'FAILED');
    }
    expect((await read(id)).offhours.workersInHours).toBe(2);
    await at(EVENING + 8);
    await follow();
    await endScale(id);
    await follow();
    await at(24 + MORNING);
    await follow();
    await endScale(id, 'FAILED');
    // The number is still there after a morning without success.
    await at(24 + EVENING);
    expect(await followed(id)).toBe(0);
    await at(48 + MORNING);
    expect(await followed(id)).toBe(2);
  });

  test('and still drains when the hours begin is cancelled; who cancels it earlier keeps the workers', async () => {
    await at(9);
    await setHours();
    const [late, kept] = [await readyCluster(), await readyCluster()];
    await at(EVENING);
    await follow();
    await cancel(kept);
    await at(EVENING + 5);
    await follow();
    expect(await scalesOf(kept)).toEqual([0]);
    expect((await read(kept)).requestedWorkers).toBe(2);
    await at(24 + MORNING);
    await follow();
    expect((await read(late)).lastOperation.status).toBe('CANCELLED');
    await follow();
    expect(await read(late)).toMatchObject({ status: 'READY', workerReplicas: 2, requestedWorkers: 2 });
    expect((await read(late)).offhours.next).toMatchObject({ workers: 0 });
  });
});

describe('what a user decides', () => {
  const optIn = (id: string, wanted: boolean) => post(`/v1/clusters/${id}/offhours`, { optIn: wanted });

  test('is not what the schedule cancelled itself: who opts out and in again while it drains has no workers at night', async () => {
    await at(9);
    await setHours();
    const id = await readyCluster();
    await at(EVENING);
    await follow();
    const drain = (await read(id)).lastOperation.jobId;
    await optIn(id, false);
    await follow();
    expect(await read(id)).toMatchObject({ requestedWorkers: 2, lastOperation: { status: 'CANCELLED' } });
    const audit = await call(server, admin, { target: `/v1/admin/audit/events?target=${drain}` });
    expect(JSON.parse(audit.text).items).toMatchObject([{ action: 'job.cancel', actor: 'system:off-hours' }]);
    await optIn(id, true);
    expect((await read(id)).offhours.next).toMatchObject({ workers: 0 });
    expect(await followed(id)).toBe(0);
    expect(await scalesOf(id)).toEqual([0, 0]);
  });

  test.each(['in hours', 'after an opt-out'])(
    'against the scale that brings the workers back does not lose their number: %s',
    async (when) => {
      await at(9);
      await setHours();
      const id = await readyCluster();
      await at(EVENING);
      expect(await followed(id)).toBe(0);
      if (when === 'in hours') await at(24 + MORNING);
      else await optIn(id, false);
      await follow();
      expect((await cancel(id)).status).toBe(202);
      for (const _ of [1, 2]) await follow();
      expect(await scalesOf(id)).toEqual([0, 2]);
      const { offhours, workerReplicas } = await read(id);
      expect([workerReplicas, offhours.workersInHours]).toEqual([0, 2]);
      const evening = new Date(MONDAY + (24 + EVENING) * HOUR).toISOString();
      if (when === 'in hours') expect(offhours.hold).toMatchObject({ at: evening, by: 'local:ann' });
      else expect(offhours).toMatchObject({ hold: null, next: null });
      await optIn(id, true);
      await at(24 + EVENING);
      expect(await followed(id)).toBe(0);
      await at(48 + MORNING);
      expect(await followed(id)).toBe(2);
      expect((await read(id)).offhours).toMatchObject({ hold: null, workersInHours: 2 });
    },
  );

  test.each(['FAILED', 'CANCELLED'])(
    'is not decided by a scale that ended as %s: the schedule goes on',
    async (status) => {
      await at(9);
      await setHours();
      const id = await readyCluster();
      await at(EVENING);
      await scale(id, 3);
      if (status === 'CANCELLED') await cancel(id);
      else await endScale(id, status);
      expect((await read(id)).offhours).toMatchObject({ hold: null, next: { workers: 0 } });
      expect(await followed(id)).toBe(0);
      // It came as far as one worker.
      await at(EVENING + 1);
      await scale(id, 1);
      await installation.db.query(setWorkers, { id, workers: 1 });
      await endScale(id, 'FAILED');
      expect(await followed(id)).toBe(0);
      await at(24 + MORNING);
      expect(await followed(id)).toBe(2);
    },
  );

  test('holds while a scale by hand is under way, and the answer says until when and who requested it', async () => {
    await at(9);
    await setHours();
    const id = await readyCluster();
    await at(EVENING);
    expect(await followed(id)).toBe(0);
    const morning = new Date(MONDAY + (24 + MORNING) * HOUR).toISOString();
    const expected = {
      hold: { at: morning, local: expect.stringContaining('T08:00:00+05:30'), by: 'local:ann' },
      next: { at: morning, workers: 2 },
      last: { workers: 1, by: 'local:ann', reason: null, status: 'PENDING' },
      workersInHours: 2,
    };
    const accepted = JSON.parse((await scale(id, 1)).text);
    expect(accepted.cluster.offhours).toMatchObject(expected);
    await follow();
    expect((await read(id)).lastOperation.status).toBe('PENDING');
    await endScale(id);
    expect(await followed(id)).toBe(1);
    const last = { ...expected.last, status: 'SUCCEEDED' };
    expect((await read(id)).offhours).toMatchObject({ ...expected, last });
  });

  test('before a boundary does not hold after it, also if the scale ends later', async () => {
    await at(9);
    await setHours();
    const id = await readyCluster();
    await at(EVENING - 0.01);
    await scale(id, 3);
    await at(EVENING + 0.01);
    await follow();
    await endScale(id);
    expect(await followed(id)).toBe(0);
    await at(24 + MORNING);
    expect(await followed(id)).toBe(3);
  });

  test('holds when a worker has done it', async () => {
    await at(9);
    await setHours();
    const api = await StandInApi.start(['w-a', 'w-b'], [1, 1]);
    try {
      const id = await readyCluster();
      const secret = { ownerId: id, kind: 'kubeconfig' };
      await installation.secrets.put(installation.db, secret, Buffer.from(api.kubeconfig));
      await at(EVENING);
      await scale(id, 1);
      await runScale(id);
      await follow();
      expect(await scalesOf(id)).toEqual([1]);
      expect(await read(id)).toMatchObject({ workerReplicas: 1, offhours: { hold: { by: 'local:ann' } } });
    } finally {
      await api.stop();
    }
  });
});

test('a profile that permits 0 workers no more keeps them: get says why, and an event says it once', async () => {
  await at(9);
  await setHours();
  const id = await readyCluster();
  const { profiles } = server.services;
  const strict = (name: string) => {
    const profile = profiles.get(name);
    if (profile === undefined) return undefined;
    const { compute } = profile;
    return { ...profile, compute: { ...compute, workers: { ...compute.workers, minReplicas: 1 } } };
  };
  await at(EVENING);
  for (const _ of [1, 2]) await follow({ profiles: { get: strict } });
  expect(await scalesOf(id)).toEqual([]);
  const why = expect.stringContaining('which profile aws-minimal-test does not permit');
  expect((await read(id)).offhours).toMatchObject({ blocked: why, next: null });
  expect(await installation.db.query(listBlocked, { id })).toMatchObject([{ data: { reason: why } }]);
  expect(await followed(id)).toBe(0);
  expect((await read(id)).offhours.blocked).toBeNull();
});

describe('without a schedule', () => {
  test.each(['clear', 'opt-out'] as const)(
    'after %s, workers that it took away come back at once',
    async (how) => {
      await at(9);
      await setHours();
      const id = await readyCluster();
      const byHand = await readyCluster();
      await scale(byHand, 0);
      await endScale(byHand);
      await at(EVENING);
      await follow();
      await endScale(id);
      await follow();
      const answers =
        how === 'clear'
          ? [await clear()]
          : [
              await post(`/v1/clusters/${id}/offhours`, { optIn: false }),
              await post(`/v1/clusters/${byHand}/offhours`, { optIn: false }),
            ];
      expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
      expect((await read(id)).offhours.next).toMatchObject({ workers: 2 });
      expect(await followed(id)).toBe(2);
      expect((await read(byHand)).workerReplicas).toBe(0);
      expect(await follow()).toBeUndefined();
      if (how === 'opt-out') expect((await read(id)).offhours).toBeNull();
    },
  );

  test('opting in is allowed and says that nothing happens', async () => {
    await at(9);
    await clear();
    const id = await readyCluster();
    await at(20);
    await follow();
    expect(await scalesOf(id)).toEqual([]);
    expect((await read(id)).offhours).toMatchObject({ optedIn: true, schedule: null, next: null });
  });
});

test('an expired cluster is destroyed while it has no workers', async () => {
  await at(9);
  await setHours();
  const id = await readyCluster({ ttlHours: 8 });
  await at(EVENING);
  expect(await followed(id)).toBe(0);
  // The next boundary is after the expiry.
  expect((await read(id)).offhours.next).toBeNull();
  await at(18);
  await run(clusterExpiryTask(server.services, 1_000));
  expect((await read(id)).status).toBe('DESTROYING');
  await at(24 + MORNING);
  await follow();
  expect(await scalesOf(id)).toEqual([0]);
});

const listEvents = statement({
  name: 'test.list_scaled',
  text: `select data from notification_events where subject = $1 and type = 'cluster.scaled' order by id`,
  params: { id: 'text' },
  row: { data: 'jsonb' },
});

const listBlocked = statement({
  name: 'test.list_blocked',
  text: `select data from notification_events where subject = $1 and type = 'cluster.offhours_blocked'`,
  params: { id: 'text' },
  row: { data: 'jsonb' },
});

/** Runs the task, and its scale with a real worker. */
async function runScale(id: string): Promise<void> {
  await follow();
  const { jobId } = (await read(id)).lastOperation;
  const fixture = await openWorkerFixture(installation.db);
  try {
    await fixture.worker([scaleHandler()], { pollMs: 20 }).start();
    await fixture.until(jobId, 'SUCCEEDED');
  } finally {
    await fixture.close();
  }
  await follow();
}
