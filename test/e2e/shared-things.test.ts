import { expect, test } from 'vitest';
import { type CloudResource, type NewResource, openCloud } from '../../src/sandbox/cloud.ts';
import { openPostgresSite } from './kit.ts';
import { createCluster, destroyCluster, type Site, untilStatus } from './site.ts';

const PROFILE = 'aws-minimal-test';
const GLOBAL = 'us-east-1';

/** What was there before ocpctl, in the very regions and under the very domain that clusters are made in. */
const OF_THE_COMPANY: readonly NewResource[] = [
  thing('ec2:vpc', 'vpc-company', GLOBAL, { Name: 'the company network' }),
  thing('ec2:subnet', 'subnet-company', GLOBAL, { 'kubernetes.io/cluster/other-x2b4c': 'shared' }),
  thing('ec2:subnet', 'subnet-of-nobody', GLOBAL, {}),
  thing('route53:hostedzone', 'Z0COMPANY', GLOBAL, { Name: 'labs.example.com' }),
  thing('route53:recordset', 'Z0COMPANY-www', GLOBAL, {}, 'www.labs.example.com'),
  // A name that a cluster has as well: DNS knows no owner.
  thing('route53:recordset', 'Z0COMPANY-api', GLOBAL, {}, 'api.tenant.labs.example.com'),
  // Another tool's, with a tag that we use too.
  thing('iam:role', 'deployer', GLOBAL, { ManagedBy: 'terraform', Team: 'platform', Owner: 'admin' }),
];

function thing(
  type: string,
  id: string,
  region: string,
  tags: Readonly<Record<string, string>>,
  name = id,
): NewResource {
  return { id, arn: `arn:aws:company:::${id}`, type, region, name, tags, infraId: 'company' };
}

async function withTheCompanys(site: Site): Promise<CloudResource[]> {
  const cloud = openCloud(site.cloudDir, { caller: 'test' });
  return Promise.all(OF_THE_COMPANY.map((resource) => cloud.create(resource)));
}

const byId = (all: readonly CloudResource[]) => [...all].sort((a, b) => (a.id < b.id ? -1 : 1));

test('L17: G5: what was there before is neither tagged nor deleted nor taken for a residue, by a create, a failed create or a destroy', async () => {
  const { site } = await openPostgresSite();
  const before = byId(await withTheCompanys(site));
  const client = site.client(await site.start());
  const companys = async () => byId((await site.cloud()).filter(({ infraId }) => infraId === 'company'));

  const { cluster } = await createCluster(client, { name: 'tenant', profile: PROFILE });
  await untilStatus(client, cluster.id, 'READY');
  expect(await companys()).toEqual(before);
  await destroyCluster(client, cluster.id);
  await untilStatus(client, cluster.id, 'DESTROYED', 'DESTROY_FAILED');
  expect(byId(await site.cloud())).toEqual(before);

  await site.setFaults({ stage: 'machines', kind: 'fail', failure: 'UnauthorizedOperation', times: 1 });
  const { cluster: failed } = await createCluster(client, { name: 'tenant', profile: PROFILE });
  await untilStatus(client, failed.id, 'DESTROYED', 'DESTROY_FAILED');
  expect(byId(await site.cloud())).toEqual(before);
});

test('G5: what carries the tag of a cluster only as shared is no residue of it', async () => {
  const { site } = await openPostgresSite();
  const client = site.client(await site.start());
  const { cluster } = await createCluster(client, { name: 'guest', profile: PROFILE });
  const { infraId } = await untilStatus(client, cluster.id, 'READY');
  // As the installer marks subnets that a user brought.
  const subnet = thing('ec2:subnet', 'subnet-lent', GLOBAL, {
    [`kubernetes.io/cluster/${infraId}`]: 'shared',
    ClusterId: cluster.id,
  });
  const lent = await openCloud(site.cloudDir, { caller: 'test' }).create(subnet);
  await destroyCluster(client, cluster.id);
  await untilStatus(client, cluster.id, 'DESTROYED');
  expect(await site.cloud()).toEqual([lent]);
});
