import { expect, test } from 'vitest';
import { readFaults } from '../../src/sandbox/faults/faults.ts';
import { createCluster, getJob, untilStatus } from '../e2e/clusters.ts';
import { eventually } from '../e2e/eventually.ts';
import { isAlive, processesMentioning } from '../e2e/processes.ts';
import { useFleet } from './fleet.ts';

const open = useFleet();

test('G6: a worker and its guard killed at once: the next attempt ends the orphaned installer before it begins', async () => {
  const fleet = open();
  await fleet.startWorker();
  const { site, client } = fleet;
  await site.setFaults({ stage: 'machines', kind: 'hang', times: 1 });
  const { cluster, job } = await createCluster(client, { name: 'unguarded', profile: 'aws-minimal-test' });
  await eventually('the installer hangs', async () =>
    (await readFaults(site.cloudDir)).some(({ used }) => used > 0),
  );
  const victim = await fleet.workerOf(job.id);
  const installers = site.installers();
  const guards = processesMentioning(site.folder).filter(({ argv }) => /\bguard\.js\b/.test(argv));
  expect(guards.length).toBeGreaterThan(0);
  victim.signal('SIGKILL');
  for (const { pid } of guards) process.kill(pid, 'SIGKILL');
  await victim.exited;
  expect(installers.some(({ pid }) => isAlive(pid))).toBe(true);

  await fleet.startWorker();
  const { infraId } = await untilStatus(client, cluster.id, 'READY');
  expect((await getJob(client, job.id)).attempt).toBeGreaterThan(1);
  expect(installers.filter(({ pid }) => isAlive(pid))).toEqual([]);
  expect(site.overlaps()).toEqual([]);
  expect((await site.cloud()).every((resource) => resource.infraId === infraId)).toBe(true);
});

test('G6, G7: a guard that is killed alone: its worker ends the installers, starts another guard, and no attempt is spent', async () => {
  const fleet = open();
  const worker = await fleet.startWorker();
  const { site, client } = fleet;
  const names = ['unwatched-1', 'unwatched-2'];
  await site.setFaults(
    ...names.map((clusterName) => ({
      ...({ id: clusterName, stage: 'machines', kind: 'hang', times: 1, match: { clusterName } } as const),
    })),
  );
  const created = await Promise.all(
    names.map((name) => createCluster(client, { name, profile: 'aws-minimal-test', team: name })),
  );
  await eventually('both installers hang', async () =>
    (await readFaults(site.cloudDir)).every(({ used }) => used > 0),
  );
  const installers = site.installers();
  const guards = processesMentioning(site.folder).filter(
    ({ argv, parentPid }) => /\bguard\.js\b/.test(argv) && parentPid === worker.pid,
  );
  expect(guards).toHaveLength(1);
  for (const { pid } of guards) process.kill(pid, 'SIGKILL');
  await eventually('the worker ends the installers', () => installers.every(({ pid }) => !isAlive(pid)));
  for (const { cluster, job } of created) {
    await untilStatus(client, cluster.id, 'READY');
    expect(await getJob(client, job.id)).toMatchObject({ status: 'SUCCEEDED', attempt: 1 });
  }
  expect(site.overlaps()).toEqual([]);
});

test('G6: a worker that stands still until its guard ends the installer, and wakes before its lease ends: no attempt is spent', async () => {
  const fleet = open();
  // The guard ends installers 9 s before the end of this lease.
  const worker = await fleet.startWorker({ OCPCTL_LEASE_MS: '20000' });
  const { site, client } = fleet;
  await site.setFaults({ stage: 'machines', kind: 'hang', times: 1 });
  const { cluster, job } = await createCluster(client, { name: 'slept', profile: 'aws-minimal-test' });
  await eventually('the installer hangs', async () =>
    (await readFaults(site.cloudDir)).some(({ used }) => used > 0),
  );
  const installers = site.installers();
  worker.signal('SIGSTOP');
  await eventually('the guard ends the installer', () => installers.every(({ pid }) => !isAlive(pid)));
  worker.signal('SIGCONT');
  await untilStatus(client, cluster.id, 'READY');
  expect(await getJob(client, job.id)).toMatchObject({ status: 'SUCCEEDED', attempt: 1 });
  expect(await fleet.leasesOf(worker.pid)).toBe(1);
  expect(site.overlaps()).toEqual([]);
});
