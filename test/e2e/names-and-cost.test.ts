import { expect, test } from 'vitest';
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
