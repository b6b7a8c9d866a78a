import { describe, expect, test } from 'vitest';
import { validateInstallConfig } from '../../../../src/control-plane/clusters/install-config/validate-install-config.ts';
import { aws, controlPlane, type Document, ibm, problems, SUBNET } from './documents.ts';

/** @returns `field: message; fix` of each problem that only the cloud has */
function rejected(document: Document): string[] {
  return validateInstallConfig(document).map(({ field, message, fix }) => `${field}: ${message}; ${fix}`);
}

describe('names', () => {
  test.each([
    'internal-api',
    'internal',
    'internal.a',
    'sg-one',
    'sg',
    'sthree-x',
    'amzn-s3-demo-x',
    'xn--a',
  ])('R13: "%s" would begin names that AWS reserves', (name) => {
    expect(problems(aws({ metadata: { name } }))).toEqual(['metadata.name CloudRejects']);
    expect(problems(ibm({ metadata: { name } }))).toEqual([]);
  });

  test.each(['internals', 'my-internal-api', 'sgx', 'xn'])('R13: "%s" does not', (name) =>
    expect(problems(aws({ metadata: { name } }))).toEqual([]),
  );
});

describe('tags', () => {
  const tags = (userTags: Document) => problems(aws({}, { userTags }));

  test('R5: keys that differ in case only are one key for IAM', () => {
    expect(rejected(aws({}, { userTags: { Purpose: 'a', Other: 'b', purpose: 'c' } }))).toEqual([
      'platform.aws.userTags[purpose]: AWS compares keys without case, and purpose is also given as Purpose; remove one of them',
    ]);
  });

  test.each(['aws:team', 'AWS:team', 'openshiftClusterID', 'sigs.k8s.io/cluster-api-provider-aws/cluster/x'])(
    'R12: the key %s is reserved',
    (key) => expect(tags({ [key]: 'x' })).toEqual([`platform.aws.userTags[${key}] CloudRejects`]),
  );

  test.each([
    ['a comma in a key', { 'a,b': 'x' }, 'a,b'],
    ['a question mark in a value', { k: 'x?' }, 'k'],
    ['a key that ends in a space', { 'k ': 'x' }, 'k '],
    ['a value with the prefix aws:', { k: 'aws:x' }, 'k'],
  ])('R12: %s', (_, userTags, key) =>
    expect(tags(userTags)).toEqual([`platform.aws.userTags[${key}] CloudRejects`]),
  );

  test('R12: what the installer rejects is not told twice', () =>
    expect(tags({ é: 'x' })).toEqual(['platform.aws.userTags[é] Invalid']));
});

describe('the VPC', () => {
  const vpc = (cidr: string, more: Document = {}, region = 'us-east-2') =>
    rejected(aws({ networking: { machineNetwork: [{ cidr }] }, ...more }, { region }));
  const field = 'networking.machineNetwork[0]';

  test('R12: AWS accepts /16 to /28', () => {
    expect(vpc('10.0.0.0/12')).toEqual([
      `${field}: 10.0.0.0/12 is not a size that AWS accepts for a VPC: /16 to /28; use a network of /16, such as 10.0.0.0/16`,
    ]);
    expect(vpc('10.0.0.0/29')).toHaveLength(1);
    expect(vpc('10.0.0.0/16')).toEqual([]);
  });

  test('R12: the subnets of all zones must be /28 or larger', () => {
    expect(vpc('10.0.0.0/24')).toEqual([
      `${field}: 10.0.0.0/24 is too small for the subnets of 3 zones: they would be /29, and AWS accepts no subnet smaller than /28; use a network of /23 or larger`,
    ]);
    expect(vpc('10.0.0.0/23')).toEqual([]);
  });

  test('R12: a region with more zones needs a larger network, one with fewer a smaller', () => {
    expect(vpc('10.0.0.0/23', {}, 'us-east-1')).toEqual([
      expect.stringContaining('6 zones: they would be /29'),
    ]);
    expect(vpc('10.0.0.0/22', {}, 'us-east-1')).toEqual([]);
    expect(vpc('10.0.0.0/25', {}, 'us-west-1')).toEqual([]);
    const zones = { zones: ['us-east-1a', 'us-east-1b'] };
    const two = { ...controlPlane({ aws: zones }), compute: [{ name: 'worker', platform: { aws: zones } }] };
    expect(vpc('10.0.0.0/25', two, 'us-east-1')).toEqual([]);
  });

  test('R12: a private cluster has no public subnets', () => {
    expect(vpc('10.0.0.0/24', { publish: 'Internal' })).toEqual([]);
  });

  test('R12: every machine has an address', () => {
    const many = { compute: [{ name: 'worker', replicas: 200 }] };
    expect(vpc('10.0.0.0/23', many)).toEqual([
      `${field}: 10.0.0.0/23 is too small for 203 machines: its 3 private subnets of /26 have 174 addresses for them; use a network of /22 or larger`,
    ]);
    expect(vpc('10.0.0.0/22', many)).toEqual([]);
  });

  test('R12: existing subnets have a VPC already', () => {
    const networking = { machineNetwork: [{ cidr: '10.0.0.0/12' }] };
    expect(problems(aws({ networking }, { vpc: { subnets: [{ id: SUBNET }] } }))).toEqual([]);
  });
});

test.each([
  [
    { type: 'gp3', size: 120, iops: 100 },
    '100 IOPS are too few for gp3, which has at least 3000; use 3000 to 60000',
  ],
  [{ type: 'gp3', size: 100, iops: 60_000 }, 'at most 500 for each GiB, and 80000 in all; use 3000 to 50000'],
  [{ type: 'io1', size: 100, iops: 64_000 }, '64000 IOPS are too many for io1 with 100 GiB'],
  [{ type: 'IO2', size: 100, iops: 99 }, '99 IOPS are too few for io2'],
])('R12: IOPS outside the limits of the volume type: %j', (rootVolume, expected) => {
  const at = 'controlPlane.platform.aws.rootVolume.iops: ';
  const [problem] = rejected(aws(controlPlane({ aws: { rootVolume } })));
  expect(problem).toContain(at);
  expect(problem).toContain(expected);
});

test.each([
  { type: 'gp3', size: 120, iops: 3000 },
  { type: 'gp3', size: 120 },
  { type: 'io2', size: 100, iops: 64_000 },
])('R12: IOPS within the limits: %j', (rootVolume) =>
  expect(problems(aws(controlPlane({ aws: { rootVolume } })))).toEqual([]),
);
