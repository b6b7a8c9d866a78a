import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { components } from '../../src/contract/api.gen.ts';
import { openSimulatedCloud, type SimulatedResource } from '../../src/sandbox/cloud/simulated-cloud.ts';
import { createCluster, destroyCluster, untilStatus } from './clusters.ts';
import { eventually } from './eventually.ts';
import { useServer } from './open-site.ts';
import type { Site } from './site.ts';

type Orphan = components['schemas']['Orphan'];

const HOUR_MS = 3_600_000;
const PROFILE = 'aws-minimal-test';
const server = useServer({
  OCPCTL_ORPHAN_SCAN_INTERVAL_MS: '200',
  OCPCTL_ORPHAN_CONFIRM_MS: String(2 * HOUR_MS),
  OCPCTL_ORPHAN_MIN_AGE_MS: String(HOUR_MS),
});

/**
 * Resources of a cluster that appear after its read-back, or a copy of them under another infraID, with other ids, names and tags.
 */
async function plant(
  site: Site,
  resources: readonly SimulatedResource[],
  infraId: string,
  tags: Readonly<Record<string, string>>,
): Promise<void> {
  const cloud = openSimulatedCloud(site.cloudDir, { caller: 'test' });
  const from = resources[0]?.infraId ?? '';
  let text = JSON.stringify(resources);
  if (from !== infraId) {
    // The ids of resources are in the ARNs of others: records are in their zone.
    const ids = resources.map(({ id }) => id).filter((id) => !id.includes(from));
    for (const id of ids) text = text.replaceAll(id, `${id}${infraId.replaceAll('-', '')}`);
    text = text.replaceAll(from, infraId).replaceAll('gone.labs', `${infraId}.labs`);
  }
  for (const resource of JSON.parse(text) as SimulatedResource[]) {
    const hasTags = Object.keys(resource.tags).length > 0;
    await cloud.create({ ...resource, tags: hasTags ? { ...resource.tags, ...tags } : {} });
  }
}

const byId = (all: readonly SimulatedResource[]) =>
  all.map(({ infraId, id }) => `${infraId} ${id}`).sort((a, b) => (a < b ? -1 : 1));

async function list(site: Site, ...flags: string[]): Promise<Orphan[]> {
  const { code, stdout, stderr } = await site.cli('admin', 'orphans', 'list', '--json', ...flags);
  expect(code, stderr).toBe(0);
  return (JSON.parse(stdout) as { items: Orphan[] }).items;
}

const statuses = (orphans: readonly Orphan[]) =>
  Object.fromEntries(orphans.map(({ infraId, status }) => [infraId, status]));

test('G2: G5: leftovers of ended and unknown clusters are found, confirmed and swept with a proof; neighbours, foreign and shared resources stay', async () => {
  const { site, client, moveClock } = server();
  const neighbour = (await createCluster(client, { name: 'neighbour', profile: PROFILE, ttlHours: 72 }))
    .cluster;
  const { cluster } = await createCluster(client, { name: 'gone', profile: PROFILE });
  await untilStatus(client, cluster.id, 'READY');
  await untilStatus(client, neighbour.id, 'READY');
  const resources = await site.cloud('gone');
  const gone = resources[0]?.infraId ?? '';
  await destroyCluster(client, cluster.id);
  await untilStatus(client, cluster.id, 'DESTROYED');
  expect(await site.cloud('gone')).toEqual([]);

  await plant(site, resources, gone, {});
  await plant(site, resources, 'lost-bcdfg', { ClusterId: 'clu_lost', ClusterName: 'lost' });
  await plant(site, resources, 'other-bcdfg', { ClusterId: 'clu_other', InstallationId: 'ins_other' });
  const company = {
    infraId: 'company',
    id: 'subnet-company',
    arn: 'arn:aws:ec2:us-east-1:1:subnet/subnet-company',
  };
  await openSimulatedCloud(site.cloudDir, { caller: 'test' }).create({
    ...{ ...company, type: 'ec2:subnet', region: 'us-east-1', name: 'company' },
    tags: { [`kubernetes.io/cluster/${gone}`]: 'shared' },
  });
  const others = byId(
    (await site.cloud()).filter(({ infraId }) => infraId !== gone && infraId !== 'lost-bcdfg'),
  );

  const seen = await eventually('all are seen twice', async () => {
    const all = await list(site);
    return all.length === 3 && all.every(({ sightings }) => sightings >= 2) && all;
  });
  expect(statuses(seen)).toEqual({ [gone]: 'SEEN', 'lost-bcdfg': 'SEEN', 'other-bcdfg': 'FOREIGN' });
  const sweep = (...argv: string[]) => site.cli('admin', 'orphans', 'sweep', ...argv);
  const early = await sweep(gone, '--reason', 'test', '--yes');
  expect(early.code, early.stderr).toBe(5);
  expect(early.stderr).toContain('two sightings 2 hours apart are needed');

  await moveClock('3 hours');
  const confirmed = await eventually('they are confirmed', async () => {
    const all = await list(site);
    return all.filter(({ status }) => status === 'ORPHANED').length === 2 && all;
  });
  expect(statuses(confirmed)).toEqual({
    [gone]: 'ORPHANED',
    'lost-bcdfg': 'ORPHANED',
    'other-bcdfg': 'FOREIGN',
  });
  const orphan = confirmed.find(({ infraId }) => infraId === gone);
  expect(orphan).toMatchObject({
    clusterId: cluster.id,
    clusterName: 'gone',
    owner: cluster.owner,
    team: cluster.team,
  });
  expect(orphan?.dailyCost).toBeGreaterThan(10);

  const plan = await sweep(gone, '--dry-run');
  expect(plan.code, plan.stderr).toBe(0);
  expect(plan.stdout).toContain(`Would be removed (${resources.length})`);
  expect(plan.stdout).toContain('subnet-company  (shared by clusters)');
  expect((await sweep('other-bcdfg', '--reason', 'test', '--yes')).stderr).toContain(
    'do not say that this installation made it',
  );
  expect((await sweep(gone, '--reason', 'test')).stderr).toContain('confirmation required to sweep');
  expect((await sweep(gone)).stderr).toContain('sweep requires --reason');
  expect((await site.cli('admin', 'orphans', 'ignore', gone, '--reason', 'kept')).code).toBe(0);
  expect((await sweep(gone, '--reason', 'test', '--yes')).stderr).toContain('is ignored');
  expect((await site.cli('admin', 'orphans', 'ignore', gone, '--undo')).code).toBe(0);

  const accepted = await sweep(
    gone,
    'lost-bcdfg',
    '--reason',
    'ticket 1',
    '--confirm',
    gone,
    '--confirm',
    'lost-bcdfg',
    '--wait',
  );
  expect(accepted.code, accepted.stderr).toBe(0);
  expect(accepted.stderr).toContain(`Sweeping ${gone} in the sandbox (job_`);
  const swept = await list(site, '--status', 'SWEPT');
  expect(swept.map(({ infraId }) => infraId).sort()).toEqual([gone, 'lost-bcdfg'].sort());
  expect(statuses(await list(site))).toEqual({ 'other-bcdfg': 'FOREIGN' });
  expect(byId(await site.cloud())).toEqual(others);
  await untilStatus(client, neighbour.id, 'READY');

  const jobs = JSON.parse((await site.cli('jobs', 'list', '--type', 'SWEEP', '-o', 'json')).stdout).items;
  expect(jobs.map(({ orphanId, clusterId }: Record<string, string>) => ({ orphanId, clusterId }))).toEqual(
    expect.arrayContaining(swept.map(({ id }) => ({ orphanId: id }))),
  );

  for (const { id, infraId } of swept) {
    const proof = await site.cli('admin', 'orphans', 'show', id, '--proof');
    writeFileSync(join(site.folder, 'proof.json'), proof.stdout);
    const verified = await site.cli('proof', 'verify', 'proof.json', '--cluster', id);
    expect(verified.code, verified.stderr).toBe(0);
    expect(verified.stdout).toContain(`${infraId} (${id})`);
  }
});
