import { expect, test } from 'vitest';
import { readFaults } from '../../src/sandbox/faults/faults.ts';
import { getCluster, untilStatus } from './clusters.ts';
import { eventually } from './eventually.ts';
import { openPostgresSite } from './open-site.ts';

test('G3: a client that is killed, in whatever way, costs at most the length of the keepalive; a cluster lives while its client renews', async () => {
  // The moves of the clock are no pause of the API: shorter than the lease.
  const { site, moveClock } = await openPostgresSite({ OCPCTL_LEASE_MS: String(60 * 60_000) });
  const server = await site.start();
  const client = site.client(server);
  await site.setFaults(
    { stage: 'machines', kind: 'hang', times: 1, match: { clusterName: 'killed' } },
    { stage: 'machines', kind: 'hang', times: 1, match: { clusterName: 'cancelled' } },
  );
  const asked = ['--profile', 'aws-minimal-test', '--ttl', '8h', '--wait'];
  const create = (name: string) => site.command(['create', name, ...asked, '--keepalive', '15m']);
  const [killed, cancelled] = [create('killed'), create('cancelled')];
  expect((await site.cli('create', 'kept', ...asked)).code).toBe(0);
  const keeper = site.command(['keepalive', 'kept', '--set', '15m', '--interval', '1s']);
  await eventually('both creates hang in the middle', async () =>
    (await readFaults(site.cloudDir)).every(({ used }) => used > 0),
  );
  const clusters = async () => {
    const { items } = (await client.GET('/v1/clusters', {})).data;
    return Object.fromEntries(items.map((cluster) => [cluster.name, cluster]));
  };
  const idOf = async (name: string) => (await clusters())[name]?.id ?? '';
  const ids = [await idOf('killed'), await idOf('cancelled')];
  const kept = await idOf('kept');

  killed.child.kill('SIGKILL');
  cancelled.child.kill('SIGTERM');
  expect((await killed.finished).code).toBe('SIGKILL');
  const stopped = await cancelled.finished;
  expect(stopped.code).toBe(143);
  expect(stopped.stderr).toContain(
    'cancelled is still being created, and is destroyed within 15m unless it is renewed',
  );
  expect(stopped.stderr).toContain("'ocpctl keepalive cancelled'");

  const renewedAtMs = async () => Date.parse((await getCluster(client, kept)).keepalive?.renewedAt ?? '');
  await eventually('the third is tied to its client', async () => (await renewedAtMs()) > 0);
  await moveClock('10 minutes');
  const beforeMs = await renewedAtMs();
  await eventually('the client of the third renews', async () => (await renewedAtMs()) > beforeMs);
  expect(
    Object.values(await clusters())
      .map(({ status }) => status)
      .sort(),
  ).toEqual(['CREATING', 'CREATING', 'READY']);
  await moveClock('15 minutes 30 seconds');
  for (const id of ids) await untilStatus(client, id, 'DESTROYED');
  expect((await getCluster(client, kept)).status).toBe('READY');
  expect((await site.cloud()).filter(({ infraId }) => !infraId.startsWith('kept-'))).toEqual([]);

  keeper.child.kill('SIGTERM');
  const ended = await keeper.finished;
  expect(ended.code).toBe(143);
  expect(ended.stderr).toMatch(
    /^Stopped renewing: kept is destroyed at .*Z unless it is renewed: 'ocpctl keepalive kept'\.$/m,
  );
  await moveClock('31 minutes 30 seconds');
  await untilStatus(client, kept, 'DESTROYED');
});

test('G3: a server that is away for longer than the keepalive finds its clusters alive, and their clients go on', async () => {
  const { site, moveClock } = await openPostgresSite();
  const first = await site.start();
  const listen = new URL(first.url).host;
  const created = await site.cli(
    'create',
    'tied',
    '--profile',
    'aws-minimal-test',
    '--wait',
    '--keepalive',
    '5m',
  );
  expect(created.stderr).toMatch(/tied is destroyed at .* unless it is renewed: 'ocpctl keepalive tied'\./);
  const { id, keepalive } = JSON.parse((await site.cli('get', 'tied', '--json')).stdout);
  const keeper = site.command(['keepalive', 'tied', '--interval', '1s']);
  let client = site.client(first);
  const isRenewedAfter = (ms: number) => async () => {
    const cluster = await getCluster(client, id);
    expect(cluster.status).toBe('READY');
    return Date.parse(cluster.keepalive?.renewedAt ?? '') > ms;
  };
  await eventually('the client renews', isRenewedAfter(Date.parse(keepalive.renewedAt)));
  await first.kill();
  await eventually('the client finds no server', () =>
    keeper.stderr().includes('Cannot renew the keepalive of tied'),
  );
  await moveClock('2 hours');
  client = site.client(await site.start({ listen }));
  await eventually('the client renews again', isRenewedAfter(Date.now() + 3_600_000));
  keeper.child.kill('SIGKILL');
  expect((await keeper.finished).stderr).toContain('Renewed the keepalive of tied.');
});
