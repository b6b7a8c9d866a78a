import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readClusterAccess } from '../../src/control-plane/clusters/kubernetes/cluster-access.ts';
import { openClusterApi } from '../../src/control-plane/clusters/kubernetes/cluster-api.ts';
import { listWorkerMachines } from '../../src/control-plane/clusters/kubernetes/worker-machines.ts';
import { createCluster, getCluster, untilStatus } from './clusters.ts';
import { useServer } from './open-site.ts';

const PROFILE = 'aws-minimal-test';
const server = useServer();

test('a name is taken until its cluster is DESTROYED, then it is free', async () => {
  const { site, client } = server();
  const { cluster } = await createCluster(client, { name: 'unique', profile: PROFILE });
  await untilStatus(client, cluster.id, 'READY');
  const taken = await site.cli('create', 'unique', '--profile', PROFILE);
  expect(taken.code).toBe(5);
  expect(taken.stderr).toContain('unique.labs.example.com');
  // The same name below another domain is another name.
  const other = ['--base-domain', 'dev.example.com'];
  expect(await site.cli('create', 'unique', '--profile', PROFILE, ...other)).toMatchObject({ code: 0 });
  expect(await site.cli('destroy', cluster.id, '--yes', '--wait')).toMatchObject({ code: 0 });
  const again = await site.cli('create', 'unique', '--profile', PROFILE, '--wait', '--json');
  expect(again.code).toBe(0);
  expect(JSON.parse(again.stdout).cluster.id).not.toBe(cluster.id);
});

test('what --dry-run -o yaml prints is created by -f, and is the same again', async () => {
  const { site } = server();
  const flags = [
    '--profile',
    'aws-standard',
    '--ttl',
    '90m',
    '--workers',
    '4',
    '--tag',
    'on=no',
    '--tag',
    'n=012',
  ];
  const plan = await site.cli('create', 'declared', ...flags, '--dry-run', '-o', 'yaml');
  const file = join(site.folder, 'declared.yaml');
  writeFileSync(file, plan.stdout);
  const again = await site.cli('create', '-f', file, '--dry-run', '-o', 'yaml');
  expect(again.stdout.replace(/^#.*\n/gm, '')).toBe(plan.stdout.replace(/^#.*\n/gm, ''));
  const created = await site.cli('create', '-f', file, '--json');
  expect(created.stderr).not.toContain('Error');
  expect(JSON.parse(created.stdout).cluster).toMatchObject({
    name: 'declared',
    ttlHours: 1.5,
    requestedWorkers: 4,
    tags: { requested: { on: 'no', n: '012' } },
  });
});

test('G17: cost is the time in each status, and the past of a destroyed cluster does not change', async () => {
  const { site, client, moveClock } = server();
  const { cluster } = await createCluster(client, { name: 'costly', profile: PROFILE, ttlHours: 48 });
  const { hourlyCost } = await untilStatus(client, cluster.id, 'READY');
  await moveClock('10 hours');
  const { costToDate } = await getCluster(client, cluster.id);
  // Ten hours and the seconds of this test.
  expect(costToDate).toBeGreaterThanOrEqual(10 * hourlyCost * 0.999);
  expect(costToDate).toBeLessThan(10.2 * hourlyCost);
  expect(await site.cli('destroy', cluster.id, '--yes', '--wait')).toMatchObject({ code: 0 });
  const atTheEnd = (await getCluster(client, cluster.id)).costToDate;
  expect(atTheEnd).toBeGreaterThanOrEqual(costToDate);
  await moveClock('100 hours');
  expect((await getCluster(client, cluster.id)).costToDate).toBe(atTheEnd);
});

test('G17: a scale changes the machines, nodes and cost of its cluster, and all tell the same number', async () => {
  const { site, client } = server();
  const { cluster } = await createCluster(client, { name: 'scaled', profile: 'aws-standard' });
  const { hourlyCost } = await untilStatus(client, cluster.id, 'READY');
  const scaled = await site.cli('scale', 'scaled', '--workers', '5', '--wait', '--json');
  expect(scaled.stderr).not.toContain('Error');
  expect(scaled.code).toBe(0);
  const after = await getCluster(client, cluster.id);
  expect(after).toMatchObject({ status: 'READY', workerReplicas: 5, requestedWorkers: 5 });
  expect(after.hourlyCost).toBeGreaterThan(hourlyCost);

  const kubeconfig = join(site.folder, 'scaled-kubeconfig');
  expect(await site.cli('outputs', 'scaled', '--kubeconfig', kubeconfig)).toMatchObject({ code: 0 });
  const access = readClusterAccess(readFileSync(kubeconfig, 'utf8'));
  const api = await openClusterApi(cluster.id, access, AbortSignal.timeout(30_000));
  const { sets, machines } = await listWorkerMachines(api);
  expect(sets.map(({ replicas }) => replicas).toSorted()).toEqual([1, 2, 2]);
  expect(machines).toHaveLength(5);
  const workers = (await api.listNodes()).items.filter(
    ({ metadata }) => metadata?.labels?.['node-role.kubernetes.io/worker'] !== undefined,
  );
  expect(workers).toHaveLength(5);
});
