import { afterAll, beforeAll, expect, test } from 'vitest';
import { transition } from '../../../../src/control-plane/clusters/service/cluster-transitions.ts';
import { clusterExpiryTask } from '../../../../src/control-plane/clusters/tasks/expiry.ts';
import { statement } from '../../../../src/control-plane/kernel/db/statement.ts';
import { newId } from '../../../../src/control-plane/kernel/ids.ts';
import { JobQueue } from '../../../../src/control-plane/kernel/jobs/queue.ts';
import { createCluster } from '../../http/kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from '../../http/kit/installation.ts';
import { NO_DISPATCHER, type TestServer } from '../../http/kit/server.ts';

const listEvents = statement({
  name: 'test.list_notification_events',
  text: `
    select e.type, e.team, e.subject_name as "name", e.data,
      array(select t.name from notification_deliveries d join notification_targets t on t.id = d.target_id
        where d.event_id = e.id order by 1) as "targets"
    from notification_events e where e.subject = $1 order by e.id`,
  params: { subject: 'text' },
  row: { type: 'text', team: 'text?', name: 'text', data: 'jsonb', targets: 'text[]' },
});

let installation: TestInstallation;
let server: TestServer;
let ann: Person;
beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server();
  ann = await installation.person('ann', 'requester@a');
  await installation.db.script(`
    insert into notification_targets (id, name, kind, address, team, event_types, created_by, disabled_at, disabled_reason) values
      ('ntf_1', 'all', 'webhook', 'a.example', null, '{}', 'x', null, null),
      ('ntf_2', 'team-a-ready', 'webhook', 'a.example', 'a', '{cluster.ready}', 'x', null, null),
      ('ntf_3', 'team-b', 'webhook', 'a.example', 'b', '{}', 'x', null, null),
      ('ntf_4', 'off', 'webhook', 'a.example', null, '{}', 'x', clock_now(), 'HTTP 410');`);
});
afterAll(() => installation.stop());

const eventsOf = (id: string) => installation.db.query(listEvents, { subject: id });

test('what happens to a cluster is published with the change itself, once, to the targets that want it', async () => {
  const { db } = installation;
  const { cluster } = await createCluster(server, ann, { name: 'demo' });
  const change = (from: 'PENDING' | 'CREATING', to: 'CREATING' | 'READY') =>
    db.tx((tx) => transition(tx, cluster.id, { from, to, reason: 'installed' }));
  await change('PENDING', 'CREATING');
  const undone = db.tx(async (tx) => {
    await transition(tx, cluster.id, { from: 'CREATING', to: 'READY', reason: 'installed' });
    throw new Error('the transaction ends');
  });
  await expect(undone).rejects.toThrow('the transaction ends');
  expect(await eventsOf(cluster.id)).toEqual([]);

  await change('CREATING', 'READY');
  await expect(change('CREATING', 'READY')).rejects.toThrow('no longer CREATING');
  expect(await eventsOf(cluster.id)).toMatchObject([
    {
      type: 'cluster.ready',
      team: 'a',
      name: 'demo',
      data: { clusterId: cluster.id, status: 'READY', profile: 'aws-minimal-test', reason: 'installed' },
      // A disabled one gets it by a replay.
      targets: ['all', 'off', 'team-a-ready'],
    },
  ]);
});

test('an expiry is published once, however often the destroy is repeated', async () => {
  const { db } = installation;
  const queue = new JobQueue(NO_DISPATCHER, newId, 3);
  const { cluster } = await createCluster(server, ann);
  const task = clusterExpiryTask({ db, queue, secrets: installation.secrets }, 1_000);
  for (const [from, to] of [
    ['PENDING', 'CREATING'],
    ['CREATING', 'READY'],
  ] as const)
    await db.tx((tx) => transition(tx, cluster.id, { from, to, reason: 'test' }));
  await db.script(
    `update clusters set destroy_at = clock_now() - interval '1 minute' where id = '${cluster.id}'`,
  );
  await task.run(new AbortController().signal, (work) => db.tx(work));
  await db.tx((tx) =>
    transition(tx, cluster.id, { from: 'DESTROYING', to: 'DESTROY_FAILED', reason: 'residue' }),
  );
  await task.run(new AbortController().signal, (work) => db.tx(work));
  expect((await eventsOf(cluster.id)).map(({ type }) => type)).toEqual([
    'cluster.ready',
    'cluster.expired',
    'cluster.destroy_failed',
  ]);
});
