import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ClusterStatus } from '../../../../src/contract/statuses.ts';
import { createCluster, endJob, transitionThrough } from '../../http/kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from '../../http/kit/installation.ts';
import { call, newKey, parseProblem } from '../../http/kit/requests.ts';
import type { TestServer } from '../../http/kit/server.ts';

let installation: TestInstallation;
let server: TestServer;
let ann: Person;

beforeAll(async () => {
  installation = await createTestInstallation();
  const teamLimits = { activeClusters: 200, concurrentCreates: 200, createsPerHour: 200 };
  server = await installation.server({ teamLimits });
  ann = await installation.person('ann', 'requester@a');
});
afterAll(() => installation.stop());

async function clusterThatIs(statuses: readonly ClusterStatus[], request = {}): Promise<string> {
  const { cluster, job } = await createCluster(server, ann, { profile: 'aws-standard', ...request });
  await endJob(installation.db, job.id);
  await transitionThrough(installation.db, cluster.id, ...statuses);
  return cluster.id;
}
const ready = (request = {}) => clusterThatIs(['CREATING', 'READY'], request);
const scale = (id: string, workers: unknown, by = ann, key = newKey()) =>
  call(server, by, {
    method: 'POST',
    target: `/v1/clusters/${id}/scale-workers`,
    headers: { 'idempotency-key': key },
    body: { workers },
  });

describe('a scale', () => {
  test('G10: G11: is accepted once with its job; the number changes only when it is true', async () => {
    const id = await ready();
    const key = newKey();
    const first = await scale(id, 5, ann, key);
    expect(first.status).toBe(202);
    expect(JSON.parse(first.text)).toMatchObject({
      cluster: { status: 'READY', workerReplicas: 3, requestedWorkers: 5 },
      job: { type: 'SCALE_WORKERS', status: 'PENDING' },
    });
    const again = await scale(id, 5, ann, key);
    expect([again.status, again.text]).toEqual([202, first.text]);
    expect((await scale(id, 6, ann, key)).status).toBe(422);
  });

  test('waits for the one before it', async () => {
    const id = await ready();
    await scale(id, 5);
    expect(parseProblem(await scale(id, 6))).toMatchObject({ status: 409, code: 'STATE_CONFLICT' });
  });

  test('to the same number is accepted', async () => {
    expect((await scale(await ready(), 3)).status).toBe(202);
  });

  test.each<readonly ClusterStatus[]>([
    [],
    ['CREATING'],
    ['CREATING', 'READY', 'SCALING'],
    ['CREATING', 'FAILED'],
    ['CREATING', 'DESTROYING'],
  ])('is a conflict after %s', async (...statuses) => {
    const id = await clusterThatIs(statuses);
    expect(parseProblem(await scale(id, 5))).toMatchObject({ status: 409, code: 'STATE_CONFLICT' });
  });

  test.each([
    [11, 'OUT_OF_RANGE'],
    [0, 'NOT_ALLOWED'],
  ])('G12: to %i is refused with what is allowed', async (workers, code) => {
    const problem = parseProblem(await scale(await ready(), workers));
    expect(problem).toMatchObject({ status: 422, code: 'POLICY_VIOLATION' });
    expect(problem.errors).toMatchObject([
      { field: 'workers', code, allowed: [expect.stringMatching(/^\d+\.\.10$/)] },
    ]);
  });

  test('G14: by another team is 404, by an auditor 403', async () => {
    const id = await ready();
    const bob = await installation.person('bob', 'requester@b');
    const eve = await installation.person('eve', 'auditor@*');
    expect([(await scale(id, 5, bob)).status, (await scale(id, 5, eve)).status]).toEqual([404, 403]);
  });
});
