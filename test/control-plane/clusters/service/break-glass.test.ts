import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { moveClock } from '../../../setup/database.ts';
import { createCluster, transitionThrough } from '../../http/kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from '../../http/kit/installation.ts';
import { call, newKey, parseProblem } from '../../http/kit/requests.ts';
import type { TestServer } from '../../http/kit/server.ts';

const PASSWORD = 'AbCdE-fGhIj-KlMnO-pQrSt';
const KUBECONFIG = 'kubeconfig-of-the-test';

let installation: TestInstallation;
let server: TestServer;
let ann: Person;
let admin: Person;
let id: string;

beforeAll(async () => {
  installation = await createTestInstallation();
  const teamLimits = { activeClusters: 50, concurrentCreates: 50 };
  server = await installation.server({
    teamLimits,
    secretPolicies: { kubeconfig: 'reason', 'kubeadmin-password': 'approval' },
    secretAccessesPerHour: 4,
  });
  admin = await installation.person('admin', 'platform_admin@*');
});
beforeEach(async () => {
  // A person of their own for each test: secret accesses are counted.
  ann = await installation.person(`ann-${newKey()}`, 'requester@a');
  id = await readyCluster();
});

async function readyCluster(): Promise<string> {
  const { cluster } = await createCluster(server, ann);
  await transitionThrough(installation.db, cluster.id, 'CREATING', 'READY');
  const put = (kind: string, value: string) =>
    installation.secrets.put(installation.db, { ownerId: cluster.id, kind }, Buffer.from(value));
  await put('kubeadmin-password', PASSWORD);
  await put('kubeconfig', KUBECONFIG);
  return cluster.id;
}

afterAll(() => installation.stop());

const open = (person: Person, kind = 'kubeadmin-password', reason = 'console login', cluster = id) =>
  call(server, person, {
    method: 'POST',
    target: `/v1/clusters/${cluster}/credentials`,
    body: { kind, reason },
  });
const decide = (person: Person, request: string, decision = 'approve', query = '') =>
  call(server, person, {
    method: 'POST',
    target: `/v1/admin/approvals/${request}/decision${query}`,
    body: { decision, reason: 'as agreed' },
  });
const requestsOf = async (person: Person, query = '') =>
  JSON.parse((await call(server, person, { target: `/v1/admin/approvals${query}` })).text).items;
const accessEventsOf = async (target: string) => {
  const answer = await call(server, admin, {
    target: `/v1/admin/audit/events?target=${target}&order=oldest`,
  });
  return JSON.parse(answer.text).items.map(
    ({ action, status, actor }: { action: string; status: string; actor: string }) =>
      `${actor} ${action} ${status}`,
  );
};

describe('S34: G15: break-glass', () => {
  test('by approval: asked for, approved by someone else, opened once, all of it in the audit log', async () => {
    const asked = parseProblem(await open(ann));
    expect(asked).toMatchObject({ status: 403, code: 'APPROVAL_REQUIRED' });
    const [request] = await requestsOf(ann);
    expect(asked.detail).toContain(request.id);
    expect(request).toMatchObject({
      status: 'PENDING',
      target: id,
      detail: 'kubeadmin-password',
      reason: 'console login',
    });
    expect((await decide(admin, request.id)).status).toBe(200);
    expect(JSON.parse((await open(ann)).text)).toEqual({ kind: 'kubeadmin-password', value: PASSWORD });
    expect(parseProblem(await open(ann)).code).toBe('APPROVAL_REQUIRED');
    expect(await accessEventsOf(id)).toEqual([
      `${ann.principal} cluster.create SUCCESS`,
      `${ann.principal} cluster.credential.open.request SUCCESS`,
      `${ann.principal} cluster.credential.open FAILURE`,
      `${ann.principal} cluster.credential.open SUCCESS`,
      `${ann.principal} cluster.credential.open.request SUCCESS`,
      `${ann.principal} cluster.credential.open FAILURE`,
    ]);
    expect(await accessEventsOf(request.id)).toEqual([`${admin.principal} approval.approve SUCCESS`]);
  });

  test('asking again does not ask twice', async () => {
    await Promise.all([open(ann), open(ann)]);
    await open(ann);
    expect((await requestsOf(ann, '?status=PENDING')).length).toBeLessThanOrEqual(2);
    const before = await requestsOf(ann, '?status=PENDING');
    await open(ann);
    expect(await requestsOf(ann, '?status=PENDING')).toEqual(before);
  });

  test('no one approves a request of their own, an admin neither', async () => {
    const boss = await installation.person(`boss-${newKey()}`, 'platform_admin@*');
    expect(parseProblem(await open(boss)).code).toBe('APPROVAL_REQUIRED');
    const [request] = await requestsOf(ann, '').then(() => requestsOf(boss, '?status=PENDING&limit=1'));
    expect(parseProblem(await decide(boss, request.id, 'approve', '?dryRun=true')).status).toBe(403);
    expect(parseProblem(await decide(boss, request.id))).toMatchObject({
      status: 403,
      errors: [{ code: 'OWN_REQUEST' }],
    });
    expect((await decide(admin, request.id)).status).toBe(200);
    expect(JSON.parse((await open(boss)).text).value).toBe(PASSWORD);
  });

  test('one approval opens once, also for ten who use it at the same time', async () => {
    await open(ann);
    const [request] = await requestsOf(ann);
    await decide(admin, request.id);
    const answers = await Promise.all(Array.from({ length: 10 }, () => open(ann)));
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(answers.filter(({ text }) => text.includes(PASSWORD))).toHaveLength(1);
  });

  test('an approval is for one person, one cluster and one kind', async () => {
    await open(ann);
    const [request] = await requestsOf(ann);
    await decide(admin, request.id);
    const ben = await installation.person(`ben-${newKey()}`, 'requester@a');
    expect(parseProblem(await open(ben)).code).toBe('APPROVAL_REQUIRED');
    expect(await requestsOf(ben)).toMatchObject([{ requestedBy: ben.principal }]);
    expect((await open(ann)).status).toBe(200);
  });

  test('what was denied stays closed, and is decided once', async () => {
    await open(ann);
    const [request] = await requestsOf(ann);
    const plan = () => decide(admin, request.id, 'deny', '?dryRun=true');
    expect(JSON.parse((await plan()).text)).toMatchObject({ id: request.id, status: 'PENDING' });
    expect((await decide(admin, request.id, 'deny')).status).toBe(200);
    for (const answer of [await decide(admin, request.id), await plan()])
      expect(parseProblem(answer)).toMatchObject({ status: 409 });
    expect(parseProblem(await open(ann)).code).toBe('APPROVAL_REQUIRED');
    expect(parseProblem(await decide(admin, 'apr_00000000000000000000000000')).status).toBe(404);
  });

  test('an admin of another team neither sees nor decides it', async () => {
    await open(ann);
    const [request] = await requestsOf(ann);
    const stranger = await installation.person(`stranger-${newKey()}`, 'platform_admin@b');
    expect(await requestsOf(stranger)).toEqual([]);
    expect((await decide(stranger, request.id)).status).toBe(404);
  });

  test('by reason: without one it stays closed for the own team as well', async () => {
    expect(parseProblem(await open(ann, 'kubeconfig', '   '))).toMatchObject({
      status: 422,
      errors: [{ field: 'reason' }],
    });
    expect((await open(ann, 'kubeconfig', 'broken node')).status).toBe(200);
  });

  test('four secrets an hour, exactly, also in parallel; each as often as it is needed', async () => {
    const clusters = [id];
    while (clusters.length < 6) clusters.push(await readyCluster());
    const answers = await Promise.all(
      [...clusters, ...clusters, ...clusters].map((each) => open(ann, 'kubeconfig', 'again', each)),
    );
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(4 * 3);
    const refused = answers.filter(({ status }) => status === 429);
    expect(refused).toHaveLength(2 * 3);
    for (const { headers, text } of refused) {
      expect(Number(headers['retry-after'])).toBeGreaterThan(3_000);
      expect(text).not.toContain(KUBECONFIG);
    }
    const ben = await installation.person(`ben-${newKey()}`, 'requester@a');
    expect((await open(ben, 'kubeconfig', 'my first')).status).toBe(200);
  });
});

// The last one: it moves the clock of the database.
test('S34: an approval that no one used ends after an hour, a request that no one decided after a day', async () => {
  await open(ann);
  const [request] = await requestsOf(ann);
  await decide(admin, request.id);
  await moveClock(installation.databaseUrl, '61 minutes');
  expect(parseProblem(await open(ann)).code).toBe('APPROVAL_REQUIRED');
  const [second, first] = await requestsOf(ann);
  expect([first.status, second.status]).toEqual(['EXPIRED', 'PENDING']);
  await moveClock(installation.databaseUrl, '26 hours');
  expect(parseProblem(await decide(admin, second.id))).toMatchObject({
    status: 409,
    detail: expect.stringContaining('EXPIRED'),
  });
});
