import { describe, expect, it } from 'vitest';
import {
  infraIdOfAwsTags,
  isShared,
  ownerTags,
} from '../../../../../src/control-plane/clusters/clouds/aws/aws-ownership.ts';
import { quotaProblem } from '../../../../../src/control-plane/clusters/clouds/aws/aws-preflight.ts';
import { isStandardFamily } from '../../../../../src/control-plane/clusters/clouds/aws/instance-vcpus.ts';
import { infraIdOfName } from '../../../../../src/control-plane/clusters/clouds/aws/name-makers.ts';
import { parseArn } from '../../../../../src/control-plane/clusters/clouds/aws/tagged-resources.ts';
import { pollUntilConsistent } from '../../../../../src/control-plane/clusters/clouds/poll-until-consistent.ts';

const QUERY = { clusterId: 'clu_1', infraIds: ['demo-aaaaa', 'demo-bbbbb'], regions: ['us-east-2'] };

describe('looks that have to agree', () => {
  it.each([
    ['nothing, twice', ['', ''], ''],
    ['something, twice', ['a', 'b'], 'b'],
    ['late to appear', ['', 'a', 'a'], 'a'],
    ['late to go', ['a', '', ''], ''],
    ['there once, in between', ['', 'a', '', ''], ''],
    ['never sure', ['', 'a', '', 'b', '', 'c'], 'c'],
    ['never sure, and empty at the end', ['a', '', 'b', '', 'c', ''], 'c'],
  ])('G2: %s', async (_, looks, answer) => {
    const left = looks.map((look) => [...look]);
    let pauses = 0;
    const found = await pollUntilConsistent(
      async () => left.shift() ?? ['looked once too often'],
      async () => void pauses++,
    );
    expect(found.join('')).toBe(answer);
    expect([left.length, pauses]).toEqual([0, looks.length - 1]);
  });
});

describe('ARNs', () => {
  it.each([
    ['arn:aws:ec2:us-east-2:1:vpc/vpc-1', 'ec2', 'us-east-2', 'vpc', 'vpc-1'],
    [
      'arn:aws:elasticloadbalancing:us-east-2:1:loadbalancer/net/n/0a',
      'elasticloadbalancing',
      'us-east-2',
      'loadbalancer',
      'net/n/0a',
    ],
    ['arn:aws:iam::1:role/path/name', 'iam', '', 'role', 'path/name'],
    ['arn:aws:s3:::demo-oidc', 's3', '', 'bucket', 'demo-oidc'],
    ['arn:aws:route53:::hostedzone/Z1', 'route53', '', 'hostedzone', 'Z1'],
    [
      'arn:aws-us-gov:logs:us-gov-west-1:1:log-group:/aws/x:y',
      'logs',
      'us-gov-west-1',
      'log-group',
      '/aws/x:y',
    ],
    ['arn:aws:sqs:us-east-2:1:queue', 'sqs', 'us-east-2', 'queue', 'queue'],
  ])('%s', (arn, service, region, kind, id) => {
    expect(parseArn(arn)).toMatchObject({ service, region, kind, id });
  });
});

describe('whose a thing is', () => {
  it('G2: asks for every infrastructure that the cluster ever had', () => {
    expect(ownerTags(QUERY).map(({ key, value }) => `${key}=${value}`)).toEqual([
      'ClusterId=clu_1',
      'kubernetes.io/cluster/demo-aaaaa=owned',
      'sigs.k8s.io/cluster-api-provider-aws/cluster/demo-aaaaa=owned',
      'openshift.io/cloud-credential-operator/demo-aaaaa=owned',
      'kubernetes.io/cluster/demo-bbbbb=owned',
      'sigs.k8s.io/cluster-api-provider-aws/cluster/demo-bbbbb=owned',
      'openshift.io/cloud-credential-operator/demo-bbbbb=owned',
    ]);
  });

  it('G5: what is only shared is not ours; what one cluster owns and others share is', () => {
    expect(isShared({ 'kubernetes.io/cluster/demo-aaaaa': 'shared', ClusterId: 'clu_1' })).toBe(true);
    expect(
      isShared({ 'kubernetes.io/cluster/demo-aaaaa': 'owned', 'kubernetes.io/cluster/x-1': 'shared' }),
    ).toBe(false);
    expect(isShared({ ClusterId: 'clu_1' })).toBe(false);
  });

  it('names the infrastructure by tag, or by a name that begins with it', () => {
    expect(infraIdOfAwsTags({ 'kubernetes.io/cluster/demo-bbbbb': 'owned' }, QUERY)).toBe('demo-bbbbb');
    expect(infraIdOfAwsTags({ 'kubernetes.io/cluster/demo-bbbbb': 'shared' }, QUERY)).toBeNull();
    expect(infraIdOfName('iam:role', 'demo-bbbbb-master-role', QUERY.infraIds)).toBe('demo-bbbbb');
    expect(infraIdOfName('iam:role', 'demo-bbbbbb-master-role', QUERY.infraIds)).toBeNull();
    expect(infraIdOfName('iam:role', 'x-demo-bbbbb-role', QUERY.infraIds)).toBeNull();
  });
});

describe('limits', () => {
  const quota = { code: 'L-1', name: 'things', limit: 10, used: 4, needed: 3 };
  const asked = (needed: number, createsInFlight: number) =>
    quotaProblem({ ...quota, needed }, { region: 'us-east-2', createsInFlight })?.code;

  it('refuses only what is proven not to fit', () => {
    expect([asked(6, 0), asked(7, 0), asked(3, 1), asked(3, 2), asked(0, 9)]).toEqual([
      undefined,
      'QUOTA_SHORTFALL',
      undefined,
      'QUOTA_RESERVED',
      undefined,
    ]);
  });

  it('counts the families of the standard limit and no others', () => {
    const types = [
      'm6i.xlarge',
      't3.micro',
      'c7gn.large',
      'im4gn.large',
      'is4gen.large',
      'z1d.large',
      'a1.large',
    ];
    expect(types.filter((type) => !isStandardFamily(type))).toEqual([]);
    const others = [
      'p3.2xlarge',
      'g5.xlarge',
      'inf2.xlarge',
      'hpc7a.96xlarge',
      'mac2.metal',
      'dl1.24xlarge',
      'trn1.2xlarge',
      'x2idn.large',
      'u-6tb1.metal',
      'vt1.3xlarge',
      'f1.2xlarge',
    ];
    expect(others.filter(isStandardFamily)).toEqual([]);
  });
});
