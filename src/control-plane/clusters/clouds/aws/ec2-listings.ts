import type * as Ec2 from '@aws-sdk/client-ec2';
import { type AwsApi, allAwsPages } from './aws-api.ts';

interface Input {
  readonly Filters: Ec2.Filter[];
  readonly NextToken?: string;
}
type Options = { readonly abortSignal: AbortSignal };
type Ids = readonly (string | undefined)[];
interface Ec2Page {
  readonly items: Ids;
  readonly next: string | undefined;
}

interface Ec2Listing {
  /** Filter by id. Unlike the id parameter, an unknown id in a filter is not an error. */
  readonly filter: string;
  readonly page: (ec2: Ec2.EC2, input: Input, options: Options) => Promise<Ec2Page>;
}

function listing<Output extends { readonly $metadata: unknown; readonly NextToken?: string | undefined }>(
  filter: string,
  describe: (ec2: Ec2.EC2, input: Input, options: Options) => Promise<Output>,
  idsOf: (output: Output) => Ids,
): Ec2Listing {
  return {
    filter,
    page: async (ec2, input, options) => {
      const output = await describe(ec2, input, options);
      return { items: idsOf(output), next: output.NextToken };
    },
  };
}

/** What ended is listed for hours; it costs nothing and blocks nothing. */
const isIn = (state: string | undefined, ended: readonly string[]): boolean =>
  ended.includes(state?.toLowerCase() ?? '');
const ENDED_REQUESTS = ['closed', 'cancelled', 'failed'];
const ENDED_PEERINGS = ['deleted', 'rejected', 'expired', 'failed'];

/** How to list existing resources of EC2 by id, for each kind as it is named in ARNs. */
export const EC2_LISTINGS: Readonly<Record<string, Ec2Listing>> = {
  instance: listing(
    'instance-id',
    (ec2, input, options) => ec2.describeInstances(input, options),
    ({ Reservations = [] }) =>
      Reservations.flatMap(({ Instances = [] }) => Instances)
        .filter(({ State }) => State?.Name !== 'terminated')
        .map(({ InstanceId }) => InstanceId),
  ),
  natgateway: listing(
    'nat-gateway-id',
    (ec2, { Filters, ...page }, options) => ec2.describeNatGateways({ Filter: Filters, ...page }, options),
    ({ NatGateways = [] }) =>
      NatGateways.filter(({ State }) => State !== 'deleted').map(({ NatGatewayId }) => NatGatewayId),
  ),
  'vpc-endpoint': listing(
    'vpc-endpoint-id',
    (ec2, input, options) => ec2.describeVpcEndpoints(input, options),
    ({ VpcEndpoints = [] }) =>
      VpcEndpoints.filter(({ State }) => !isIn(State, ['deleted'])).map(({ VpcEndpointId }) => VpcEndpointId),
  ),
  'elastic-ip': listing(
    'allocation-id',
    (ec2, { Filters }, options) => ec2.describeAddresses({ Filters }, options),
    ({ Addresses = [] }) => Addresses.map(({ AllocationId }) => AllocationId),
  ),
  volume: listing(
    'volume-id',
    (ec2, input, options) => ec2.describeVolumes(input, options),
    ({ Volumes = [] }) => Volumes.map(({ VolumeId }) => VolumeId),
  ),
  snapshot: listing(
    'snapshot-id',
    // Without an owner the listing covers the public snapshots of all accounts.
    (ec2, input, options) => ec2.describeSnapshots({ ...input, OwnerIds: ['self'] }, options),
    ({ Snapshots = [] }) => Snapshots.map(({ SnapshotId }) => SnapshotId),
  ),
  image: listing(
    'image-id',
    (ec2, input, options) => ec2.describeImages({ ...input, Owners: ['self'] }, options),
    ({ Images = [] }) => Images.filter(({ State }) => State !== 'deregistered').map(({ ImageId }) => ImageId),
  ),
  'spot-instances-request': listing(
    'spot-instance-request-id',
    (ec2, input, options) => ec2.describeSpotInstanceRequests(input, options),
    ({ SpotInstanceRequests = [] }) =>
      SpotInstanceRequests.filter(({ State }) => !isIn(State, ENDED_REQUESTS)).map(
        ({ SpotInstanceRequestId }) => SpotInstanceRequestId,
      ),
  ),
  'network-interface': listing(
    'network-interface-id',
    (ec2, input, options) => ec2.describeNetworkInterfaces(input, options),
    ({ NetworkInterfaces = [] }) => NetworkInterfaces.map(({ NetworkInterfaceId }) => NetworkInterfaceId),
  ),
  'security-group': listing(
    'group-id',
    (ec2, input, options) => ec2.describeSecurityGroups(input, options),
    ({ SecurityGroups = [] }) => SecurityGroups.map(({ GroupId }) => GroupId),
  ),
  'security-group-rule': listing(
    'security-group-rule-id',
    (ec2, input, options) => ec2.describeSecurityGroupRules(input, options),
    ({ SecurityGroupRules = [] }) => SecurityGroupRules.map(({ SecurityGroupRuleId }) => SecurityGroupRuleId),
  ),
  subnet: listing(
    'subnet-id',
    (ec2, input, options) => ec2.describeSubnets(input, options),
    ({ Subnets = [] }) => Subnets.map(({ SubnetId }) => SubnetId),
  ),
  vpc: listing(
    'vpc-id',
    (ec2, input, options) => ec2.describeVpcs(input, options),
    ({ Vpcs = [] }) => Vpcs.map(({ VpcId }) => VpcId),
  ),
  'vpc-peering-connection': listing(
    'vpc-peering-connection-id',
    (ec2, input, options) => ec2.describeVpcPeeringConnections(input, options),
    ({ VpcPeeringConnections = [] }) =>
      VpcPeeringConnections.filter(({ Status }) => !isIn(Status?.Code, ENDED_PEERINGS)).map(
        ({ VpcPeeringConnectionId }) => VpcPeeringConnectionId,
      ),
  ),
  'route-table': listing(
    'route-table-id',
    (ec2, input, options) => ec2.describeRouteTables(input, options),
    ({ RouteTables = [] }) => RouteTables.map(({ RouteTableId }) => RouteTableId),
  ),
  'network-acl': listing(
    'network-acl-id',
    (ec2, input, options) => ec2.describeNetworkAcls(input, options),
    ({ NetworkAcls = [] }) => NetworkAcls.map(({ NetworkAclId }) => NetworkAclId),
  ),
  'dhcp-options': listing(
    'dhcp-options-id',
    (ec2, input, options) => ec2.describeDhcpOptions(input, options),
    ({ DhcpOptions = [] }) => DhcpOptions.map(({ DhcpOptionsId }) => DhcpOptionsId),
  ),
  'internet-gateway': listing(
    'internet-gateway-id',
    (ec2, input, options) => ec2.describeInternetGateways(input, options),
    ({ InternetGateways = [] }) => InternetGateways.map(({ InternetGatewayId }) => InternetGatewayId),
  ),
  'key-pair': listing(
    'key-pair-id',
    (ec2, { Filters }, options) => ec2.describeKeyPairs({ Filters }, options),
    ({ KeyPairs = [] }) => KeyPairs.map(({ KeyPairId }) => KeyPairId),
  ),
};

/** A filter accepts 200 values. */
const IDS_PER_CALL = 100;

/** @returns those of the ids that exist. */
export async function existingEc2Ids(
  aws: AwsApi,
  region: string,
  kind: string,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const { filter, page } = EC2_LISTINGS[kind] ?? {};
  if (filter === undefined || page === undefined) throw new TypeError(`not an EC2 resource kind: ${kind}`);
  const ec2 = await aws.clients.ec2(region);
  const found = new Set<string>();
  for (let from = 0; from < ids.length; from += IDS_PER_CALL) {
    const Filters = [{ Name: filter, Values: ids.slice(from, from + IDS_PER_CALL) }];
    const there = await allAwsPages((pageToken) => {
      const input = { Filters, ...(pageToken === undefined ? {} : { NextToken: pageToken }) };
      return aws.call(`describing ${kind} in ${region}`, (options) => page(ec2, input, options));
    });
    for (const id of there) if (id !== undefined) found.add(id);
  }
  return found;
}
