import type { Filter, NetworkInterface } from '@aws-sdk/client-ec2';
import type { CloudResource } from '../cloud.ts';
import { type AwsApi, allAwsPages } from './aws-api.ts';
import { parseArn } from './tagged-resources.ts';

const NETWORK = ['ec2:vpc', 'ec2:subnet', 'ec2:security-group'];

/** What of a cluster's network is left in a region, by kind. */
interface LeftNetwork {
  readonly region: string;
  readonly account: string;
  readonly vpcs: readonly string[];
  readonly subnets: readonly string[];
  readonly groups: readonly string[];
}

interface Blocker {
  readonly kind: 'network-interface' | 'vpc-endpoint' | 'security-group-rule';
  readonly id: string;
  readonly note: string;
}

/**
 * What keeps the left VPCs, subnets and security groups of a cluster from being deleted and has no tag of the cluster: network
 * interfaces, VPC endpoints and rules of other security groups, each with who uses it.
 */
export async function networkBlockers(
  aws: AwsApi,
  found: readonly CloudResource[],
): Promise<CloudResource[]> {
  const regions = [
    ...new Set(found.filter(({ type }) => NETWORK.includes(type)).map(({ region }) => region)),
  ];
  const lists = await Promise.all(
    regions.map(async (region) => {
      const left = leftNetwork(found, region);
      const blockers = (
        await Promise.all([interfacesIn(aws, left), endpointsIn(aws, left), rulesThatName(aws, left)])
      ).flat();
      return blockers.map((blocker) => toResource(aws, left, blocker));
    }),
  );
  const known = new Set(found.map(({ arn }) => arn));
  return lists.flat().filter(({ arn }) => !known.has(arn));
}

function leftNetwork(found: readonly CloudResource[], region: string): LeftNetwork {
  const here = found.filter((resource) => resource.region === region);
  const ids = (type: string) => here.filter((resource) => resource.type === type).map(({ id }) => id);
  const account = parseArn(here.find(({ type }) => type.startsWith('ec2:'))?.arn ?? '').account;
  return {
    region,
    account,
    vpcs: ids('ec2:vpc'),
    subnets: ids('ec2:subnet'),
    groups: ids('ec2:security-group'),
  };
}

async function interfacesIn(aws: AwsApi, { region, vpcs, subnets, groups }: LeftNetwork): Promise<Blocker[]> {
  const ec2 = await aws.clients.ec2(region);
  const lists = await Promise.all(
    [
      { Name: 'vpc-id', Values: [...vpcs] },
      { Name: 'subnet-id', Values: [...subnets] },
      { Name: 'group-id', Values: [...groups] },
    ].map((filter) =>
      pagesOf(filter, async (page) => {
        const { NetworkInterfaces = [], NextToken } = await aws.call(
          `listing network interfaces in ${region}`,
          (options) => ec2.describeNetworkInterfaces(page, options),
        );
        return { items: NetworkInterfaces, next: NextToken };
      }),
    ),
  );
  const byId = new Map(lists.flat().map((each) => [each.NetworkInterfaceId ?? '', each]));
  return [...byId].map(([id, each]) => ({ kind: 'network-interface', id, note: interfaceNote(each) }));
}

function interfaceNote({ Attachment, Description, RequesterId, SubnetId, VpcId }: NetworkInterface): string {
  const users = [
    Attachment?.InstanceId && `instance ${Attachment.InstanceId}`,
    Description,
    RequesterId ?? Attachment?.InstanceOwnerId,
  ].filter((part) => part !== undefined && part !== '');
  const where = `in ${SubnetId ?? VpcId}`;
  return users.length === 0 ? `${where}, used by nothing` : `${where}, used by ${users.join(', ')}`;
}

async function endpointsIn(aws: AwsApi, { region, vpcs }: LeftNetwork): Promise<Blocker[]> {
  const ec2 = await aws.clients.ec2(region);
  const endpoints = await pagesOf({ Name: 'vpc-id', Values: [...vpcs] }, async (page) => {
    const { VpcEndpoints = [], NextToken } = await aws.call(`listing VPC endpoints in ${region}`, (options) =>
      ec2.describeVpcEndpoints(page, options),
    );
    return { items: VpcEndpoints, next: NextToken };
  });
  return endpoints
    .filter(({ State }) => State?.toLowerCase() !== 'deleted')
    .map(({ VpcEndpointId = '', VpcId, ServiceName, RequesterManaged, OwnerId }) => ({
      kind: 'vpc-endpoint',
      id: VpcEndpointId,
      note: `in ${VpcId}, for ${ServiceName}${RequesterManaged === true ? `, managed by ${OwnerId}` : ''}`,
    }));
}

/** A security group cannot be deleted while a rule of another group names it. */
async function rulesThatName(aws: AwsApi, { region, groups }: LeftNetwork): Promise<Blocker[]> {
  const ec2 = await aws.clients.ec2(region);
  const filters = ['ip-permission.group-id', 'egress.ip-permission.group-id'];
  const naming = await Promise.all(
    filters.map((Name) =>
      pagesOf({ Name, Values: [...groups] }, async (page) => {
        const { SecurityGroups = [], NextToken } = await aws.call(
          `listing security groups in ${region}`,
          (options) => ec2.describeSecurityGroups(page, options),
        );
        return { items: SecurityGroups.map(({ GroupId = '' }) => GroupId), next: NextToken };
      }),
    ),
  );
  const others = [...new Set(naming.flat())].filter((id) => !groups.includes(id));
  const rules = await pagesOf({ Name: 'group-id', Values: others }, async (page) => {
    const { SecurityGroupRules = [], NextToken } = await aws.call(
      `listing security group rules in ${region}`,
      (options) => ec2.describeSecurityGroupRules(page, options),
    );
    return { items: SecurityGroupRules, next: NextToken };
  });
  return rules.flatMap(({ SecurityGroupRuleId = '', GroupId, ReferencedGroupInfo }) => {
    const named = ReferencedGroupInfo?.GroupId ?? '';
    return groups.includes(named)
      ? [
          {
            kind: 'security-group-rule',
            id: SecurityGroupRuleId,
            note: `of ${GroupId}, names ${named}`,
          } as const,
        ]
      : [];
  });
}

/** @returns all items; none, without a request, if the filter has no values. */
function pagesOf<T>(
  filter: Filter & { readonly Values: readonly string[] },
  fetchPage: (input: { Filters: Filter[]; NextToken?: string }) => Promise<{
    readonly items: readonly T[];
    readonly next: string | undefined;
  }>,
): Promise<T[]> {
  if (filter.Values.length === 0) return Promise.resolve([]);
  return allAwsPages((pageToken) =>
    fetchPage({ Filters: [filter], ...(pageToken === undefined ? {} : { NextToken: pageToken }) }),
  );
}

function toResource(
  aws: AwsApi,
  { region, account }: LeftNetwork,
  { kind, id, note }: Blocker,
): CloudResource {
  return {
    id,
    arn: `arn:aws:ec2:${region}:${account}:${kind}/${id}`,
    type: `ec2:${kind}`,
    region,
    name: id,
    infraId: null,
    tags: {},
    createdAt: aws.now(),
    note,
  };
}
