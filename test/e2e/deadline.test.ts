import { expect, test } from 'vitest';
import { createCluster, destroyCluster, getCluster, untilStatus } from './clusters.ts';
import { eventually } from './eventually.ts';
import { openPostgresSite } from './open-site.ts';

const PROFILE = 'aws-minimal-test';

test('L19: G3: every status but DESTROYED obeys the deadline', async () => {
  const { site, moveClock } = await openPostgresSite();
  const server = await site.start({ args: ['--concurrency', '1'] });
  const client = site.client(server);
  const named = (clusterName: string) => ({ match: { clusterName } });
  await site.setFaults(
    { stage: 'infrastructure', kind: 'fail', failure: 'UnauthorizedOperation', ...named('failed') },
    { stage: 'destroy', kind: 'blind', times: 3, ...named('residue') },
    { stage: 'machines', kind: 'hang', ...named('creating') },
  );
  const make = async (name: string, onFailure: 'destroy' | 'preserve' = 'destroy') =>
    (await createCluster(client, { name, profile: PROFILE, ttlHours: 8, onFailure })).cluster.id;

  const ready = await make('ready');
  await untilStatus(client, ready, 'READY');
  const failed = await make('failed', 'preserve');
  await untilStatus(client, failed, 'FAILED');
  const residue = await make('residue');
  await untilStatus(client, residue, 'READY');
  await destroyCluster(client, residue);
  await untilStatus(client, residue, 'DESTROY_FAILED');
  // The only slot is held by a create that hangs, so that the next cluster stays PENDING.
  const creating = await make('creating');
  await eventually('the create hangs in the middle', async () =>
    (await site.cloud()).some(
      ({ type, infraId }) => type === 'ec2:instance' && infraId.startsWith('creating-'),
    ),
  );
  const pending = await make('pending');

  const ids = [ready, failed, residue, creating, pending];
  const statuses = await Promise.all(ids.map(async (id) => (await getCluster(client, id)).status));
  expect(statuses).toEqual(['READY', 'FAILED', 'DESTROY_FAILED', 'CREATING', 'PENDING']);
  await moveClock('9 hours');
  for (const id of ids) await untilStatus(client, id, 'DESTROYED');
  expect(await site.cloud()).toEqual([]);
  expect(site.overlaps()).toEqual([]);
});
