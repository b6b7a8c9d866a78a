import {
  DeleteNatGatewayCommand,
  DeleteSecurityGroupCommand,
  DeleteVpcCommand,
  TerminateInstancesCommand,
} from '@aws-sdk/client-ec2';
import { DeleteLoadBalancerCommand as DeleteClassicLoadBalancerCommand } from '@aws-sdk/client-elastic-load-balancing';
import { DeleteLoadBalancerCommand } from '@aws-sdk/client-elastic-load-balancing-v2';
import { DeleteInstanceProfileCommand } from '@aws-sdk/client-iam';
import { beforeEach, expect, it } from 'vitest';
import { type AwsCloud, awsCloud } from '../../src/control-plane/clusters/clouds/aws/aws-cloud.ts';
import { accountOf } from './account.ts';
import { ec2Error, jsonError, xmlError } from './faulty-proxy.ts';
import { CREDENTIALS, describeOnMoto, REGION, sleeplessClock } from './kit.ts';
import { staleTagListing, tagListing } from './tag-listing.ts';

const INFRA = 'demo-4cqs4';
const OWNED = { [`kubernetes.io/cluster/${INFRA}`]: 'owned', Name: `${INFRA}-thing`, ClusterId: 'clu_1' };
const QUERY = {
  clusterId: 'clu_1',
  infraIds: [INFRA],
  regions: [REGION],
  clusterName: 'demo',
  baseDomain: 'labs.example.com',
};

describeOnMoto('read-back of AWS', (fixture) => {
  let account: ReturnType<typeof accountOf>;
  let clock: ReturnType<typeof sleeplessClock>;
  let cloud: AwsCloud;
  const open = (over: Partial<Parameters<typeof awsCloud>[0]> = {}) =>
    awsCloud({
      regionsDefault: REGION,
      endpoint: fixture().endpoint,
      credentials: CREDENTIALS,
      settleMs: 15_000,
      clock,
      random: () => 0.5,
      ...over,
    });
  const find = (query: Parameters<AwsCloud['find']>[0] = QUERY) =>
    cloud.find(query, new AbortController().signal);
  const found = async (query?: Parameters<AwsCloud['find']>[0]) =>
    (await find(query)).map(({ type, name }) => `${type} ${name}`).sort();

  beforeEach(() => {
    account = accountOf(fixture().direct);
    clock = sleeplessClock();
    cloud = open();
  });

  it('G2: nothing is believed only after a second look', async () => {
    await account.vpc();
    expect(await find()).toEqual([]);
    expect(clock.slept).toEqual([15_000]);
  });

  it('G2: finds what appears in the listings only at the second look', async () => {
    clock = sleeplessClock(async () => {
      if (clock.slept.length === 1) await account.vpc(OWNED);
    });
    cloud = open();
    expect(await found()).toEqual([`ec2:vpc ${INFRA}-thing`]);
    expect(clock.slept).toHaveLength(2);
  });

  it('G2: what is deleted between two reads is gone', async () => {
    const vpc = await account.vpc(OWNED);
    clock = sleeplessClock(async () => {
      if (clock.slept.length === 1) await account.ec2.send(new DeleteVpcCommand({ VpcId: vpc }));
    });
    cloud = open();
    expect(await find()).toEqual([]);
    expect(clock.slept).toHaveLength(2);
  });

  it('G2: finds by each of the tags, in every region, with what a person needs to remove it', async () => {
    const vpc = await account.vpc({ [`kubernetes.io/cluster/${INFRA}`]: 'owned', Name: 'demo-vpc' });
    const capa = await account.vpc({ [`sigs.k8s.io/cluster-api-provider-aws/cluster/${INFRA}`]: 'owned' });
    await account.vpc({ ClusterId: 'clu_1', Name: 'by-cluster-id' });
    await accountOf({ ...fixture().direct, region: 'us-east-1' }).vpc({ ClusterId: 'clu_1', Name: 'east-1' });
    await accountOf({ ...fixture().direct, region: 'us-west-2' }).vpc({
      ClusterId: 'clu_1',
      Name: 'not asked',
    });
    await account.vpc({ 'kubernetes.io/cluster/demo-other': 'owned', ClusterId: 'clu_2' });
    expect(await found()).toEqual(
      ['ec2:vpc by-cluster-id', 'ec2:vpc demo-vpc', 'ec2:vpc east-1', `ec2:vpc ${capa}`].sort(),
    );
    expect((await find()).find(({ id }) => id === vpc)).toMatchObject({
      id: vpc,
      arn: `arn:aws:ec2:${REGION}:123456789012:vpc/${vpc}`,
      region: REGION,
      infraId: INFRA,
      tags: { Name: 'demo-vpc' },
    });
  });

  it('G2: reads all pages', async () => {
    const vpc = await account.vpc();
    const tags = Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`tag-${i}`, 'x']));
    // The page size of the API includes tags: three of these fill a page.
    for (let i = 0; i < 7; i++) await account.vpc({ ...tags, ...OWNED, Name: `vpc-${i}` });
    await account.securityGroup(vpc, OWNED);
    expect(await find()).toHaveLength(8);
    const tokens = fixture().proxy.calls.filter(({ text }) => /"PaginationToken":"[^"]/.test(text));
    expect(tokens.length).toBeGreaterThan(1);
  });

  it('G2: terminated instances and deleted gateways that are still listed are no residue', async () => {
    const subnet = await account.subnet(await account.vpc());
    const instance = await account.instance(subnet, OWNED);
    const gateway = await account.natGateway(subnet, OWNED);
    expect(await found()).toEqual([`ec2:instance ${INFRA}-thing`, `ec2:natgateway ${INFRA}-thing`]);
    await account.ec2.send(new TerminateInstancesCommand({ InstanceIds: [instance] }));
    await account.ec2.send(new DeleteNatGatewayCommand({ NatGatewayId: gateway }));
    expect(await found()).toEqual([]);
  });

  it('G2: a listing that shows what its service does not know is not believed', async () => {
    const vpc = await account.vpc();
    const subnet = await account.subnet(vpc);
    const { arn } = await account.loadBalancer(`${INFRA}-ext`, subnet, OWNED);
    const group = await account.securityGroup(vpc, OWNED);
    expect(await found()).toEqual([
      'ec2:security-group demo-4cqs4-thing',
      'elasticloadbalancing:loadbalancer demo-4cqs4-thing',
    ]);
    // A delayed index: all responses are older.
    const ghosts = [
      arn,
      `arn:aws:ec2:${REGION}:123456789012:security-group/${group}`,
      'arn:aws:s3:::demo-4cqs4-image-registry',
      'arn:aws:route53:::hostedzone/Z0GHOST',
      'arn:aws:iam::123456789012:instance-profile/demo-4cqs4-master-profile',
      'arn:aws:iam::123456789012:role/path/demo-4cqs4-master-role',
      'arn:aws:iam::123456789012:oidc-provider/d1.cloudfront.net',
    ];
    await account.elb.send(new DeleteLoadBalancerCommand({ LoadBalancerArn: arn }));
    await account.ec2.send(new DeleteSecurityGroupCommand({ GroupId: group }));
    fixture().proxy.inject(staleTagListing(ghosts.map((ghost) => ({ arn: ghost }))));
    expect(await found()).toEqual([]);
  });

  it('G2: a classic load balancer is residue while its own service knows it, and no longer', async () => {
    const LoadBalancerName = 'a0b1c2d3e4f5061728394a5b6c7d8e9f';
    const subnet = await account.subnet(await account.vpc());
    const arn = await account.classicLoadBalancer(LoadBalancerName, subnet);
    fixture().proxy.inject(tagListing([{ arn, tags: OWNED }]));
    expect(await found()).toEqual(['elasticloadbalancing:loadbalancer demo-4cqs4-thing']);
    await account.classicElb.send(new DeleteClassicLoadBalancerCommand({ LoadBalancerName }));
    expect(await found()).toEqual([]);
  });

  it('G2: finds what tags miss: roles, profiles, users, identity provider, buckets', async () => {
    await account.role(`${INFRA}-master-role`);
    await account.role(`${INFRA}-openshift-ingress-operator-cloud-credentials`);
    await account.instanceProfile(`${INFRA}-bootstrap-profile`);
    await account.user(`${INFRA}-openshift-machine-api-aws-x7k2p`);
    await account.identityProvider(`${INFRA}-oidc.s3.us-east-2.amazonaws.com`);
    await account.bucket(`${INFRA}-oidc`);
    await account.bucket(`openshift-bootstrap-data-${INFRA}`);
    // Resources of other clusters with similar names.
    await account.role('demo-4cqs4x-master-role');
    await account.role('x-demo-4cqs4-master-role');
    await account.instanceProfile('demo-master-profile');
    await account.identityProvider('demo-4cqs4x-oidc.s3.us-east-2.amazonaws.com');
    await account.bucket('openshift-bootstrap-data-demo-4cqs4x');
    expect(await found()).toEqual([
      'iam:instance-profile demo-4cqs4-bootstrap-profile',
      'iam:oidc-provider demo-4cqs4-oidc.s3.us-east-2.amazonaws.com',
      'iam:role demo-4cqs4-master-role',
      'iam:role demo-4cqs4-openshift-ingress-operator-cloud-credentials',
      'iam:user demo-4cqs4-openshift-machine-api-aws-x7k2p',
      's3:bucket demo-4cqs4-oidc',
      's3:bucket openshift-bootstrap-data-demo-4cqs4',
    ]);
    const profile = (await find()).find(({ type }) => type === 'iam:instance-profile');
    expect(profile).toMatchObject({ infraId: INFRA, region: 'us-east-1' });
    await account.iam.send(new DeleteInstanceProfileCommand({ InstanceProfileName: profile?.name }));
    expect(await find()).toHaveLength(6);
  });

  it('L4: G2: reads all pages of roles', async () => {
    for (let i = 0; i < 5; i++) await account.role(`${INFRA}-role-${i}`);
    fixture().proxy.rewriteBody((body) => body.replace('MaxItems=1000', 'MaxItems=2'));
    expect(await find()).toHaveLength(5);
  });

  it('G2: finds the public records of the API and the applications', async () => {
    const zone = await account.zone('labs.example.com');
    await account.alias(zone, 'api.demo.labs.example.com', `${INFRA}-ext-0a1b2c.elb.us-east-2.amazonaws.com`);
    await account.alias(zone, '*.apps.demo.labs.example.com', 'a0123-456.us-east-2.elb.amazonaws.com');
    await account.alias(zone, 'api.demo2.labs.example.com', 'other-ext-0a1b2c.elb.us-east-2.amazonaws.com');
    expect(await found()).toEqual([
      'route53:recordset *.apps.demo.labs.example.com',
      'route53:recordset api.demo.labs.example.com',
    ]);
    expect(await found({ clusterId: 'clu_1', infraIds: [INFRA], regions: [REGION] })).toEqual([]);
    // A cluster without infrastructure has no records.
    expect(await found({ ...QUERY, infraIds: [] })).toEqual([]);
  });

  it('G5: the records of another infrastructure under the same name are not ours', async () => {
    const zone = await account.zone('labs.example.com');
    await account.alias(
      zone,
      'api.demo.labs.example.com',
      'demo-zzzzz-ext-0a1b2c.elb.us-east-2.amazonaws.com',
    );
    await account.alias(zone, '*.apps.demo.labs.example.com', 'a0123-456.us-east-2.elb.amazonaws.com');
    expect(await found()).toEqual([]);
  });

  it('G5: shared things are not ours, whatever else their tags say', async () => {
    const shared = { [`kubernetes.io/cluster/${INFRA}`]: 'shared', ClusterId: 'clu_1' };
    const vpc = await account.vpc({ ...shared, Name: 'the company network' });
    await account.subnet(vpc, shared);
    const zone = await account.zone('labs.example.com');
    const tags = { ClusterId: 'clu_1' };
    fixture().proxy.inject(tagListing([{ arn: `arn:aws:route53:::hostedzone/${zone}`, tags }], 'us-east-1'));
    expect(await found()).toEqual([]);
    // The private zone belongs to the cluster.
    const own = await account.zone('demo.labs.example.com');
    fixture().proxy.reset();
    fixture().proxy.inject(staleTagListing([{ arn: `arn:aws:route53:::hostedzone/${own}` }]));
    expect(await find()).toHaveLength(1);
  });

  it('waits, longer and longer, while AWS asks to slow down', async () => {
    await account.vpc(OWNED);
    const times = 3 * 4;
    fixture().proxy.inject({
      when: ({ service }) => service === 'ec2',
      times,
      status: 503,
      body: ec2Error('RequestLimitExceeded'),
    });
    expect(await found()).toEqual([`ec2:vpc ${INFRA}-thing`]);
    expect(clock.slept).toEqual([375, 750, 1_500, 3_000, 15_000]);
  });

  it('G2: a region that may not be read is an error, not an empty region', async () => {
    for (const [service, body] of [
      ['tagging', jsonError('AccessDeniedException')],
      ['iam', xmlError('AccessDenied')],
      ['route53', xmlError('AccessDenied')],
      ['s3', xmlError('AccessDenied')],
    ] as const) {
      fixture().proxy.inject({ when: (call) => call.service === service, times: 9, status: 403, body });
      await expect(find(), service).rejects.toMatchObject({
        name: 'AwsError',
        code: 'ACCESS_DENIED',
        retryable: false,
      });
      fixture().proxy.reset();
    }
    fixture().proxy.inject({
      when: ({ service }) => service === 'tagging',
      times: 999,
      status: 400,
      body: jsonError('ThrottlingException'),
    });
    await expect(find()).rejects.toMatchObject({ code: 'CLOUD_THROTTLED', retryable: true });
  });

  it('stops when the job is told to', async () => {
    const controller = new AbortController();
    clock = sleeplessClock(() => controller.abort(new Error('told to stop')));
    cloud = open();
    await expect(cloud.find(QUERY, controller.signal)).rejects.toThrow('told to stop');
  });
});
