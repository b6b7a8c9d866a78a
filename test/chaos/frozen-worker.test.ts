import { expect, test } from 'vitest';
import { readFaults } from '../../src/sandbox/faults/faults.ts';
import { createCluster, getCluster, getJob, untilStatus } from '../e2e/clusters.ts';
import { eventually } from '../e2e/eventually.ts';
import { isAlive } from '../e2e/processes.ts';
import { LEASE_MS, useFleet } from './fleet.ts';

const PROFILE = 'aws-minimal-test';
const open = useFleet();

test('L7: G6, G7: a worker frozen past its lease has its installer ended for it, drops the job when it wakes, and works again', async () => {
  const fleet = open();
  await fleet.startWorker();
  const { site, client, syncPoints } = fleet;
  await site.setFaults({ stage: 'machines', kind: 'hang', times: 1 });
  const { cluster, job } = await createCluster(client, { name: 'frozen', profile: PROFILE });
  await eventually('the installer hangs', async () =>
    (await readFaults(site.cloudDir)).some(({ used }) => used > 0),
  );
  const frozen = await fleet.workerOf(job.id);
  const installers = site.installers();
  frozen.signal('SIGSTOP');
  await eventually('the guard ends the installer', () => installers.every(({ pid }) => !isAlive(pid)), {
    withinMs: LEASE_MS,
  });
  const other = await fleet.startWorker();
  const { infraId } = await untilStatus(client, cluster.id, 'READY');
  const eventsOfTheFirst = await syncPoints.eventCount(job.id, 1);

  frozen.signal('SIGCONT');
  await eventually('it notices', () => frozen.log().includes('lease lost'));
  await eventually('it drops the job', () => frozen.log().includes('job attempt ended'));
  expect(await syncPoints.eventCount(job.id, 1)).toBe(eventsOfTheFirst);
  expect(await getJob(client, job.id)).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });
  expect(await getCluster(client, cluster.id)).toMatchObject({ status: 'READY', infraId });
  expect((await site.cloud('frozen')).every((resource) => resource.infraId === infraId)).toBe(true);
  expect(site.overlaps()).toEqual([]);

  await other.kill();
  const next = await createCluster(client, { name: 'after-the-frost', profile: PROFILE });
  await untilStatus(client, next.cluster.id, 'READY');
  expect(fleet.site.installers()).toEqual([]);
});

test('G6: a worker frozen while a write of it waits in the database: its successor finishes, and waking it changes nothing', async () => {
  const fleet = open();
  await fleet.startWorker();
  const { site, client, syncPoints } = fleet;
  const syncPoint = await syncPoints.holdAt('half-way CREATE provision started');
  const { cluster, job } = await createCluster(client, { name: 'half-way', profile: PROFILE });
  await syncPoint.reached();
  const frozen = await fleet.workerOf(job.id);
  frozen.signal('SIGSTOP');
  await syncPoint.release();
  await fleet.startWorker();
  const ready = await untilStatus(client, cluster.id, 'READY');
  frozen.signal('SIGCONT');
  await eventually('it drops the job', () => frozen.log().includes('job attempt ended'));
  expect(await getCluster(client, cluster.id)).toEqual({
    ...ready,
    costToDate: expect.any(Number),
    costAtExpiry: expect.any(Number),
  });
  expect(site.overlaps()).toEqual([]);
});
