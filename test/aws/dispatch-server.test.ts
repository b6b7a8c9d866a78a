import { expect, it, onTestFinished } from 'vitest';
import { createCluster, untilStatus } from '../e2e/clusters.ts';
import { eventually } from '../e2e/eventually.ts';
import { openPostgresSite, SHORT_LEASE } from '../e2e/open-site.ts';
import { DispatchFleet } from './dispatch-fleet.ts';
import { CREDENTIALS, describeOnMoto, REGION } from './kit.ts';

describeOnMoto('servers with OCPCTL_SQS_QUEUE_URL', (fixture) => {
  it('workers are woken by SQS, say so, and say when it does not answer; the janitor counts the dead letters', async () => {
    const fleet = await DispatchFleet.open(fixture().direct.endpoint);
    onTestFinished(() => fleet.close());
    const { site } = await openPostgresSite({
      ...SHORT_LEASE,
      AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
      AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
      AWS_REGION: REGION,
      OCPCTL_SQS_QUEUE_URL: fleet.queueUrl,
      OCPCTL_POLL_MS: '2000',
    });
    const metrics = ['--metrics-listen', '127.0.0.1:0'];
    const api = await site.start({ args: ['--role', 'api,janitor', ...metrics] });
    const client = site.client(api);
    await site.start({ args: ['--role', 'worker'] });
    const { cluster } = await createCluster(client, { name: 'woken', profile: 'aws-minimal-test' });
    await untilStatus(client, cluster.id, 'READY');
    expect(fleet.proxy.count('SendMessageBatch')).toBeGreaterThan(0);
    expect(fleet.proxy.count('DeleteMessageBatch')).toBeGreaterThan(0);
    const worker = async () => (await client.GET('/v1/admin/workers', {})).data.items[0];
    expect(await worker()).toMatchObject({ dispatch: 'SQS', dispatchProblem: null });

    const port = /"port":(\d+),"msg":"metrics listening"/.exec(api.log())?.[1];
    const figures = async () => (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    await eventually('the janitor has counted', async () =>
      (await figures()).includes('ocpctl_wake_queue_messages{state="dead"} 0'),
    );

    fleet.proxy.set({ outage: 'reset' });
    await eventually('the worker says that it polls', async () => (await worker())?.dispatchProblem ?? false);
    const { stdout } = await site.cli('admin', 'workers', '-o', 'wide');
    expect(stdout).toContain('polls, because wake-ups do not arrive');
    const { cluster: polled } = await createCluster(client, { name: 'polled', profile: 'aws-minimal-test' });
    await untilStatus(client, polled.id, 'READY');
    fleet.proxy.set({});
    await eventually('wake-ups arrive again', async () => (await worker())?.dispatchProblem === null);
    expect(api.log()).not.toContain('differs from');
  });
});
