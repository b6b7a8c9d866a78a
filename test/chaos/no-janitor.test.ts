import { expect, test } from 'vitest';
import { readFaults } from '../../src/sandbox/faults/faults.ts';
import { createCluster, getJob, untilStatus } from '../e2e/clusters.ts';
import { eventually } from '../e2e/eventually.ts';
import { useFleet } from './fleet.ts';

const open = useFleet({ roles: 'api' });

test('N10: G7: without a janitor, a live worker reclaims the job of a killed one', async () => {
  const fleet = open();
  await fleet.startWorker();
  const { site, client } = fleet;
  await site.setFaults({ stage: 'machines', kind: 'hang', times: 1 });
  const { cluster, job } = await createCluster(client, { name: 'orphan', profile: 'aws-minimal-test' });
  await eventually('the installer hangs', async () =>
    (await readFaults(site.cloudDir)).some(({ used }) => used > 0),
  );
  await (await fleet.workerOf(job.id)).kill();
  await fleet.startWorker();
  await untilStatus(client, cluster.id, 'READY');
  expect(await getJob(client, job.id)).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });
  expect(site.overlaps()).toEqual([]);
});
