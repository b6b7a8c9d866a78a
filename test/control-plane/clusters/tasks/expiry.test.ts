import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ClusterJobContext } from '../../../../src/control-plane/clusters/jobs/cluster-job-context.ts';
import { DestroyHandler } from '../../../../src/control-plane/clusters/jobs/destroy-handler.ts';
import { transition } from '../../../../src/control-plane/clusters/service/cluster-transitions.ts';
import { clusterExpiryTask, expiryWarningTask } from '../../../../src/control-plane/clusters/tasks/expiry.ts';
import { statement } from '../../../../src/control-plane/kernel/db/statement.ts';
import { type ClaimedJob, JobFailure } from '../../../../src/control-plane/kernel/jobs/job.ts';
import type { PeriodicTask, TaskCommit } from '../../../../src/control-plane/kernel/tasks/periodic-task.ts';
import { moveClock } from '../../../setup/database.ts';
import { createCluster, newName } from '../../http/kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from '../../http/kit/installation.ts';
import { call } from '../../http/kit/requests.ts';
import type { TestServer } from '../../http/kit/server.ts';

let installation: TestInstallation;
let server: TestServer;
let requester: Person;
let admin: Person;

beforeEach(async () => {
  installation = await createTestInstallation();
  server = await installation.server();
  requester = await installation.person('requester', 'requester@a');
  admin = await installation.person('admin', 'platform_admin@*');
});
afterEach(() => installation.stop());

const commit: TaskCommit = (work) => installation.db.tx(work);
const run = (task: PeriodicTask, commitRun = commit) => task.run(new AbortController().signal, commitRun);
/** Something happens after the task has listed what is due, and before it locks the cluster. */
const after =
  (change: () => Promise<unknown>): TaskCommit =>
  async (work) => {
    await change();
    return commit(work);
  };
const warn = (commitRun = commit) =>
  run(expiryWarningTask(installation.db, server.services.profiles, 1_000), commitRun);
const expire = (commitRun = commit) => run(clusterExpiryTask(server.services, 1_000), commitRun);
const at = (offset: string) => moveClock(installation.databaseUrl, offset);
const read = async (target: string, person = requester) =>
  JSON.parse((await call(server, person, { target })).text);
const post = (id: string, action: string, body: Record<string, unknown>, person = requester) =>
  call(server, person, { method: 'POST', target: `/v1/clusters/${id}/${action}`, body });
const eventsOf = (type: string) =>
  installation.db.query(
    statement({
      name: 'test.events_of_type',
      text: `select subject as id from notification_events where type = $1`,
      params: { type: 'text' },
      row: { id: 'text' },
    }),
    { type },
  );

test('a warning is recorded once for each deadline, and an extension arms it again', async () => {
  const { cluster } = await createCluster(server, requester, { name: newName('warned'), ttlHours: 24 });
  const short = await createCluster(server, requester, { name: newName('short'), ttlHours: 0.5 });
  expect(await warn()).toBeUndefined();
  await at('22 hours 50 minutes');
  expect(await warn()).toBeUndefined();
  await at('23 hours 10 minutes');
  const runs = await Promise.all([warn(), warn(), warn()]);
  expect(runs.filter((done) => done !== undefined)).toEqual([{ warned: [cluster.id] }]);
  expect(await warn()).toBeUndefined();
  const events = `/v1/clusters/${cluster.id}/events`;
  const first = { type: 'cluster.expiring', data: { destroyAt: cluster.destroyAt, warnBeforeHours: 1 } };
  expect(await read(events)).toMatchObject({ items: [first], nextCursor: null });

  const extended = JSON.parse((await post(cluster.id, 'extend', { byHours: 10 })).text);
  expect(await warn()).toBeUndefined();
  await at('33 hours 10 minutes');
  expect(await warn()).toEqual({ warned: [cluster.id] });
  const second = { data: { destroyAt: extended.cluster.destroyAt } };
  const { nextCursor, ...newest } = await read(`${events}?limit=1`);
  expect(newest).toMatchObject({ items: [second] });
  expect(await read(`${events}?limit=1&cursor=${nextCursor}`)).toMatchObject({
    items: [first],
    nextCursor: null,
  });
  expect(await eventsOf('cluster.expiring')).toEqual([{ id: cluster.id }, { id: cluster.id }]);
  // Its whole life is shorter than the time of the warning.
  expect((await read(`/v1/clusters/${short.cluster.id}/events`)).items).toEqual([]);
});

test('what was extended or destroyed after it was listed gets no warning, and is not destroyed', async () => {
  const { cluster } = await createCluster(server, requester, { name: newName('extended'), ttlHours: 24 });
  const gone = await createCluster(server, requester, { name: newName('gone'), ttlHours: 60 });
  await at('23 hours 10 minutes');
  expect(await warn(after(() => post(cluster.id, 'extend', { byHours: 2 })))).toBeUndefined();
  await at('26 hours 10 minutes');
  expect(await expire(after(() => post(cluster.id, 'extend', { byHours: 40 })))).toBeUndefined();
  await at('59 hours 10 minutes');
  expect(await warn(after(() => post(gone.cluster.id, 'destroy', {})))).toBeUndefined();
  expect(await eventsOf('cluster.expiring')).toEqual([]);
  expect(await read(`/v1/clusters/${cluster.id}`)).toMatchObject({ status: 'PENDING' });
});

test('G3: a failed destroy is repeated by itself, after longer and longer pauses of at most a day, before and after the deadline', async () => {
  const { cluster, job: create } = await createCluster(server, requester, {
    name: newName('residue'),
    ttlHours: 24,
  });
  const { db } = installation;
  const [id, { queue }] = [cluster.id, server.services];
  const context = { destroyRetryMinutes: 30, destroyTimeoutMs: 60_000 } as ClusterJobContext;
  const handler = new DestroyHandler(context, 'cluster.destroy');
  const job = { id: create.id, resourceId: id, fence: 1 } as ClaimedJob;
  /** @returns minutes until the next destroy */
  const fail = async () => {
    await db.tx(async (tx) => {
      await handler.onFailed(tx, job, new JobFailure('RESIDUE', 'residue', { retryable: false }));
      await queue.supersede(tx, id, 'test');
    });
    const { status, destroyRetryAt } = await read(`/v1/clusters/${id}`);
    expect(status).toBe('DESTROY_FAILED');
    return Math.round((Date.parse(destroyRetryAt) - Date.now()) / 600_000) * 10;
  };
  const due = (time = 'clock_now()') =>
    db.script(`update clusters set destroy_retry_at = ${time} where id = '${id}'`);
  const expectRetry = async () => {
    expect(await expire()).toEqual({ expired: [id] });
    const operation = { lastOperation: { type: 'JANITOR_DESTROY' } };
    expect(await read(`/v1/clusters/${id}`)).toMatchObject({
      status: 'DESTROYING',
      destroyRetryAt: null,
      ...operation,
    });
  };

  await db.tx((tx) => transition(tx, id, { from: 'PENDING', to: 'CREATING', reason: 'test' }));
  await post(id, 'destroy', {});
  for (const pause of [30, 60, 120, 240, 480, 960, 1_440, 1_440]) {
    expect(await fail()).toBe(pause);
    expect(await expire()).toBeUndefined();
    if (pause === 240) {
      expect((await post(id, 'destroy', {}, admin)).status).toBe(202);
      await due();
    } else {
      // No time: the failure is older than the schedule.
      await due(pause === 120 ? 'null' : undefined);
      await expectRetry();
    }
    expect(await expire()).toBeUndefined();
  }
  const audit = `/v1/admin/audit/events?target=${id}&action=cluster.destroy.retry`;
  expect((await read(audit, admin)).items).toHaveLength(7);

  await db.script(`
    insert into cluster_transitions (cluster_id, from_status, to_status, reason)
    select '${id}', 'DESTROYING', 'DESTROY_FAILED', 'test' from generate_series(1, 2000)`);
  expect(await fail()).toBe(1_440);
  await at('1441 minutes');
  await expectRetry();

  await fail();
  await due();
  const abandon = () => post(id, 'abandon', { reason: 'the account was closed' }, admin);
  expect(await expire(after(abandon))).toBeUndefined();
  expect(await expire()).toBeUndefined();
  expect(await read(`/v1/clusters/${id}`)).toMatchObject({
    status: 'DESTROY_FAILED',
    destroyRetryAt: null,
    abandoned: { reason: 'the account was closed' },
  });
});
