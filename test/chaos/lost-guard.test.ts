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
