import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { readFaults } from '../../src/sandbox/faults/faults.ts';
import { createCluster, destroyCluster, untilStatus } from './clusters.ts';
import { eventually } from './eventually.ts';
import { SHORT_LEASE, useServer } from './open-site.ts';

const WORKER = ['--role', 'worker'];
const open = useServer(SHORT_LEASE, { args: ['--role', 'api,janitor'] });

test('V6: a destroy whose last worker was killed says on which host, in which attempt and phase, and what to do', async () => {
  const { site, client, db } = open();
  const worker = await site.start({ args: WORKER });
  const { cluster } = await createCluster(client, { name: 'killed', profile: 'aws-minimal-test' });
  await untilStatus(client, cluster.id, 'READY');
  await site.setFaults({ stage: 'destroy-half', kind: 'hang', times: 1 });
  const { job } = await destroyCluster(client, cluster.id);
  await eventually('the installer hangs in the middle of the destroy', async () =>
    (await readFaults(site.cloudDir)).some(({ used }) => used > 0),
  );
  await db.script(`update jobs set max_attempts = 1 where id = '${job?.id}'`);
  await worker.kill();
  await site.start({ args: WORKER });
  await untilStatus(client, cluster.id, 'DESTROY_FAILED');
  const [{ id: workerId = '' } = {}] = (await client.GET('/v1/admin/workers', {})).data.items.filter(
    ({ status }) => status === 'LOST',
  );
  const what = `the worker ${workerId} on ${hostname()} stopped answering during attempt 1 of 1, in phase destroy`;
  const error = `${what} (check the log and the memory of that host, then start the operation again)`;
  for (const argv of [
    ['get', 'killed'],
    ['jobs', 'get', job?.id ?? ''],
  ])
    expect((await site.cli(...argv)).stdout).toContain(`WORKER_LOST: ${error}\n`);
  const logs = await site.cli('logs', 'killed', '--level', 'warn');
  expect(logs.stdout).toMatch(new RegExp(`Z warn  destroy +${what}\n`));
  const wait = await site.cli('wait', 'killed', '--for', 'destroyed');
  expect(wait).toMatchObject({ code: 10, stdout: '' });
  expect(wait.stderr).toContain(what);
  expect(await site.cli('destroy', 'killed', '--yes', '--wait')).toMatchObject({ code: 0 });
});
