import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { components } from '../../../../src/contract/api.gen.ts';
import { type Cloud, CloudError } from '../../../../src/control-plane/clusters/clouds/cloud.ts';
import { scanForOrphans } from '../../../../src/control-plane/clusters/orphans/scan.ts';
import { statement } from '../../../../src/control-plane/kernel/db/statement.ts';
import { openSimulatedCloud } from '../../../../src/sandbox/cloud/simulated-cloud.ts';
import { createCluster, newName, transitionThrough } from '../../http/kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from '../../http/kit/installation.ts';
import { call, newKey } from '../../http/kit/requests.ts';
import type { TestServer } from '../../http/kit/server.ts';

type Orphan = components['schemas']['Orphan'];

const ACCOUNT = '111122223333';
const OURS = { InstallationId: 'ins_test', ClusterId: 'clu_lost', Owner: 'bob', Team: 'lab' };
const { signal } = new AbortController();
let installation: TestInstallation;
let server: TestServer;
let admin: Person;
let cloud: Cloud;

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server();
  admin = await installation.person('root', 'platform_admin@*');
  cloud = server.services.clouds.byKind('sandbox');
});
afterAll(() => installation.stop());
beforeEach(() => installation.db.script('delete from orphans'));

const simulated = () => openSimulatedCloud(join(installation.directory, 'cloud'), { caller: 'test' });

async function plant(infraId: string, tags: Record<string, string>, id = `vpc-${infraId}`): Promise<void> {
  const arn = `arn:aws:ec2:us-east-1:${ACCOUNT}:vpc/${id}`;
  await simulated().create({
    ...{ id, arn, type: 'ec2:vpc', region: 'us-east-1', name: id, infraId },
    tags: { [`kubernetes.io/cluster/${infraId}`]: 'owned', ...tags },
  });
}

const remove = (infraId: string) => simulated().remove({ id: `vpc-${infraId}`, infraId });
const scan = (of: Cloud = cloud) =>
  scanForOrphans(server.services, of, { signal, commit: (work) => installation.db.tx(work) });

async function list(query = ''): Promise<Record<string, Orphan>> {
  const { text } = await call(server, admin, { target: `/v1/admin/orphans${query}` });
  const { items } = JSON.parse(text) as { items: Orphan[] };
  return Object.fromEntries(items.map((orphan) => [orphan.infraId, orphan]));
}

/** A cluster with an infraID in the simulated account. */
async function cluster(
  name: string,
  ...statuses: Parameters<typeof transitionThrough>[2][]
): Promise<string> {
  const { cluster: made } = await createCluster(server, admin, { name, team: newName('team') });
  await installation.db.script(
    `update clusters set cloud_account = '${ACCOUNT}', infra_id = '${name}-aaaaa' where id = '${made.id}'`,
  );
  await transitionThrough(installation.db, made.id, ...statuses);
  return made.id;
}

const foundEvents = statement({
  name: 'test.orphans_found',
  text: `select team, data from notification_events where type = 'orphans.found'`,
  params: {},
  row: { team: 'text?', data: 'jsonb' },
});
const events = () => installation.db.query(foundEvents, {});

/** As if the sightings so far were made this long ago. */
const agoBy = (interval: string) =>
  installation.db.script(
    `update orphans set first_seen_at = first_seen_at - interval '${interval}', oldest_at = oldest_at - interval '${interval}'`,
  );

test('an infraID is an orphan after two sightings far enough apart, with its last known owner and cost', async () => {
  await plant('lost-bcdfg', OURS);
  await scan();
  expect((await list())['lost-bcdfg']).toMatchObject({
    status: 'SEEN',
    sightings: 1,
    owner: 'bob',
    team: 'lab',
  });
  await agoBy('25 hours');
  expect((await list())['lost-bcdfg']).toMatchObject({ status: 'SEEN', sightings: 1 });
  await scan();
  expect((await list())['lost-bcdfg']).toMatchObject({ status: 'ORPHANED', sightings: 2, resourceCount: 1 });
  await scan();
  // Told once, to those who are told of the whole installation.
  expect(await events()).toEqual([
    {
      team: null,
      data: expect.objectContaining({
        account: ACCOUNT,
        orphans: [expect.objectContaining({ infraId: 'lost-bcdfg', owner: 'bob', resources: 1 })],
      }),
    },
  ]);
  await installation.db.script(`update orphans set oldest_at = clock_now() - interval '2 hours'`);
  expect((await list())['lost-bcdfg']).toMatchObject({ status: 'SEEN' });
  await remove('lost-bcdfg');
  await scan();
  expect(await list()).toEqual({});
  expect((await list('?status=GONE'))['lost-bcdfg']).toMatchObject({ status: 'GONE' });
  // What comes back is counted anew.
  await plant('lost-bcdfg', OURS);
  await scan();
  expect((await list())['lost-bcdfg']).toMatchObject({ status: 'SEEN', sightings: 1 });
  await remove('lost-bcdfg');
});

test('G5: clusters that live, also in a create without an infraID, are never seen; ended ones are; foreign ones are told apart', async () => {
  const ready = newName('ready');
  const ended = newName('ended');
  const creating = newName('creating');
  await cluster(ready, 'CREATING', 'READY');
  const endedId = await cluster(ended, 'CREATING', 'DESTROYING', 'DESTROYED');
  const { cluster: begun } = await createCluster(server, admin, { name: creating, team: newName('team') });
  await transitionThrough(installation.db, begun.id, 'CREATING');
  await plant(`${ready}-aaaaa`, {});
  await plant(`${ended}-aaaaa`, {});
  await plant(`${creating}-bbbbb`, OURS);
  await plant('other-bcdfg', { InstallationId: 'ins_other', ClusterId: 'clu_other' });
  await plant('tagless-bcdfg', {});
  const { seen } = await scan();
  expect([...seen].sort()).toEqual([`${ended}-aaaaa`, 'other-bcdfg', 'tagless-bcdfg'].sort());
  const orphans = await list();
  expect(orphans[`${ended}-aaaaa`]).toMatchObject({ status: 'SEEN', clusterId: endedId, clusterName: ended });
  expect(orphans['other-bcdfg']).toMatchObject({ status: 'FOREIGN' });
  expect(orphans['tagless-bcdfg']).toMatchObject({ status: 'FOREIGN' });
  // Another cluster of the name begins: this infraID is known to be of the ended one, and is not swept while the name is used.
  await createCluster(server, admin, { name: ended, team: newName('team') });
  await scan();
  expect((await list())[`${ended}-aaaaa`]).toMatchObject({ status: 'SEEN', sightings: 2 });
  for (const infraId of [
    `${ready}-aaaaa`,
    `${ended}-aaaaa`,
    `${creating}-bbbbb`,
    'other-bcdfg',
    'tagless-bcdfg',
  ])
    await remove(infraId);
});

test('what cannot be read stays: a failed listing closes nothing, and neither does another account', async () => {
  await plant('lost-bcdfg', OURS);
  await scan();
  await remove('lost-bcdfg');
  const failing = new CloudError('CLOUD_UNAVAILABLE', 'no answer', { hint: '', retryable: true });
  await expect(scan({ ...cloud, proposeOrphans: () => Promise.reject(failing) })).rejects.toThrow(
    'no answer',
  );
  expect(await scan({ ...cloud, find: () => Promise.reject(failing) })).toMatchObject({
    unread: ['lost-bcdfg'],
  });
  let asked = 0;
  const account = async () => (asked++ === 0 ? ACCOUNT : '444455556666');
  await expect(scan({ ...cloud, account })).rejects.toThrow('444455556666');
  await scan({ ...cloud, account: async () => '444455556666' });
  expect((await list())['lost-bcdfg']).toMatchObject({ status: 'SEEN', account: ACCOUNT });
  await scan();
  expect(await list()).toEqual({});
});

test('a scan searches the regions that profiles of the platform allow, and no others', async () => {
  const searched: string[][] = [];
  const proposeOrphans: Cloud['proposeOrphans'] = async ({ regions }) => {
    searched.push([...regions].sort());
    return [];
  };
  await scan({ ...cloud, kind: 'aws', proposeOrphans });
  await scan({ ...cloud, kind: 'ibmcloud', proposeOrphans });
  expect(searched).toEqual([
    ['us-east-1', 'us-east-2', 'us-west-1', 'us-west-2'],
    ['eu-de', 'us-east', 'us-south'],
  ]);
});

test('ignore is recorded with its reason, can be undone, and a dry run changes nothing', async () => {
  await plant('lost-bcdfg', OURS);
  await scan();
  const { id = '' } = (await list())['lost-bcdfg'] ?? {};
  const ignore = async (body: object, query = '') =>
    JSON.parse(
      (
        await call(server, admin, {
          ...{ method: 'POST', target: `/v1/admin/orphans/${id}/ignore${query}`, body },
          headers: { 'idempotency-key': newKey() },
        })
      ).text,
    );
  expect(await ignore({ ignored: true }, '?dryRun=true')).toMatchObject({ ignored: { by: 'local:root' } });
  expect((await list())['lost-bcdfg']).toMatchObject({ status: 'SEEN', ignored: null });
  const reason = 'kept for the audit';
  expect(await ignore({ ignored: true, reason })).toMatchObject({ status: 'IGNORED', ignored: { reason } });
  await scan();
  expect((await list())['lost-bcdfg']).toMatchObject({ status: 'IGNORED' });
  expect(await ignore({ ignored: false })).toMatchObject({ status: 'SEEN', ignored: null });
  await remove('lost-bcdfg');
});
