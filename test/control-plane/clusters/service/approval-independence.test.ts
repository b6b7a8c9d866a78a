import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { createCluster, transitionThrough } from '../../http/kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from '../../http/kit/installation.ts';
import { call, newKey, parseProblem } from '../../http/kit/requests.ts';
import type { TestServer } from '../../http/kit/server.ts';

let installation: TestInstallation;
let server: TestServer;
let boss: Person;
let other: Person;
let id: string;

beforeAll(async () => {
  installation = await createTestInstallation();
  const teamLimits = { activeClusters: 50, concurrentCreates: 50 };
  const secretPolicies = { kubeconfig: 'reason', 'kubeadmin-password': 'approval' } as const;
  server = await installation.server({ teamLimits, secretPolicies, secretAccessesPerHour: 20 });
});
beforeEach(async () => {
  boss = await installation.person(`boss-${newKey()}`, 'platform_admin@*');
  other = await installation.person(`other-${newKey()}`, 'platform_admin@*');
  id = (await createCluster(server, await installation.person(`ann-${newKey()}`, 'requester@a'))).cluster.id;
  await transitionThrough(installation.db, id, 'CREATING', 'READY');
  const owner = { ownerId: id, kind: 'kubeadmin-password' };
  await installation.secrets.put(installation.db, owner, Buffer.from('AbCdE'));
});
afterAll(() => installation.stop());

const post = (person: Person, target: string, body: object) =>
  call(server, person, { method: 'POST', target, body });
const open = (person: Person, reason = 'console login') =>
  post(person, `/v1/clusters/${id}/credentials`, { kind: 'kubeadmin-password', reason });
const approve = (person: Person, request: string) =>
  post(person, `/v1/admin/approvals/${request}/decision`, { decision: 'approve', reason: 'as agreed' });
const pendingOf = async (person: Person): Promise<{ id: string; reason: string }[]> =>
  JSON.parse(
    (await call(server, person, { target: '/v1/admin/approvals?status=PENDING' })).text,
  ).items.filter(({ requestedBy }: { requestedBy: string }) => requestedBy === person.principal);
/** As an admin with a key does: the new secret is in the answer, once. */
async function keyFor(maker: Person, principal: string): Promise<Person> {
  const answer = JSON.parse((await post(maker, '/v1/admin/keys', { principal })).text);
  return { principal, accessKeyId: answer.id, secretAccessKey: answer.secretAccessKey };
}

test('H2: a key that the requester made for another admin does not approve', async () => {
  await open(boss);
  const [request] = await pendingOf(boss);
  const made = await keyFor(boss, other.principal);
  expect(parseProblem(await approve(made, request?.id ?? ''))).toMatchObject({
    status: 403,
    errors: [{ code: 'NOT_INDEPENDENT' }],
  });
  expect((await open(boss)).status).toBe(403);
  const third = await installation.person(`third-${newKey()}`, 'platform_admin@*');
  expect((await approve(third, request?.id ?? '')).status).toBe(200);
  expect((await open(boss)).status).toBe(200);
});

test('H2: nor through a principal in between, nor one that the requester made an admin', async () => {
  await open(boss);
  const [request] = await pendingOf(boss);
  const between = await keyFor(boss, other.principal);
  const last = await installation.person(`last-${newKey()}`, 'platform_admin@*');
  const second = await keyFor(between, last.principal);
  const fresh = await installation.person(`fresh-${newKey()}`);
  const grant = { principal: fresh.principal, role: 'platform_admin', team: '*' };
  expect((await post(boss, '/v1/admin/grants', grant)).status).toBe(200);
  for (const person of [second, fresh])
    expect(parseProblem(await approve(person, request?.id ?? ''))).toMatchObject({
      errors: [{ code: 'NOT_INDEPENDENT' }],
    });
});

test('H2: a key that someone made before they were under the control of the requester does not count', async () => {
  await open(boss);
  const [request] = await pendingOf(boss);
  const last = await installation.person(`last-${newKey()}`, 'platform_admin@*');
  await keyFor(other, last.principal);
  await keyFor(boss, other.principal);
  expect((await approve(last, request?.id ?? '')).status).toBe(200);
});

test('L3: an approval is for the reason that was approved', async () => {
  await open(boss, 'TICKET-7');
  const [request] = await pendingOf(boss);
  expect((await approve(other, request?.id ?? '')).status).toBe(200);
  expect(parseProblem(await open(boss, 'something else')).code).toBe('APPROVAL_REQUIRED');
  expect((await pendingOf(boss)).map(({ reason }) => reason)).toEqual(['something else']);
  expect((await open(boss, 'TICKET-7')).status).toBe(200);
});

test('L3: an approval ends with the role of its approver, and with roles of its requester that were granted anew', async () => {
  await open(boss);
  const [request] = await pendingOf(boss);
  await approve(other, request?.id ?? '');
  const change = (principal: string, method: 'POST' | 'DELETE') => {
    const grant = { principal, role: 'platform_admin', team: '*' };
    const target = '/v1/admin/grants';
    return method === 'POST'
      ? call(server, boss, { method, target, body: grant })
      : call(server, boss, { method, target: `${target}?${new URLSearchParams(grant)}` });
  };
  expect((await change(other.principal, 'DELETE')).status).toBe(200);
  expect(parseProblem(await open(boss)).code).toBe('APPROVAL_REQUIRED');
  const [again] = await pendingOf(boss);
  const third = await installation.person(`third-${newKey()}`, 'platform_admin@*');
  expect((await approve(third, again?.id ?? '')).status).toBe(200);
  const fourth = await installation.person(`fourth-${newKey()}`, 'platform_admin@*');
  const grant = { principal: boss.principal, role: 'platform_admin', team: '*' };
  const removed = await call(server, fourth, {
    method: 'DELETE',
    target: `/v1/admin/grants?${new URLSearchParams(grant)}`,
  });
  expect(removed.status).toBe(200);
  expect((await post(fourth, '/v1/admin/grants', grant)).status).toBe(200);
  expect(parseProblem(await open(boss)).code).toBe('APPROVAL_REQUIRED');
});

test('L4: who asks ten times at once has asked once', async () => {
  await Promise.all(Array.from({ length: 10 }, () => open(boss)));
  expect(await pendingOf(boss)).toHaveLength(1);
});
