import { expect, onTestFinished, test } from 'vitest';
import { readFaults } from '../../src/sandbox/faults/faults.ts';
import { createCluster, destroyCluster, getCluster, getJob, untilStatus } from '../e2e/clusters.ts';
import { eventually } from '../e2e/eventually.ts';
import { isAlive } from '../e2e/processes.ts';
import { DatabaseProxy } from './database-proxy.ts';
import { LEASE_MS, useFleet } from './fleet.ts';

const open = useFleet();

test('G6, G7: a worker cut off from the database ends its installer in time, and what it wrote meanwhile is refused', async () => {
  const fleet = open();
  const { site, client, syncPoints } = fleet;
  const proxy = await DatabaseProxy.start(fleet.databaseUrl);
  onTestFinished(() => proxy.close());
  const cutOff = await fleet.startWorker({ DATABASE_URL: proxy.url });
  await site.setFaults({ stage: 'machines', kind: 'hang', times: 1 });
  const { cluster, job } = await createCluster(client, { name: 'cut-off', profile: 'aws-minimal-test' });
  await eventually('the installer hangs', async () =>
    (await readFaults(site.cloudDir)).some(({ used }) => used > 0),
  );
  const installers = site.installers();
  proxy.hold();
  // The installer says that it was interrupted; its worker sends that line into a wire that does not deliver.
  await eventually('the guard ends the installer', () => installers.every(({ pid }) => !isAlive(pid)), {
    withinMs: LEASE_MS,
  });
  await fleet.startWorker();
  const { infraId } = await untilStatus(client, cluster.id, 'READY');
  const before = await syncPoints.eventCount(job.id, 1);
  proxy.release();
  await eventually(
    'the worker that was cut off has a new lease',
    async () => (await fleet.leasesOf(cutOff.pid)) === 2,
  );
  expect(await syncPoints.eventCount(job.id, 1)).toBe(before);
  expect(await getJob(client, job.id)).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });
  expect(await getCluster(client, cluster.id)).toMatchObject({ status: 'READY', infraId });
  expect(site.overlaps()).toEqual([]);
});

test.each(['CREATE', 'DESTROY'] as const)(
  'G6: the last write of a %s, sent before the lease ended and delivered when someone else holds it, is refused',
  async (type) => {
    const fleet = open();
    const { site, client } = fleet;
    const proxy = await DatabaseProxy.start(fleet.databaseUrl);
    onTestFinished(() => proxy.close());
    const cutOff = await fleet.startWorker({ DATABASE_URL: proxy.url });
    const name = `too-late-${type.toLowerCase()}`;
    const { cluster, job } = await createCluster(client, { name, profile: 'aws-minimal-test' });
    if (type === 'DESTROY') await untilStatus(client, cluster.id, 'READY');
    const held = proxy.holdAtLastCommit(AbortSignal.timeout(180_000));
    const jobId = type === 'CREATE' ? job.id : ((await destroyCluster(client, cluster.id)).job?.id ?? '');
    expect(await held).toBe(true);
    const late = await fleet.syncPoints.fenceOf(jobId);
    const other = await fleet.startWorker();
    await eventually(
      'another worker has the job',
      async () => (await fleet.workerOf(jobId)).pid === other.pid,
    );
    proxy.release();
    await eventually(
      'the one that was cut off has a new lease',
      async () => (await fleet.leasesOf(cutOff.pid)) === 2,
    );
    const { infraId } = await untilStatus(client, cluster.id, type === 'CREATE' ? 'READY' : 'DESTROYED');
    expect(await getJob(client, jobId)).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });
    const path = { id: cluster.id };
    const { data } = await client.GET('/v1/clusters/{id}/transitions', { params: { path } });
    expect(data.items.at(-1)?.fence).toBeGreaterThan(late);
    const left = (await site.cloud(name)).map((resource) => resource.infraId);
    expect(new Set(left)).toEqual(new Set(type === 'CREATE' ? [infraId] : []));
    expect(site.overlaps()).toEqual([]);
  },
);
