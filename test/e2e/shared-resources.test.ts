import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import {
  type NewResource,
  openSimulatedCloud,
  type SimulatedResource,
} from '../../src/sandbox/cloud/simulated-cloud.ts';
import { createCluster, destroyCluster, untilStatus } from './clusters.ts';
import { useServer } from './open-site.ts';
import type { Site } from './site.ts';

const PROFILE = 'aws-minimal-test';
const GLOBAL = 'us-east-1';
const SHIPPED = fileURLToPath(new URL('../../profiles/ibm-minimal-test.yaml', import.meta.url));
const OWN_NETWORK = `    resourceGroup: site-group
    vpcName: site-vpc
    controlPlaneSubnets: [site-subnet-1]
    computeSubnets: [site-subnet-2]
`;

/** What was there before ocpctl, in the very regions and under the very domain that clusters are made in. */
const COMPANY_RESOURCES: readonly NewResource[] = [
  existingResource('ec2:vpc', 'vpc-company', GLOBAL, { Name: 'the company network' }),
  existingResource('ec2:subnet', 'subnet-company', GLOBAL, { 'kubernetes.io/cluster/other-x2b4c': 'shared' }),
  existingResource('ec2:subnet', 'subnet-without-owner', GLOBAL, {}),
  existingResource('route53:hostedzone', 'Z0COMPANY', GLOBAL, { Name: 'labs.example.com' }),
  existingResource('route53:recordset', 'Z0COMPANY-www', GLOBAL, {}, 'www.labs.example.com'),
  // A name that a cluster has as well: DNS knows no owner.
  existingResource('route53:recordset', 'Z0COMPANY-api', GLOBAL, {}, 'api.tenant.labs.example.com'),
  // Another tool's, with a tag that we use too.
  existingResource('iam:role', 'deployer', GLOBAL, {
    ManagedBy: 'terraform',
    Team: 'platform',
    Owner: 'admin',
  }),
];

function existingResource(
  type: string,
  id: string,
  region: string,
  tags: Readonly<Record<string, string>>,
  name = id,
): NewResource {
  return { id, arn: `arn:aws:company:::${id}`, type, region, name, tags, infraId: 'company' };
}

async function addResources(site: Site, resources: readonly NewResource[]): Promise<void> {
  const cloud = openSimulatedCloud(site.cloudDir, { caller: 'test' });
  for (const resource of resources) await cloud.create(resource);
}

const server = useServer({}, { args: ['--profiles', 'profiles'] }, async (site) => {
  await addResources(site, [...COMPANY_RESOURCES, ...SHARED_NETWORK]);
  mkdirSync(join(site.folder, 'profiles'));
  const text = readFileSync(SHIPPED, 'utf8').replace('name: ibm-minimal-test', 'name: ibm-own-network');
  writeFileSync(join(site.folder, 'profiles', 'ibm-own-network.yaml'), withOwnNetwork(text));
});

const byId = (all: readonly SimulatedResource[]) => [...all].sort((a, b) => (a.id < b.id ? -1 : 1));

test('L17: G5: what was there before is neither tagged nor deleted nor taken for a residue, by a create, a failed create or a destroy', async () => {
  const { site, client } = server();
  const before = byId(await site.cloud());
  expect(before).toHaveLength(COMPANY_RESOURCES.length + SHARED_NETWORK.length);
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

test('G5: what carries the tag of a cluster only as shared is not residue of it', async () => {
  const { site, client } = server();
  const before = await site.cloud();
  const { cluster } = await createCluster(client, { name: 'guest', profile: PROFILE });
  const { infraId } = await untilStatus(client, cluster.id, 'READY');
  // As the installer marks subnets that a user brought.
  const subnet = existingResource('ec2:subnet', 'subnet-lent', GLOBAL, {
    [`kubernetes.io/cluster/${infraId}`]: 'shared',
    ClusterId: cluster.id,
  });
  const lent = await openSimulatedCloud(site.cloudDir, { caller: 'test' }).create(subnet);
  await destroyCluster(client, cluster.id);
  await untilStatus(client, cluster.id, 'DESTROYED');
  expect(byId(await site.cloud())).toEqual(byId([...before, lent]));
});

/** A network of the site, and what its neighbours have in it. */
const SHARED_NETWORK: readonly NewResource[] = [
  existingResource('resource-controller:resource-group', 'site-group', 'us-south', {}),
  existingResource('is:vpc', 'site-vpc', 'us-south', {}),
  existingResource('is:subnet', 'site-subnet-1', 'us-south', {}),
  existingResource('is:subnet', 'site-subnet-2', 'us-south', {}),
  existingResource('is:public-gateway', 'site-gateway', 'us-south', {}),
  existingResource('is:instance', 'neighbour-database', 'us-south', { ManagedBy: 'terraform' }),
  existingResource('is:security-group', 'neighbour-group', 'us-south', {}),
];

test.each(['with its snapshots', 'when every snapshot is lost'])(
  'G5: a cluster in a network of the site is destroyed, %s; the network and the neighbours stay as they were',
  async (how) => {
    const { site, client } = server();
    const before = byId(await site.cloud());
    const { cluster } = await createCluster(client, { name: 'tenant', profile: 'ibm-own-network' });
    await untilStatus(client, cluster.id, 'READY', 'FAILED', 'DESTROYED', 'DESTROY_FAILED');
    const made = (await site.cloud()).filter(({ infraId }) => infraId !== 'company');
    expect(made.map(({ type }) => type)).toContain('is:instance');
    for (const type of ['is:vpc', 'is:subnet', 'is:public-gateway', 'resource-controller:resource-group'])
      expect(made.map((resource) => resource.type)).not.toContain(type);
    if (how === 'when every snapshot is lost') rmSync(join(site.dataDir, 'artifacts'), { recursive: true });
    const destroyed = await site.cli('destroy', 'tenant', '--yes', '--wait');
    expect(destroyed).toMatchObject({ code: 0 });
    expect(byId(await site.cloud())).toEqual(before);
  },
);

/** One region, because a network belongs to one. */
function withOwnNetwork(profile: string): string {
  return `${profile
    .replace(/^ {2}allowlist: \[us-south.*$/m, '  allowlist: [us-south]')
    .replace(/^platformConfig:[\s\S]*$/m, '')}platformConfig:\n  ibmcloud:\n${OWN_NETWORK}`;
}
