import { afterAll, beforeAll, expect, test } from 'vitest';
import { idempotencyKey } from '../../src/client/client.ts';
import '../e2e/kit.ts';
import { eventually } from '../e2e/patience.ts';
import { createCluster, destroyCluster, getCluster, untilStatus } from '../e2e/site.ts';
import { settle } from './marathon/marathon.ts';
import { judge } from './marathon/verdict.ts';
import { Scene } from './scene.ts';
import { CASES, type Case, type HeldJob, type JobType, PROFILE } from './victims.ts';

let scene: Scene;
/** What one create makes. */
let wholeCluster: string[];

beforeAll(async () => {
  scene = await Scene.open();
  const { id } = await create('reference');
  await untilStatus(scene.client, id, 'READY');
  wholeCluster = (await scene.installation.site.cloud()).map(({ type }) => type).sort();
});

afterAll(() => scene.close());

test.each(CASES.map((round) => [`${round.victim} ${round.how}`, round] as const))(
  'G1, G2, G6, G7, G11: %s, during creates and destroys: each comes to its end, nothing is doubled, lost or left',
  async (_title, round) => {
    scene.explainFailure();
    const { creating, clusterIds } = await strikeCreates(round);
    await expectPeace();
    if (!round.mayFail) for (const id of clusterIds) await expectStatus(id, 'READY');
    const destroying = await strikeDestroys(round, clusterIds);
    await expectPeace();
    for (const id of clusterIds) await expectStatus(id, 'DESTROYED', ...(round.mayFail ? ['FAILED'] : []));
    if (round.isHarmless) expect(await scene.repeated([...creating, ...destroying])).toEqual([]);
  },
);

test('G16: after all that the trail is whole, and has every order that was acknowledged', async () => {
  const { site, pool } = scene.installation;
  const verified = await site.cli('admin', 'audit', 'verify');
  expect(verified).toMatchObject({ code: 0 });
  const { rows } = await pool.query<{ target: string }>(
    "select payload::jsonb->>'target' as target from audit_events where payload::jsonb->>'action' = 'cluster.destroy'",
  );
  expect(rows.map(({ target }) => target)).toEqual(expect.arrayContaining([...scene.ledger.destroys]));
});

/** One cluster for each moment, all of them held when the victim is struck. */
async function strikeCreates(round: Case): Promise<{ creating: string[]; clusterIds: string[] }> {
  const jobs: HeldJob[] = [];
  for (const [i, moment] of round.create.entries()) {
    const name = `c${CASES.indexOf(round) + 1}-${i + 1}`;
    const held = await scene.holdAt(name, 'CREATE', moment);
    const { id, jobId } = await create(name);
    jobs.push({ clusterId: id, jobId, held });
  }
  await strike(round, jobs, 'CREATE');
  return { creating: jobs.map(({ jobId }) => jobId), clusterIds: jobs.map(({ clusterId }) => clusterId) };
}

async function strikeDestroys(round: Case, clusterIds: readonly string[]): Promise<string[]> {
  const jobs: HeldJob[] = [];
  for (const [i, moment] of round.destroy.entries()) {
    const cluster = await getCluster(scene.client, clusterIds[i] ?? '');
    if (cluster.status !== 'READY') continue;
    const held = await scene.holdAt(cluster.name, 'DESTROY', moment);
    const { job } = await destroyCluster(scene.client, cluster.id);
    scene.ledger.destroys.add(cluster.id);
    jobs.push({ clusterId: cluster.id, jobId: job?.id ?? '', held });
  }
  await strike(round, jobs, 'DESTROY');
  return jobs.map(({ jobId }) => jobId);
}

async function strike(round: Case, jobs: readonly HeldJob[], type: JobType): Promise<void> {
  await Promise.all(jobs.map(({ held }) => held.reached()));
  await round.strike(scene, jobs, type);
}

/** Nothing moves any more, and nothing is amiss. */
async function expectPeace(): Promise<void> {
  const { installation, ledger, random } = scene;
  await settle(installation, ledger, random);
  await eventually('no installer is left', () => installation.site.installers().length === 0);
  const verdict = await judge(installation, ledger, wholeCluster);
  expect(verdict).toEqual({ leaks: [], overlaps: [], lost: [], stuck: [] });
}

async function create(name: string): Promise<{ id: string; jobId: string }> {
  const key = idempotencyKey();
  const { cluster, job } = await createCluster(scene.client, { name, profile: PROFILE, team: name }, key);
  const created = { id: cluster.id, jobId: job.id };
  scene.ledger.creates.push({ ...created, key, name });
  return created;
}

async function expectStatus(id: string, ...expected: string[]): Promise<void> {
  const { name, status, lastOperation } = await getCluster(scene.client, id);
  expect(expected, `${name} is ${status}: ${JSON.stringify(lastOperation)}`).toContain(status);
}
