import { afterEach, beforeEach, expect, test } from 'vitest';
import { measureOverdueClusters } from '../../../../src/control-plane/clusters/store/metrics.sql.ts';
import { countTeamClusters } from '../../../../src/control-plane/clusters/store/quotas.sql.ts';
import { clusterExpiryTask, expiryWarningTask } from '../../../../src/control-plane/clusters/tasks/expiry.ts';
import { recordServing } from '../../../../src/control-plane/kernel/api/serving.sql.ts';
import { statement } from '../../../../src/control-plane/kernel/db/statement.ts';
import type { TaskCommit } from '../../../../src/control-plane/kernel/tasks/periodic-task.ts';
import { moveClock } from '../../../setup/database.ts';
import { createCluster, newName, postCluster } from '../../http/kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from '../../http/kit/installation.ts';
import { call, parseProblem } from '../../http/kit/requests.ts';
import type { TestServer } from '../../http/kit/server.ts';

let installation: TestInstallation;
let server: TestServer;
let requester: Person;
let admin: Person;

const YEAR_MS = 365 * 86_400_000;

beforeEach(async () => {
  installation = await createTestInstallation();
  server = await installation.server();
  requester = await installation.person('requester', 'requester@a');
  admin = await installation.person('admin', 'platform_admin@*');
});
afterEach(() => installation.stop());

const commit: TaskCommit = (work) => installation.db.tx(work);
const signal = new AbortController().signal;
const expire = (commitRun = commit) => clusterExpiryTask(server.services, 1_000).run(signal, commitRun);
const warn = () => expiryWarningTask(installation.db, server.services.profiles, 1_000).run(signal, commit);
const at = (offset: string) => moveClock(installation.databaseUrl, offset);
/** As a running API does. Of a long lease, so that no move of the clock counts as a pause. */
const serve = (leaseMs = YEAR_MS) => installation.db.query(recordServing, { leaseMs });
const read = async (target: string, person = requester) =>
  JSON.parse((await call(server, person, { target })).text);
const post = (id: string, action: string, body?: Record<string, unknown>, person = requester) =>
  call(server, person, { method: 'POST', target: `/v1/clusters/${id}/${action}`, ...(body && { body }) });
const renew = (id: string, person = requester) => post(id, 'renew-keepalive', undefined, person);
const tied = async (request: Record<string, unknown> = {}) => {
  const asked = { name: newName('tied'), keepaliveMinutes: 15, ...request };
  const { cluster } = await createCluster(server, requester, asked);
  return { ...cluster, keepalive: cluster.keepalive ?? { minutes: 0, renewedAt: '', expiresAt: '' } };
};
/** Minutes from the real time of now: end of the keepalive, and deadline. */
const minutesLeft = async (id: string) => {
  const { keepalive, destroyAt } = await read(`/v1/clusters/${id}`);
  return [keepalive.expiresAt, destroyAt].map((time) => Math.round((Date.parse(time) - Date.now()) / 60_000));
};

test('G3: a tied cluster expires when it is not renewed, whatever its deadline; only a renewal moves that, never past the deadline', async () => {
  await serve();
  const { id, name } = await tied({ ttlHours: 1 });
  expect(await minutesLeft(id)).toEqual([15, 60]);
  await at('14 minutes');
  await read(`/v1/clusters/${id}`);
  expect(await minutesLeft(id)).toEqual([15, 60]);
  expect(await expire()).toBeUndefined();
  expect(JSON.parse((await renew(id)).text)).toMatchObject({ minutes: 15 });
  expect(await minutesLeft(id)).toEqual([29, 60]);
  for (const minute of [28, 42]) {
    await at(`${minute} minutes`);
    expect(await expire()).toBeUndefined();
    expect((await renew(id)).status).toBe(200);
  }
  await at('55 minutes');
  const [bounded] = [JSON.parse((await renew(id)).text)];
  expect(bounded.expiresAt).toBe((await read(`/v1/clusters/${id}`)).destroyAt);
  expect(await minutesLeft(id)).toEqual([60, 60]);
  // An extension moves the deadline, and not the keepalive.
  await post(id, 'extend', { byHours: 1 });
  expect(await minutesLeft(id)).toEqual([70, 120]);
  await at('71 minutes');
  expect(parseProblem(await renew(id))).toMatchObject({
    code: 'STATE_CONFLICT',
    detail: expect.stringMatching(new RegExp(`^Cluster ${name} expired at .*: keepalive not renewed since `)),
  });
  expect(await expire()).toEqual({ expired: [id] });
  expect((await renew(id)).status).toBe(409);
});

test('the destroy, its event and its audit event say that the keepalive is missing; get no longer shows one', async () => {
  await serve();
  const { id, name, keepalive } = await tied({ ttlHours: 8 });
  await at('16 minutes');
  expect(await expire()).toEqual({ expired: [id] });
  const reason = `keepalive not renewed since ${keepalive.renewedAt}: due every 15m`;
  const { items } = await read(`/v1/clusters/${id}/transitions`);
  expect(items.at(-1)).toMatchObject({ reason: expect.stringContaining(reason) });
  expect(await read(`/v1/clusters/${id}`)).toMatchObject({
    keepalive: null,
    destroyReason: items.at(-1).reason,
  });
  for (const action of ['renew-keepalive', 'set-keepalive'])
    expect(
      parseProblem(await post(id, action, action === 'set-keepalive' ? { minutes: 5 } : undefined)),
    ).toMatchObject({
      code: 'STATE_CONFLICT',
      detail: expect.stringMatching(new RegExp(`^Cluster ${name} is DESTROY(ING|ED): ${reason}`)),
    });
  const audit = await read(`/v1/admin/audit/events?target=${id}&action=cluster.expire`, admin);
  expect(audit.items).toMatchObject([{ status: 'SUCCESS', metadata: { name, reason } }]);
  const [event] = await installation.db.query(
    statement({
      name: 'test.expired_events',
      text: `select data from notification_events where type = 'cluster.expired' and subject = $1`,
      params: { id: 'text' },
      row: { data: 'jsonb' },
    }),
    { id },
  );
  expect(event?.data).toMatchObject({ reason, expiresAt: keepalive.expiresAt });
});

test('an outage of the API that is longer than the keepalive destroys nothing; its length begins again when an API serves', async () => {
  const leaseMs = 600_000;
  await serve(leaseMs);
  const { id } = await tied({ ttlHours: 8 });
  const gone = await tied({ ttlHours: 8 });
  await at('40 minutes');
  // Only the janitor runs.
  expect(await expire()).toBeUndefined();
  expect((await read(`/v1/clusters/${id}`)).keepalive.expiresAt).toBe(
    (await read(`/v1/clusters/${id}`)).destroyAt,
  );
  await serve(leaseMs);
  expect(await expire()).toBeUndefined();
  expect((await minutesLeft(id))[0]).toBe(55);
  await at('45 minutes');
  await serve(leaseMs);
  expect((await renew(id)).status).toBe(200);
  // From here on without a pause.
  await serve(YEAR_MS);
  await at('55 minutes 10 seconds');
  expect(await expire()).toEqual({ expired: [gone.id] });
  expect((await read(`/v1/clusters/${id}`)).status).toBe('PENDING');
  await at('60 minutes 30 seconds');
  expect(await expire()).toEqual({ expired: [id] });
});

test('a renewal between the search for expired clusters and the lock keeps the cluster', async () => {
  await serve();
  const { id } = await tied({ ttlHours: 8 });
  await at('16 minutes');
  const renewedMeanwhile: TaskCommit = async (work) => {
    await at('14 minutes');
    expect((await renew(id)).status).toBe(200);
    await at('16 minutes');
    return commit(work);
  };
  expect(await expire(renewedMeanwhile)).toBeUndefined();
  expect((await minutesLeft(id))[0]).toBe(29);
});

test('a keepalive is begun, changed and removed later, each audited; renewals are not, and change nothing else', async () => {
  await serve();
  const { id, name } = await tied({ ttlHours: 8, keepaliveMinutes: undefined });
  const set = (minutes: unknown) => post(id, 'set-keepalive', { minutes });
  expect(parseProblem(await renew(id))).toMatchObject({
    code: 'STATE_CONFLICT',
    detail: `Cluster ${name} has no keepalive: \`ocpctl keepalive ${name} --set 15m\` gives it one.`,
  });
  for (const minutes of [0, 1_441, 1.5, '5']) expect((await set(minutes)).status).toBe(400);
  const begun = JSON.parse((await set(5)).text).cluster;
  expect(begun.keepalive).toMatchObject({ minutes: 5 });
  const { keepalive: _before, ...unchanged } = await read(`/v1/clusters/${id}`);
  for (let i = 0; i < 3; i++) expect((await renew(id)).status).toBe(200);
  const { keepalive, ...others } = await read(`/v1/clusters/${id}`);
  expect(keepalive.renewedAt > begun.keepalive.renewedAt).toBe(true);
  const { costToDate: _cost, costAtExpiry: _atExpiry, ...stable } = unchanged;
  expect(others).toMatchObject(stable);
  expect((await set(20)).status).toBe(200);
  expect((await set(null)).status).toBe(200);
  expect((await read(`/v1/clusters/${id}`)).keepalive).toBeNull();
  await at('21 minutes');
  expect(await expire()).toBeUndefined();
  const { items } = await read(
    `/v1/admin/audit/events?target=${id}&action=cluster.keepalive.set&status=SUCCESS`,
    admin,
  );
  expect(items.map(({ metadata }: { metadata: object }) => metadata)).toEqual([
    { name, from: 20, to: null },
    { name, from: 5, to: 20 },
    { name, from: null, to: 5 },
  ]);
  const all = await read(
    `/v1/admin/audit/events?target=${id}&action=cluster.keepalive.renew&status=SUCCESS`,
    admin,
  );
  expect(all.items).toEqual([]);
  const created = await read(
    `/v1/admin/audit/events?target=${(await tied()).id}&action=cluster.create`,
    admin,
  );
  expect(created.items).toMatchObject([{ metadata: { keepaliveMinutes: 15 } }]);
});

test('G14: who may extend a cluster may renew it; to others of another team it does not exist', async () => {
  await serve();
  const { id } = await tied();
  const [foreign, reader] = [
    await installation.person('stranger', 'requester@b'),
    await installation.person('auditor', 'auditor@*'),
  ];
  expect((await renew(id, foreign)).status).toBe(404);
  expect((await renew(id, reader)).status).toBe(403);
  expect((await renew(id, admin)).status).toBe(200);
  expect((await post(id, 'set-keepalive', { minutes: null }, foreign)).status).toBe(404);
});

test('the cost at expiry is the one at the end of the keepalive, if that is earlier; a keepalive that has no effect is warned of', async () => {
  await serve();
  const { hourlyCost, costAtExpiry, destroyReason } = await read(
    `/v1/clusters/${(await tied({ ttlHours: 8 })).id}`,
  );
  expect(destroyReason).toBeNull();
  expect(costAtExpiry).toBeGreaterThan(0);
  expect(costAtExpiry).toBeLessThanOrEqual(hourlyCost / 4);
  const warningsOf = async (keepaliveMinutes: number) =>
    JSON.parse((await postCluster(server, requester, { ttlHours: 2, keepaliveMinutes })).text).warnings;
  expect(await warningsOf(119)).toBeUndefined();
  expect(await warningsOf(120)).toEqual(['the keepalive of 2h has no effect: the cluster expires after 2h']);
});

test('renewals arm no warning again, and a tied cluster is warned of its deadline only', async () => {
  await serve();
  const { id } = await tied({ ttlHours: 24, keepaliveMinutes: 1_440 });
  expect(await warn()).toBeUndefined();
  await at('23 hours 10 minutes');
  expect(await warn()).toEqual({ warned: [id] });
  for (const minute of [11, 12, 13]) {
    await at(`23 hours ${minute} minutes`);
    expect((await renew(id)).status).toBe(200);
    expect(await warn()).toBeUndefined();
  }
});

test('list and quota know the earlier end; a destroy that failed does not depend on a keepalive', async () => {
  await serve();
  const { id, keepalive } = await tied({ ttlHours: 8 });
  await createCluster(server, requester, { name: newName('other'), ttlHours: 8 });
  const soon = encodeURIComponent(new Date(Date.now() + 3_600_000).toISOString());
  const { items } = await read(`/v1/clusters?expiresBefore=${soon}`);
  expect(items.map((cluster: { id: string }) => cluster.id)).toEqual([id]);
  const [counted] = await installation.db.query(countTeamClusters, { team: 'a', recent: 1 });
  expect(counted?.nextDeadline?.toISOString()).toBe(keepalive.expiresAt);
  await at('20 minutes');
  const [overdue] = await installation.db.query(measureOverdueClusters, {});
  expect([overdue?.count, Math.round((overdue?.seconds ?? 0) / 10)]).toEqual([1, 30]);
  await at('0');
  await installation.db.script(
    `update clusters set status = 'CREATING' where id = '${id}';
     update clusters set status = 'DESTROYING' where id = '${id}';
     update clusters set status = 'DESTROY_FAILED', destroy_retry_at = clock_now() + interval '1 day' where id = '${id}'`,
  );
  await at('16 minutes');
  expect(await expire()).toBeUndefined();
  expect(parseProblem(await renew(id)).detail).toMatch(/is DESTROY_FAILED\.$/);
  expect((await post(id, 'set-keepalive', { minutes: 5 })).status).toBe(409);
});
