import { expect, test } from 'vitest';
import { createCluster, destroyCluster, getJob, untilStatus } from './clusters.ts';
import { useServer } from './open-site.ts';

const PROFILE = 'aws-minimal-test';
const server = useServer();
const inCreate = { match: { command: 'create cluster' } };

// The installer invents a new infraID when its state file is gone: a second run in the same directory would lose the first
// infrastructure. No attempt of ours runs in the directory of another.
test('G2: state lost half-way and the installer killed: the next attempt removes the first infrastructure, and makes exactly one', async () => {
  const { site, client } = server();
  await site.setFaults(
    { stage: 'infrastructure', kind: 'lose-state', times: 1, ...inCreate },
    { stage: 'machines', kind: 'crash', times: 1, ...inCreate },
  );
  const { cluster, job } = await createCluster(client, { name: 'forgetful', profile: PROFILE });
  const { infraId } = await untilStatus(client, cluster.id, 'READY', 'FAILED', 'DESTROYED', 'DESTROY_FAILED');
  expect(await getJob(client, job.id)).toMatchObject({ status: 'SUCCEEDED', attempt: 2 });
  expect(new Set((await site.cloud('forgetful')).map((each) => each.infraId))).toEqual(new Set([infraId]));
  await destroyCluster(client, cluster.id);
  await untilStatus(client, cluster.id, 'DESTROYED', 'DESTROY_FAILED');
  expect(await site.cloud('forgetful')).toEqual([]);
});

test('G2: state lost before the cloud was touched: the create fails and nothing exists', async () => {
  const { site, client } = server();
  await site.setFaults({ stage: 'start', kind: 'lose-state', ...inCreate });
  const { cluster } = await createCluster(client, { name: 'never-begun', profile: PROFILE });
  await untilStatus(client, cluster.id, 'READY', 'FAILED', 'DESTROYED', 'DESTROY_FAILED');
  expect(await site.cloud('never-begun')).toEqual([]);
});
