import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { addPoolMachineSets } from '../../../../src/control-plane/clusters/installer/pool-machine-sets.ts';
import { useSpotInstances } from '../../../../src/control-plane/clusters/installer/worker-machine-sets.ts';

const LABEL = 'machine.openshift.io/cluster-api';
const TAGS = [{ name: 'kubernetes.io/cluster/demo-x2b4c', value: 'owned' }];

/** A machine set as openshift-install 4.20 writes it for AWS. */
function machineSet(role: string, zone: string): object {
  const name = `demo-x2b4c-${role}-${zone}`;
  const ids = { [`${LABEL}-cluster`]: 'demo-x2b4c', [`${LABEL}-machineset`]: name };
  const value = {
    ami: { id: 'ami-0f1' },
    instanceType: 'm6i.2xlarge',
    placement: { availabilityZone: zone, region: 'us-east-1' },
    subnet: { filters: [{ name: 'tag:Name', values: [`demo-x2b4c-subnet-private-${zone}`] }] },
    blockDevices: [{ ebs: { encrypted: true, iops: 3000, volumeSize: 120, volumeType: 'gp3' } }],
    tags: TAGS,
  };
  return {
    apiVersion: 'machine.openshift.io/v1beta1',
    kind: 'MachineSet',
    metadata: { name, namespace: 'openshift-machine-api', labels: { [`${LABEL}-cluster`]: 'demo-x2b4c' } },
    spec: {
      replicas: 1,
      selector: { matchLabels: ids },
      template: {
        metadata: { labels: { ...ids, [`${LABEL}-machine-role`]: role, [`${LABEL}-machine-type`]: role } },
        spec: { lifecycleHooks: {}, metadata: {}, providerSpec: { value } },
      },
    },
  };
}

let dir: string;
let folder: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'ocpctl-pools-'));
  folder = join(dir, 'openshift');
  mkdirSync(folder);
  const sets = [machineSet('worker', 'us-east-1a'), machineSet('worker', 'us-east-1b')];
  for (const [index, set] of [...sets, machineSet('edge', 'us-east-1-bos-1a')].entries()) {
    const name = `99_openshift-cluster-api_worker-machineset-${index}.yaml`;
    writeFileSync(join(folder, name), stringify(set));
  }
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

const written = (pool: string) =>
  readdirSync(folder)
    .filter((name) => name.includes(`_${pool}-machineset`))
    .sort()
    .map((name) => parse(readFileSync(join(folder, name), 'utf8')));

test('R17: a pool gets a machine set in each zone of the workers, with their subnets and tags', async () => {
  await addPoolMachineSets(dir, [{ name: 'infra', instanceType: 'm6i.xlarge', replicas: 3 }]);
  const sets = written('infra');
  expect(sets.map(({ metadata, spec }) => [metadata.name, spec.replicas])).toEqual([
    ['demo-x2b4c-infra-us-east-1a', 2],
    ['demo-x2b4c-infra-us-east-1b', 1],
  ]);
  const { selector, template } = sets[0].spec;
  expect(selector.matchLabels[`${LABEL}-machineset`]).toBe('demo-x2b4c-infra-us-east-1a');
  expect(template.metadata.labels).toMatchObject(selector.matchLabels);
  // Not those of the workers: a scale selects by them.
  expect(template.metadata.labels).toMatchObject({
    [`${LABEL}-machine-role`]: 'infra',
    [`${LABEL}-machine-type`]: 'infra',
  });
  expect(template.spec.metadata.labels).toEqual({ 'node-role.kubernetes.io/infra': '' });
  const { value } = template.spec.providerSpec;
  expect(value).toMatchObject({ instanceType: 'm6i.xlarge', ami: { id: 'ami-0f1' }, tags: TAGS });
  expect(value.subnet.filters[0].values).toEqual(['demo-x2b4c-subnet-private-us-east-1a']);
  expect(value.blockDevices[0].ebs).toEqual({
    encrypted: true,
    iops: 3000,
    volumeSize: 120,
    volumeType: 'gp3',
  });
  expect(value).not.toHaveProperty('spotMarketOptions');
});

test('R17: a pool has its own zones, volume, key and spot instances', async () => {
  await addPoolMachineSets(dir, [
    {
      name: 'build',
      instanceType: 'm6i.4xlarge',
      replicas: 1,
      zones: ['us-east-1b'],
      rootVolume: { type: 'gp2', size: 500 },
      kmsKey: 'arn:aws:kms:us-east-1:111122223333:key/k',
      spot: true,
    },
  ]);
  const [set, ...others] = written('build');
  expect(others).toEqual([]);
  const { value } = set.spec.template.spec.providerSpec;
  expect(value.placement.availabilityZone).toBe('us-east-1b');
  expect(value.spotMarketOptions).toEqual({});
  expect(value.blockDevices[0].ebs).toEqual({
    encrypted: true,
    volumeSize: 500,
    volumeType: 'gp2',
    kmsKey: { arn: 'arn:aws:kms:us-east-1:111122223333:key/k' },
  });
});

test('R17: a pool in a zone without a subnet is refused with the zones that have one', async () => {
  const pool = { name: 'infra', instanceType: 'm6i.xlarge', replicas: 1, zones: ['us-east-1f'] };
  await expect(addPoolMachineSets(dir, [pool])).rejects.toMatchObject({
    code: 'POOL_ZONE_MISSING',
    message: 'the pool infra is in us-east-1f, and the cluster has subnets in us-east-1a, us-east-1b',
  });
});

test('R17: spot workers leave the machines of edge zones as they are', async () => {
  await useSpotInstances(dir);
  const spot = written('worker').map(
    ({ spec }) => 'spotMarketOptions' in spec.template.spec.providerSpec.value,
  );
  expect(spot).toEqual([true, true, false]);
});
