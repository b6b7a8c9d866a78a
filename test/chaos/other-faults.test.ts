import { afterAll, beforeAll, expect, test } from 'vitest';
import { idempotencyKey } from '../../src/client/api-client.ts';
import '../e2e/open-site.ts';
import { createCluster, destroyCluster, getCluster, untilStatus } from '../e2e/clusters.ts';
import { eventually } from '../e2e/eventually.ts';
import { FAULT_CASES, type FaultCase, type HeldJob, type JobType, PROFILE } from './fault-cases.ts';
import { settle } from './marathon/marathon.ts';
import { findViolations } from './marathon/violations.ts';
import { Testbed } from './testbed.ts';

let testbed: Testbed;
/** What one create makes. */
let wholeCluster: string[];

beforeAll(async () => {
  testbed = await Testbed.open();
  const { id } = await create('reference');
  await untilStatus(testbed.client, id, 'READY');
  wholeCluster = (await testbed.installation.site.cloud()).map(({ type }) => type).sort();
});

afterAll(() => testbed.close());

test.each(FAULT_CASES.map((faultCase) => [`${faultCase.target} ${faultCase.how}`, faultCase] as const))(
  'G1, G2, G6, G7, G11: %s, during creates and destroys: each comes to its end, nothing is doubled, lost or left',
  async (_title, faultCase) => {
    testbed.showLogsOnFailure();
    const { creating, clusterIds } = await injectDuringCreates(faultCase);
    await expectSettled();
    if (!faultCase.mayFail) for (const id of clusterIds) await expectStatus(id, 'READY');
    const destroying = await injectDuringDestroys(faultCase, clusterIds);
    await expectSettled();
    for (const id of clusterIds)
      await expectStatus(id, 'DESTROYED', ...(faultCase.mayFail ? ['FAILED'] : []));
    if (faultCase.isHarmless) expect(await testbed.retriedJobs([...creating, ...destroying])).toEqual([]);
  },
);

test('G16: after all that the audit log is whole, and has every order that was acknowledged', async () => {
  const { site, pool } = testbed.installation;
  const verified = await site.cli('admin', 'audit', 'verify');
  expect(verified).toMatchObject({ code: 0 });
  const { rows } = await pool.query<{ target: string }>(
    "select payload::jsonb->>'target' as target from audit_events where payload::jsonb->>'action' = 'cluster.destroy'",
  );
  expect(rows.map(({ target }) => target)).toEqual(expect.arrayContaining([...testbed.ledger.destroys]));
});

/** One cluster for each moment, all of them held when the victim is struck. */
async function injectDuringCreates(
  faultCase: FaultCase,
): Promise<{ creating: string[]; clusterIds: string[] }> {
  const jobs: HeldJob[] = [];
  for (const [i, moment] of faultCase.create.entries()) {
    const name = `c${FAULT_CASES.indexOf(faultCase) + 1}-${i + 1}`;
    const hold = await testbed.holdAt(name, 'CREATE', moment);
    const { id, jobId } = await create(name);
    jobs.push({ clusterId: id, jobId, hold });
  }
  await inject(faultCase, jobs, 'CREATE');
  return { creating: jobs.map(({ jobId }) => jobId), clusterIds: jobs.map(({ clusterId }) => clusterId) };
}

async function injectDuringDestroys(faultCase: FaultCase, clusterIds: readonly string[]): Promise<string[]> {
  const jobs: HeldJob[] = [];
  for (const [i, moment] of faultCase.destroy.entries()) {
    const cluster = await getCluster(testbed.client, clusterIds[i] ?? '');
    if (cluster.status !== 'READY') continue;
    const hold = await testbed.holdAt(cluster.name, 'DESTROY', moment);
    const { job } = await destroyCluster(testbed.client, cluster.id);
    testbed.ledger.destroys.add(cluster.id);
    jobs.push({ clusterId: cluster.id, jobId: job?.id ?? '', hold });
  }
  await inject(faultCase, jobs, 'DESTROY');
  return jobs.map(({ jobId }) => jobId);
}

async function inject(faultCase: FaultCase, jobs: readonly HeldJob[], type: JobType): Promise<void> {
  await Promise.all(jobs.map(({ hold }) => hold.reached()));
  await faultCase.inject(testbed, jobs, type);
}

/** Nothing moves any more, and nothing is amiss. */
async function expectSettled(): Promise<void> {
  const { installation, ledger, random } = testbed;
  await settle(installation, ledger, random);
  await eventually('no installer is left', () => installation.site.installers().length === 0);
  const violations = await findViolations(installation, ledger, wholeCluster);
  expect(violations).toEqual({ leaks: [], overlaps: [], lost: [], stuck: [], litter: [] });
}

async function create(name: string): Promise<{ id: string; jobId: string }> {
  const key = idempotencyKey();
  const { cluster, job } = await createCluster(testbed.client, { name, profile: PROFILE, team: name }, key);
  const created = { id: cluster.id, jobId: job.id };
  testbed.ledger.creates.push({ ...created, key, name });
  return created;
}

async function expectStatus(id: string, ...expected: string[]): Promise<void> {
  const { name, status, lastOperation } = await getCluster(testbed.client, id);
  expect(expected, `${name} is ${status}: ${JSON.stringify(lastOperation)}`).toContain(status);
}
