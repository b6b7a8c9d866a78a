import { expect, onTestFinished, test } from 'vitest';
import { readFaults } from '../../src/sandbox/faults/faults.ts';
import { InstanceMetadataServer } from '../setup/instance-metadata.ts';
import { createCluster, getJob, untilStatus } from './clusters.ts';
import { eventually } from './eventually.ts';
import { openPostgresSite } from './open-site.ts';

test('a server that shuts down says so to its load balancer first, and answers requests until the delay is over', async () => {
  const { site } = await openPostgresSite();
  const server = await site.start({ args: ['--role', 'api', '--drain-delay', '2s'] });
  const client = site.client(server);
  server.signal('SIGTERM');
  const refused = await eventually('it says that it is not ready', async () => {
    const answer = await fetch(`${server.url}/readyz`);
    return answer.status === 503 && answer;
  });
  expect(refused.headers.get('connection')).toBe('close');
  const { cluster } = await createCluster(client, { name: 'late', profile: 'aws-minimal-test' });
  expect(cluster.status).toBe('PENDING');
  expect(await server.exited).toBe(0);
});

test('G11: a worker that is drained claims nothing more, and hands over what does not end in the grace period', async () => {
  const { site } = await openPostgresSite();
  const api = await site.start({ args: ['--role', 'api'] });
  const client = site.client(api);
  const first = await site.start({ args: ['--role', 'worker', '--drain-timeout', '1s'] });
  await site.setFaults({ stage: 'bootstrap', kind: 'hang', times: 1 });
  const { cluster, job } = await createCluster(client, { name: 'handed-over', profile: 'aws-minimal-test' });
  await eventually('the installer hangs', async () =>
    (await readFaults(site.cloudDir)).some(({ used }) => used > 0),
  );
  first.signal('SIGTERM');
  await eventually('it is drained', async () => {
    const { data } = await client.GET('/v1/admin/workers', {});
    return data.items[0]?.status === 'DRAINING';
  });
  const { job: next } = await createCluster(client, { name: 'not-claimed', profile: 'aws-minimal-test' });
  expect(await first.exited).toBe(0);
  expect((await getJob(client, next.id)).status).toBe('PENDING');
  expect(await getJob(client, job.id)).toMatchObject({ status: 'RETRYING', attempt: 0 });
  await site.start({ args: ['--role', 'worker'] });
  await untilStatus(client, cluster.id, 'READY');
  expect(await getJob(client, job.id)).toMatchObject({ status: 'SUCCEEDED', attempt: 1 });
});

test('a spot interruption drains the worker of the instance before it is taken away', async () => {
  const metadata = await InstanceMetadataServer.start();
  onTestFinished(() => metadata.stop());
  const { site } = await openPostgresSite();
  const client = site.client(await site.start({ args: ['--role', 'api'] }));
  const env = { OCPCTL_HOST_NOTICES: 'ec2', AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata.endpoint };
  const spot = await site.start({ args: ['--role', 'worker', '--drain-timeout', '1h'], env });
  await site.setFaults({ stage: 'bootstrap', kind: 'hang', times: 1 });
  const { cluster, job } = await createCluster(client, { name: 'spot', profile: 'aws-minimal-test' });
  await eventually('the installer hangs', async () =>
    (await readFaults(site.cloudDir)).some(({ used }) => used > 0),
  );
  // The job is handed over 20 s before this.
  const time = new Date(Date.now() + 22_000).toISOString();
  metadata.values.set('spot/instance-action', JSON.stringify({ action: 'terminate', time }));
  expect(await spot.exited).toBe(0);
  expect(spot.log()).toContain(`EC2 will terminate this spot instance at ${time}`);
  expect(await getJob(client, job.id)).toMatchObject({ status: 'RETRYING', attempt: 0 });
  // As a service manager would.
  const again = site.spawnServer({ args: ['--role', 'worker'], env });
  again.ready().catch(() => {});
  expect(await again.exited).not.toBe(0);
  expect(again.log()).toContain('this host will be taken away');
  await site.start({ args: ['--role', 'worker'] });
  await untilStatus(client, cluster.id, 'READY');
});
