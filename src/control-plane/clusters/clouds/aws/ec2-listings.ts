import type * as Ec2 from '@aws-sdk/client-ec2';
import { type AwsApi, allAwsPages } from './aws-api.ts';

interface Page {
  readonly items: readonly (string | undefined)[];
  readonly next?: string | undefined;
}
interface Input {
  readonly Filters: Ec2.Filter[];
  readonly NextToken?: string;
}
type Options = { readonly abortSignal: AbortSignal };

interface Ec2Listing {
  /** Filter by id. Unlike the id parameter, an unknown id in a filter is not an error. */
  readonly filter: string;
  readonly page: (sdk: typeof Ec2, client: Ec2.EC2Client, input: Input, options: Options) => Promise<Page>;
}

/** How to list existing resources of EC2 by id, for each kind as it is named in ARNs. */
export const EC2_LISTINGS: Readonly<Record<string, Ec2Listing>> = {
  instance: {
    filter: 'instance-id',
    page: async ({ DescribeInstancesCommand }, client, input, options) => {
      const { Reservations = [], NextToken } = await client.send(
        new DescribeInstancesCommand(input),
        options,
      );
      const instances = Reservations.flatMap(({ Instances = [] }) => Instances);
      // Terminated instances are listed for about an hour; they cost nothing and block nothing.
      const alive = instances.filter(({ State }) => State?.Name !== 'terminated');
      return { items: alive.map(({ InstanceId }) => InstanceId), next: NextToken };
    },
  },
  natgateway: {
    filter: 'nat-gateway-id',
    page: async ({ DescribeNatGatewaysCommand }, client, { Filters, ...page }, options) => {
      const command = new DescribeNatGatewaysCommand({ Filter: Filters, ...page });
      const { NatGateways = [], NextToken } = await client.send(command, options);
      const alive = NatGateways.filter(({ State }) => State !== 'deleted');
      return { items: alive.map(({ NatGatewayId }) => NatGatewayId), next: NextToken };
    },
  },
  'vpc-endpoint': {
    filter: 'vpc-endpoint-id',
    page: async ({ DescribeVpcEndpointsCommand }, client, input, options) => {
      const { VpcEndpoints = [], NextToken } = await client.send(
        new DescribeVpcEndpointsCommand(input),
        options,
      );
      const alive = VpcEndpoints.filter(({ State }) => State?.toLowerCase() !== 'deleted');
      return { items: alive.map(({ VpcEndpointId }) => VpcEndpointId), next: NextToken };
    },
  },
  'elastic-ip': {
    filter: 'allocation-id',
    page: async ({ DescribeAddressesCommand }, client, { Filters }, options) => {
      const { Addresses = [] } = await client.send(new DescribeAddressesCommand({ Filters }), options);
      return { items: Addresses.map(({ AllocationId }) => AllocationId) };
    },
  },
  volume: {
    filter: 'volume-id',
    page: async ({ DescribeVolumesCommand }, client, input, options) => {
      const { Volumes = [], NextToken } = await client.send(new DescribeVolumesCommand(input), options);
      return { items: Volumes.map(({ VolumeId }) => VolumeId), next: NextToken };
    },
  },
  'network-interface': {
    filter: 'network-interface-id',
    page: async ({ DescribeNetworkInterfacesCommand }, client, input, options) => {
      const command = new DescribeNetworkInterfacesCommand(input);
      const { NetworkInterfaces = [], NextToken } = await client.send(command, options);
      return {
        items: NetworkInterfaces.map(({ NetworkInterfaceId }) => NetworkInterfaceId),
        next: NextToken,
      };
    },
  },
  'security-group': {
    filter: 'group-id',
    page: async ({ DescribeSecurityGroupsCommand }, client, input, options) => {
      const { SecurityGroups = [], NextToken } = await client.send(
        new DescribeSecurityGroupsCommand(input),
        options,
      );
      return { items: SecurityGroups.map(({ GroupId }) => GroupId), next: NextToken };
    },
  },
  subnet: {
    filter: 'subnet-id',
    page: async ({ DescribeSubnetsCommand }, client, input, options) => {
      const { Subnets = [], NextToken } = await client.send(new DescribeSubnetsCommand(input), options);
      return { items: Subnets.map(({ SubnetId }) => SubnetId), next: NextToken };
    },
  },
  vpc: {
    filter: 'vpc-id',
    page: async ({ DescribeVpcsCommand }, client, input, options) => {
      const { Vpcs = [], NextToken } = await client.send(new DescribeVpcsCommand(input), options);
      return { items: Vpcs.map(({ VpcId }) => VpcId), next: NextToken };
    },
  },
  'route-table': {
    filter: 'route-table-id',
    page: async ({ DescribeRouteTablesCommand }, client, input, options) => {
      const { RouteTables = [], NextToken } = await client.send(
        new DescribeRouteTablesCommand(input),
        options,
      );
      return { items: RouteTables.map(({ RouteTableId }) => RouteTableId), next: NextToken };
    },
  },
  'internet-gateway': {
    filter: 'internet-gateway-id',
    page: async ({ DescribeInternetGatewaysCommand }, client, input, options) => {
      const command = new DescribeInternetGatewaysCommand(input);
      const { InternetGateways = [], NextToken } = await client.send(command, options);
      return { items: InternetGateways.map(({ InternetGatewayId }) => InternetGatewayId), next: NextToken };
    },
  },
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
  const listing = EC2_LISTINGS[kind];
  if (listing === undefined) throw new TypeError(`not an EC2 resource kind: ${kind}`);
  const sdk = await import('@aws-sdk/client-ec2');
  const client = await aws.clients.ec2(region);
  const found = new Set<string>();
  for (let from = 0; from < ids.length; from += IDS_PER_CALL) {
    const Filters = [{ Name: listing.filter, Values: ids.slice(from, from + IDS_PER_CALL) }];
    const there = await allAwsPages((pageToken) =>
      aws.call(`describing ${kind} in ${region}`, (options) =>
        listing.page(
          sdk,
          client,
          { Filters, ...(pageToken === undefined ? {} : { NextToken: pageToken }) },
          options,
        ),
      ),
    );
    for (const id of there) if (id !== undefined) found.add(id);
  }
  return found;
}
