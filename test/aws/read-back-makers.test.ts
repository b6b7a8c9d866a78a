import { beforeEach, expect, it } from 'vitest';
import { awsCloud } from '../../src/control-plane/clusters/clouds/aws/aws-cloud.ts';
import { accountOf } from './account.ts';
import { CREDENTIALS, describeOnMoto, REGION, sleeplessClock } from './kit.ts';
import { staleTagListing } from './tag-listing.ts';

const INFRA = 'payments-pr-12345-dcwvj';
/** Shares the first 20 characters, all that the credential operator uses. */
const NEIGHBOUR = 'payments-pr-12345-dcxyz';
const owned = (infraId: string) => ({ [`kubernetes.io/cluster/${infraId}`]: 'owned' });
const QUERY = {
  clusterId: 'clu_1',
  infraIds: [INFRA],
  regions: [REGION],
  clusterName: 'payments-pr-12345',
  baseDomain: 'labs.example.com',
};

describeOnMoto('read-back of what programs on a cluster name in their own way', (fixture) => {
  let account: ReturnType<typeof accountOf>;
  beforeEach(() => {
    account = accountOf(fixture().direct);
  });
  const find = (query: Parameters<ReturnType<typeof awsCloud>['find']>[0] = QUERY) =>
    awsCloud({
      regionsDefault: REGION,
      endpoint: fixture().endpoint,
      credentials: CREDENTIALS,
      settleMs: 15_000,
      clock: sleeplessClock(),
      random: () => 0.5,
    }).find(query, new AbortController().signal);
  const found = async (query?: Parameters<typeof find>[0]) =>
    (await find(query)).map(({ type, name }) => `${type} ${name}`).sort();

  it('R1: G2: a user of the credential operator, whose name has 20 characters of the infraID, is found', async () => {
    const user = 'payments-pr-12345-dc-openshift-image-registry-x7k2p';
    await account.user(user, owned(INFRA));
    expect(await found()).toEqual([`iam:user ${user}`]);
  });

  it('R1: G5: tags of a neighbour win over a name that fits both clusters', async () => {
    const prefix = 'payments-pr-12345-dc';
    await account.user(`${prefix}-openshift-ingress-aaaaa`, owned(NEIGHBOUR));
    await account.user(`${prefix}-openshift-machine-api-bbbbb`, owned(INFRA));
    await account.user(`${prefix}-untagged-ccccc`);
    // A cluster that is named like this infraID: its infraID begins with ours.
    await account.role(`${INFRA}-qqqqq-master-role`, owned(`${INFRA}-qqqqq`));
    await account.instanceProfile(`${INFRA}-qqqqq-master-profile`, owned(`${INFRA}-qqqqq`));
    await account.bucket(`${INFRA}-qqqqq-image-registry-us-east-2-x`, owned(`${INFRA}-qqqqq`));
    await account.role(`${INFRA}-master-role`, owned(INFRA));
    await account.bucket(`${INFRA}-image-registry-us-east-2-x`, owned(INFRA));
    expect(await found()).toEqual([
      `iam:role ${INFRA}-master-role`,
      `iam:user ${prefix}-openshift-machine-api-bbbbb`,
      `iam:user ${prefix}-untagged-ccccc`,
      `s3:bucket ${INFRA}-image-registry-us-east-2-x`,
    ]);
  });

  it('R1: the bucket of the image registry, whose name has no repeated dashes, is found', async () => {
    await account.bucket('a-b-x1y2z-image-registry-us-east-2-padding');
    expect(await found({ ...QUERY, infraIds: ['a--b-x1y2z'], clusterName: 'a--b' })).toEqual([
      's3:bucket a-b-x1y2z-image-registry-us-east-2-padding',
    ]);
  });

  it('R2: G2: every record at or below the domain is found, in each zone, of whatever type', async () => {
    const domain = 'payments-pr-12345.labs.example.com';
    const zone = await account.zone('labs.example.com');
    const parent = await account.zone('example.com');
    const vpc = await account.vpc();
    const internal = await account.zone('labs.example.com', vpc);
    await account.record(zone, `*.shard.${domain}`, 'A', '192.0.2.1');
    await account.record(zone, `shard.${domain}`, 'TXT', '"heritage=external-dns"');
    await account.record(zone, domain, 'A', '192.0.2.1');
    await account.record(parent, `deep.below.${domain}`, 'A', '192.0.2.1');
    await account.record(internal, `registry.${domain}`, 'A', '10.0.0.1');
    // Others' records: a name that only ends alike, and the domain above.
    await account.record(zone, `x${domain}`, 'A', '192.0.2.2');
    await account.record(zone, 'payments-pr-1234.labs.example.com', 'A', '192.0.2.2');
    await account.record(zone, 'labs.example.com', 'TXT', '"company"');
    expect(await found()).toEqual([
      `route53:recordset *.shard.${domain}`,
      `route53:recordset deep.below.${domain}`,
      `route53:recordset ${domain}`,
      `route53:recordset registry.${domain}`,
      `route53:recordset shard.${domain}`,
    ]);
  });

  it('R2: reads all pages of records', async () => {
    const zone = await account.zone('labs.example.com');
    for (let i = 0; i < 7; i++)
      await account.record(zone, `r${i}.payments-pr-12345.labs.example.com`, 'A', '192.0.2.1');
    fixture().proxy.rewrite((path) => path.replace('maxitems=300', 'maxitems=2'));
    expect(await found()).toHaveLength(7);
  });

  it('R2: G5: a cluster whose base domain is below ours keeps its records', async () => {
    const zone = await account.zone('labs.example.com');
    const domain = 'payments-pr-12345.labs.example.com';
    await account.alias(zone, `api.${domain}`, `${INFRA}-ext-0a1b.elb.us-east-2.amazonaws.com`);
    await account.alias(zone, `api.inner.${domain}`, 'inner-ppppp-ext-0a1b.elb.us-east-2.amazonaws.com');
    await account.record(zone, `*.apps.inner.${domain}`, 'A', '192.0.2.9');
    expect(await found()).toEqual([`route53:recordset api.${domain}`]);
  });

  it('R2: the private zone of a cluster is found by its own tags, a namesake of another cluster is not', async () => {
    const domain = 'payments-pr-12345.labs.example.com';
    const vpc = await account.vpc();
    const ours = await account.zone(domain, vpc);
    await account.tagZone(ours, owned(INFRA));
    const other = await account.zone(domain, await account.vpc());
    await account.tagZone(other, owned('payments-pr-12345-zzzzz'));
    await account.record(other, `api.${domain}`, 'A', '10.0.0.1');
    const zones = (await find()).filter(({ type }) => type.startsWith('route53:'));
    expect(zones.map(({ type, id }) => [type, id])).toEqual([['route53:hostedzone', ours]]);
  });

  it('R2: G2: G5: of an existing zone that is shared, only the records are residue', async () => {
    const domain = 'payments-pr-12345.labs.example.com';
    const zone = await account.zone(domain, await account.vpc());
    await account.tagZone(zone, { [`kubernetes.io/cluster/${INFRA}`]: 'shared' });
    await account.record(zone, `api-int.${domain}`, 'A', '10.0.0.1');
    expect(await found()).toEqual([`route53:recordset api-int.${domain}`]);
  });

  it('R2: G2: a private zone that the installer made and could not tag is residue', async () => {
    const domain = 'payments-pr-12345.labs.example.com';
    await account.zone(domain, await account.vpc(), 'Created by Openshift Installer');
    expect(await found()).toEqual([`route53:hostedzone ${domain}`]);
  });

  const listed = (arns: readonly string[]) =>
    fixture().proxy.inject(
      staleTagListing(
        arns.map((arn) => ({ arn })),
        REGION,
      ),
    );
  const arnOf = (service: string, rest: string) => `arn:aws:${service}:${REGION}:123456789012:${rest}`;

  it('R7: what the tag API still lists is asked of its own service', async () => {
    // moto does not know the filter of this call.
    fixture().proxy.inject({
      when: ({ text }) => text.includes('Action=DescribeNetworkAcls'),
      times: 9,
      status: 200,
      body: '<DescribeNetworkAclsResponse><networkAclSet/></DescribeNetworkAclsResponse>',
    });
    listed([
      arnOf('elasticloadbalancing', 'listener/net/x/0123456789abcdef/0123456789abcdef'),
      arnOf('elasticloadbalancing', 'listener-rule/app/x/0123456789abcdef/0123456789abcdef/0123456789abcdef'),
      arnOf('ec2', 'snapshot/snap-0123456789abcdef0'),
      arnOf('ec2', 'image/ami-0123456789abcdef0'),
      arnOf('ec2', 'dhcp-options/dopt-0123456789abcdef0'),
      arnOf('ec2', 'network-acl/acl-0123456789abcdef0'),
      arnOf('ec2', 'launch-template/lt-0123456789abcdef0'),
      arnOf('ec2', 'spot-instances-request/sir-01234567'),
      arnOf('ec2', 'security-group-rule/sgr-0123456789abcdef0'),
      arnOf('ec2', 'vpc-peering-connection/pcx-0123456789abcdef0'),
      arnOf('ec2', 'key-pair/key-0123456789abcdef0'),
      arnOf('elasticfilesystem', 'file-system/fs-0123456789abcdef0'),
      'arn:aws:iam::123456789012:policy/gone',
    ]);
    expect(await found()).toEqual([]);
  });

  it('R7: what exists of these is residue; a kind that ocpctl cannot ask for says so', async () => {
    const vpc = await account.vpc();
    const dhcp = await account.dhcpOptions();
    const volume = await account.volume();
    const snapshot = await account.snapshot(volume);
    const template = await account.launchTemplate('demo');
    listed([
      arnOf('ec2', `dhcp-options/${dhcp}`),
      arnOf('ec2', `snapshot/${snapshot}`),
      arnOf('ec2', `launch-template/${template}`),
      arnOf('ec2', 'verified-access-group/vagr-1'),
    ]);
    expect(vpc).toMatch(/^vpc-/);
    const residue = await find();
    expect(residue.map(({ type, note }) => [type, note])).toEqual([
      ['ec2:dhcp-options', undefined],
      ['ec2:launch-template', undefined],
      ['ec2:snapshot', undefined],
      ['ec2:verified-access-group', expect.stringContaining('no check whether it still exists')],
    ]);
  });

  it('R16: what blocks the removal of a network and has no tag is named, with who uses it', async () => {
    const vpc = await account.vpc(owned(INFRA));
    const subnet = await account.subnet(vpc, owned(INFRA));
    const group = await account.securityGroup(vpc, owned(INFRA));
    const eni = await account.networkInterface(subnet, 'AWS Lambda VPC ENI-reports');
    const endpoint = await account.vpcEndpoint(vpc);
    const foreign = await account.securityGroup(await account.vpc(), {}, 'company');
    await account.allowFrom(foreign, group);
    // An interface in another VPC is not part of the cluster.
    await account.networkInterface(await account.subnet(await account.vpc()), 'other');
    const residue = (await find()).map(({ type, id, note }) => [type, id, note]);
    expect(residue).toContainEqual([
      'ec2:network-interface',
      eni,
      expect.stringMatching(`in ${subnet}, used by AWS Lambda VPC ENI-reports`),
    ]);
    expect(residue).toContainEqual([
      'ec2:vpc-endpoint',
      endpoint,
      expect.stringContaining(`in ${vpc}, for `),
    ]);
    expect(residue).toContainEqual([
      'ec2:security-group-rule',
      expect.stringMatching(/^sgr-/),
      `of ${foreign}, names ${group}`,
    ]);
    expect(residue).toHaveLength(6);
  });
});
