import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { type NewResource, openSimulatedCloud } from '../../src/sandbox/cloud/simulated-cloud.ts';
import { createCluster, destroyCluster, untilStatus } from './clusters.ts';
import { useServer } from './open-site.ts';

const EXAMPLES = fileURLToPath(new URL('../../profiles/examples', import.meta.url));
const NAMES = ['arm64', 'fips', 'pools', 'private-vpc', 'proxy-mirrors', 'single-node', 'spot-workers'];

/** What the profiles name, as the installer of another cluster has tagged it. */
const EXISTING: readonly NewResource[] = [
  ...['1', '2', '3'].map((n) => existing('ec2:subnet', `subnet-0a1b2c3d4e5f6071${n}`)),
  existing('route53:hostedzone', 'Z0123456789ABCDEFGHIJ'),
];

function existing(type: string, id: string): NewResource {
  const tags = { 'kubernetes.io/cluster/other-x2b4c': 'shared' };
  return {
    id,
    arn: `arn:aws:company:::${id}`,
    type,
    region: 'us-east-1',
    name: id,
    tags,
    infraId: 'company',
  };
}

const server = useServer(
  { OCPCTL_TEAM_CONCURRENT_CREATES: '7', OCPCTL_TEAM_ACTIVE_CLUSTERS: '12' },
  { args: ['--profiles', EXAMPLES] },
  async (site) => {
    const cloud = openSimulatedCloud(site.cloudDir, { caller: 'test' });
    for (const resource of EXISTING) await cloud.create(resource);
  },
);

test('F7: a cluster of each example profile is planned, created and destroyed, and nothing of it is left', async () => {
  const { site, client } = server();
  const plans = await Promise.all(
    NAMES.map((name) => site.cli('create', name, '--profile', `aws-${name}`, '--dry-run', '--json')),
  );
  expect(plans.map(({ code, stderr }) => [code, stderr])).toEqual(NAMES.map(() => [0, expect.anything()]));

  const ready = await Promise.all(
    NAMES.map(async (name) => {
      const { cluster } = await createCluster(client, { name, profile: `aws-${name}` });
      return untilStatus(client, cluster.id, 'READY');
    }),
  );
  const made = await site.cloud();
  const typesOf = (name: string) => {
    const infraId = ready.find((cluster) => cluster.name === name)?.infraId;
    return new Set(made.filter((resource) => resource.infraId === infraId).map(({ type }) => type));
  };
  for (const name of ['private-vpc', 'proxy-mirrors']) {
    const network = ['ec2:vpc', 'ec2:subnet', 'ec2:natgateway', 'ec2:elastic-ip'];
    expect(network.filter((type) => typesOf(name).has(type))).toEqual([]);
  }
  expect(typesOf('private-vpc')).not.toContain('route53:hostedzone');
  expect(typesOf('private-vpc')).toContain('route53:recordset');
  expect((await site.cli('logs', 'spot-workers')).stdout).toContain('workers are spot instances');

  expect((await site.cli('logs', 'proxy-mirrors')).stdout).toContain(
    'added manifests of the profile: openshift/99-master-chrony.yaml, openshift/99-worker-chrony.yaml, manifests/operatorhub.yaml',
  );

  const poolsId = ready.find(({ name }) => name === 'pools')?.infraId ?? '';
  const machines = made.filter(({ type, infraId }) => type === 'ec2:instance' && infraId === poolsId);
  const ofPool = (pool: string) =>
    machines.filter(({ name }) => name.startsWith(`${poolsId}-${pool}-`)).length;
  expect(['master', 'worker', 'infra', 'build'].map(ofPool)).toEqual([3, 2, 2, 1]);

  await Promise.all(
    ready.map(async ({ id }) => {
      await destroyCluster(client, id);
      await untilStatus(client, id, 'DESTROYED');
    }),
  );
  const left = (await site.cloud()).map(({ id }) => id).sort();
  expect(left).toEqual(EXISTING.map(({ id }) => id).sort());
}, 120_000);
