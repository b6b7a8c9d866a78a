import { afterAll, beforeAll, expect, test } from 'vitest';
import { budgetsTask } from '../../../../src/control-plane/clusters/tasks/budgets.ts';
import { statement } from '../../../../src/control-plane/kernel/db/statement.ts';
import { moveClock } from '../../../setup/database.ts';
import { runTask } from '../../../setup/run-task.ts';
import { createCluster, postCluster, transitionThrough } from '../../http/kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from '../../http/kit/installation.ts';
import { call, newKey, parseProblem } from '../../http/kit/requests.ts';
import type { TestServer } from '../../http/kit/server.ts';
import { shippedRate } from '../usage/shipped-prices.ts';

const listAlerts = statement({
  name: 'test.list_budget_alerts',
  text: `
    select payload::jsonb ->> 'action' as action, payload::jsonb ->> 'target' as target,
      (payload::jsonb -> 'metadata' ->> 'percent')::int4 as percent
    from audit_events where stream = $1 and payload::jsonb ->> 'action' like 'budget.%' order by seq`,
  params: { team: 'text' },
  row: { action: 'text', target: 'text', percent: 'int4' },
});

const listEvents = statement({
  name: 'test.list_budget_events',
  text: `select type, subject, data from notification_events where team = $1 and type like 'budget.%' order by id`,
  params: { team: 'text' },
  row: { type: 'text', subject: 'text', data: 'jsonb' },
});
const MONTH = expect.stringMatching(/^\d{4}-\d{2}$/);

let installation: TestInstallation;
let server: TestServer;
let admin: Person;
let ann: Person;

beforeAll(async () => {
  installation = await createTestInstallation();
  await moveClock(installation.databaseUrl, untilMiddleOfNextMonth());
  server = await installation.server({ teamLimits: { activeClusters: 200, concurrentCreates: 200 } });
  admin = await installation.person('root', 'platform_admin@*');
  ann = await installation.person('ann', 'requester@a', 'requester@b', 'requester@c', 'requester@d');
});
afterAll(() => installation.stop());

/** What is committed ends with the month: near its end, an hour of a cluster would count less. */
function untilMiddleOfNextMonth(): string {
  const now = new Date();
  return `${Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 15) - now.getTime()} milliseconds`;
}

const set = (body: object, target = '/v1/admin/budgets') =>
  call(server, admin, { method: 'POST', target, headers: { 'idempotency-key': newKey() }, body });
const budgets = async () =>
  JSON.parse((await call(server, admin, { target: '/v1/admin/budgets' })).text).items;
const evaluate = () => runTask(budgetsTask(server.services));
/** Pretends that a cluster has cost so much already. */
const spend = (id: string, dollars: number) =>
  installation.db.script(`
    insert into cluster_rates (cluster_id, effective_at, hourly_micros, worker_replicas, delta_micros, delta_clusters)
    select '${id}', clock_now() - interval '1 second', hourly_micros, worker_replicas, ${dollars} * 3600000000, 0
    from cluster_rates where cluster_id = '${id}' order by id desc limit 1;
    insert into cluster_rates (cluster_id, effective_at, hourly_micros, worker_replicas, delta_micros, delta_clusters)
    select '${id}', clock_now(), hourly_micros, worker_replicas, -${dollars} * 3600000000, 0
    from cluster_rates where cluster_id = '${id}' order by id desc limit 1`);
async function clusterOfTeam(team: string): Promise<string> {
  const { cluster } = await createCluster(server, ann, { team, ttlHours: 1 });
  await transitionThrough(installation.db, cluster.id, 'CREATING');
  return cluster.id;
}

test('a budget is set, listed, planned, changed and removed', async () => {
  expect(
    JSON.parse((await set({ team: 'z', monthly: 100.999 }, '/v1/admin/budgets?dryRun=true')).text),
  ).toMatchObject({ monthly: 101 });
  expect(await budgets()).toEqual([]);
  await set({ team: 'z', monthly: 500 });
  const changed = await set({ team: 'z', monthly: 600, alertPercent: 50, denyCreates: true });
  const expected = {
    team: 'z',
    monthly: 600,
    alertPercent: 50,
    denyCreates: true,
    spent: 0,
    committed: 0,
    updatedBy: 'local:root',
  };
  expect(JSON.parse(changed.text)).toMatchObject(expected);
  expect(await budgets()).toMatchObject([expected]);
  // What is not given stays as it is.
  const kept = { ...expected, monthly: 700 };
  const planned = await set({ team: 'z', monthly: 700 }, '/v1/admin/budgets?dryRun=true');
  expect(JSON.parse(planned.text)).toMatchObject(kept);
  expect(JSON.parse((await set({ team: 'z', monthly: 700 })).text)).toMatchObject(kept);
  const remove = () =>
    call(server, admin, {
      method: 'DELETE',
      target: '/v1/admin/budgets?team=z',
      headers: { 'idempotency-key': newKey() },
    });
  expect((await remove()).status).toBe(200);
  expect((await remove()).status).toBe(404);
  expect(await budgets()).toEqual([]);
});

test('a create that would exceed a budget that refuses is refused with the figures, also as a dry run; others are accepted', async () => {
  const rate = shippedRate('aws-minimal-test');
  // Enough for two clusters of an hour, not for three.
  const monthly = Math.ceil(2 * rate);
  await set({ team: 'a', monthly, denyCreates: true });
  const first = await postCluster(server, ann, { team: 'a', ttlHours: 1 });
  expect(first.status).toBe(202);
  expect((await postCluster(server, ann, { team: 'a', ttlHours: 1 })).status).toBe(202);
  const refused = await postCluster(server, ann, { team: 'a', ttlHours: 1 });
  expect(refused.status).toBe(409);
  expect(parseProblem(refused)).toMatchObject({ code: 'BUDGET_EXCEEDED' });
  const [one, two, three, all] = [rate, 2 * rate, 3 * rate, monthly].map((sum) => `$${sum.toFixed(2)}`);
  expect(refused.text).toContain(
    `$0.00 spent this month + ${two} more this month for what exists + ${one} for this one = ${three}, of ${all}`,
  );
  const plan = await call(server, ann, {
    method: 'POST',
    target: '/v1/clusters?dryRun=true',
    headers: { 'idempotency-key': newKey() },
    body: { name: 'planned', profile: 'aws-minimal-test', team: 'a', ttlHours: 1 },
  });
  expect(plan.status).toBe(409);
  const ready: string = JSON.parse(first.text).cluster.id;
  await transitionThrough(installation.db, ready, 'CREATING', 'READY');
  const scaleTo = (workers: number) =>
    call(server, ann, {
      method: 'POST',
      target: `/v1/clusters/${ready}/scale-workers`,
      headers: { 'idempotency-key': newKey() },
      body: { workers },
    });
  expect(parseProblem(await scaleTo(2))).toMatchObject({
    code: 'BUDGET_EXCEEDED',
    detail: expect.stringContaining('for these workers ='),
  });
  const extend = (byHours: number) =>
    call(server, ann, {
      method: 'POST',
      target: `/v1/clusters/${ready}/extend`,
      headers: { 'idempotency-key': newKey() },
      body: { byHours },
    });
  expect(parseProblem(await extend(1))).toMatchObject({
    code: 'BUDGET_EXCEEDED',
    detail: expect.stringContaining(`${one} for the longer life = ${three}, of ${all}`),
  });
  expect((await scaleTo(0)).status).toBe(202);
  await set({ team: 'a', monthly, denyCreates: false });
  expect((await postCluster(server, ann, { team: 'a', ttlHours: 1 })).status).toBe(202);
});

test('the threshold and the budget alert once each, however often it is evaluated; another amount alerts again', async () => {
  await set({ team: 'b', monthly: 100, alertPercent: 80 });
  const id = await clusterOfTeam('b');
  await spend(id, 79);
  expect(await evaluate()).toBeUndefined();
  await spend(id, 2);
  expect(await evaluate()).toEqual({ alerts: 1 });
  expect(await evaluate()).toBeUndefined();
  await spend(id, 30);
  expect(await evaluate()).toEqual({ alerts: 1 });
  expect(await evaluate()).toBeUndefined();
  await set({ team: 'b', monthly: 120, alertPercent: 80 });
  expect(await evaluate()).toEqual({ alerts: 1 });
  expect(await evaluate()).toBeUndefined();
  expect(await installation.db.query(listEvents, { team: 'b' })).toMatchObject([
    {
      type: 'budget.threshold',
      subject: 'b',
      data: { month: MONTH, percent: 80, monthly: 100, spent: expect.closeTo(81, 1) },
    },
    {
      type: 'budget.exceeded',
      subject: 'b',
      data: {
        team: 'b',
        reason: expect.stringMatching(/^\$111\.\d\d of \$100\.00 spent in \d{4}-\d{2} \(estimate\)$/),
        month: MONTH,
        percent: 100,
        monthly: 100,
        spent: expect.closeTo(111, 1),
      },
    },
    {
      type: 'budget.threshold',
      subject: 'b',
      data: { month: MONTH, percent: 80, monthly: 120, topClusters: [{ id, cost: expect.closeTo(111, 1) }] },
    },
  ]);
  expect(await installation.db.query(listAlerts, { team: 'b' })).toEqual([
    { action: 'budget.threshold', target: 'b', percent: 80 },
    { action: 'budget.exceeded', target: 'b', percent: 100 },
    { action: 'budget.threshold', target: 'b', percent: 80 },
  ]);
});

test('a cluster that reaches the threshold of the monthly limit of its profile alerts, without a budget of its team', async () => {
  const id = await clusterOfTeam('c');
  await spend(id, 439);
  expect(await evaluate()).toBeUndefined();
  await spend(id, 2);
  expect(await evaluate()).toEqual({ alerts: 1 });
  expect(await evaluate()).toBeUndefined();
  expect(await installation.db.query(listAlerts, { team: 'c' })).toEqual([
    { action: 'budget.threshold', target: id, percent: 80 },
  ]);
});

test('two evaluations at once alert once', async () => {
  await set({ team: 'd', monthly: 1, alertPercent: 100 });
  await spend(await clusterOfTeam('d'), 5);
  const done = await Promise.all([evaluate(), evaluate(), evaluate()]);
  expect(done.filter((result) => result !== undefined)).toEqual([{ alerts: 1 }]);
});

test('G14: the quota of a team has its budget, for those who may see the team', async () => {
  await set({ team: 'd', monthly: 10, alertPercent: 90, denyCreates: true });
  const quota = JSON.parse((await call(server, ann, { target: '/v1/quota?team=d' })).text);
  expect(quota.items[0]).toMatchObject({
    team: 'd',
    budget: { monthly: 10, spent: expect.any(Number), denyCreates: true },
  });
  const stranger = await installation.person('eve', 'requester@e');
  expect((await call(server, stranger, { target: '/v1/quota?team=d' })).status).toBe(404);
  expect((await call(server, stranger, { target: '/v1/admin/budgets' })).status).toBe(403);
});
