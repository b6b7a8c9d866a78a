import { type Ec2Kind, tagged } from './ec2-kind.ts';
import { requireDetail } from './resource-kind.ts';

/** Name of the VPC of a cluster in the plan. */
export const networkOf = (infraId: string) => `${infraId}-vpc`;

export const VPC: Ec2Kind = {
  async describe(ec2, input) {
    const { Vpcs = [], NextToken } = await ec2.describeVpcs(input);
    return { items: Vpcs.map(({ VpcId, Tags }) => ({ id: VpcId, tags: Tags })), next: NextToken };
  },
  async create(ec2, { tags }) {
    const { Vpc } = await ec2.createVpc({ CidrBlock: '10.0.0.0/16', ...tagged('vpc', tags) });
    return Vpc?.VpcId;
  },
  remove: (ec2, VpcId) => ec2.deleteVpc({ VpcId }),
};

export const SUBNET: Ec2Kind = {
  async describe(ec2, input) {
    const { Subnets = [], NextToken } = await ec2.describeSubnets(input);
    return { items: Subnets.map(({ SubnetId, Tags }) => ({ id: SubnetId, tags: Tags })), next: NextToken };
  },
  async create(ec2, resource, find) {
    const { Subnet } = await ec2.createSubnet({
      VpcId: await find(VPC, networkOf(resource.infraId)),
      CidrBlock: requireDetail(resource, 'cidr'),
      AvailabilityZone: requireDetail(resource, 'zone'),
      ...tagged('subnet', resource.tags),
    });
    return Subnet?.SubnetId;
  },
  remove: (ec2, SubnetId) => ec2.deleteSubnet({ SubnetId }),
};

export const INTERNET_GATEWAY: Ec2Kind = {
  async describe(ec2, input) {
    const { InternetGateways = [], NextToken } = await ec2.describeInternetGateways(input);
    const items = InternetGateways.map(({ InternetGatewayId, Tags }) => ({
      id: InternetGatewayId,
      tags: Tags,
    }));
    return { items, next: NextToken };
  },
  async create(ec2, { infraId, tags }, find) {
    const { InternetGateway } = await ec2.createInternetGateway(tagged('internet-gateway', tags));
    const InternetGatewayId = InternetGateway?.InternetGatewayId;
    await ec2.attachInternetGateway({ InternetGatewayId, VpcId: await find(VPC, networkOf(infraId)) });
    return InternetGatewayId;
  },
  async remove(ec2, InternetGatewayId) {
    const { InternetGateways = [] } = await ec2.describeInternetGateways({
      InternetGatewayIds: [InternetGatewayId],
    });
    for (const { VpcId } of InternetGateways.flatMap(({ Attachments = [] }) => Attachments)) {
      await ec2.detachInternetGateway({ InternetGatewayId, VpcId });
    }
    await ec2.deleteInternetGateway({ InternetGatewayId });
  },
};

export const ELASTIC_IP: Ec2Kind = {
  async describe(ec2, { Filters }) {
    const { Addresses = [] } = await ec2.describeAddresses({ Filters });
    return { items: Addresses.map(({ AllocationId, Tags }) => ({ id: AllocationId, tags: Tags })) };
  },
  async create(ec2, { tags }) {
    return (await ec2.allocateAddress({ Domain: 'vpc', ...tagged('elastic-ip', tags) })).AllocationId;
  },
  remove: (ec2, AllocationId) => ec2.releaseAddress({ AllocationId }),
};

export const NAT_GATEWAY: Ec2Kind = {
  async describe(ec2, { Filters, ...page }) {
    const { NatGateways = [], NextToken } = await ec2.describeNatGateways({ Filter: Filters, ...page });
    const alive = NatGateways.filter(({ State }) => State !== 'deleted' && State !== 'deleting');
    return {
      items: alive.map(({ NatGatewayId, Tags }) => ({ id: NatGatewayId, tags: Tags })),
      next: NextToken,
    };
  },
  async create(ec2, resource, find) {
    const { NatGateway } = await ec2.createNatGateway({
      SubnetId: await find(SUBNET, requireDetail(resource, 'subnet')),
      AllocationId: await find(ELASTIC_IP, requireDetail(resource, 'address')),
      ...tagged('natgateway', resource.tags),
    });
    return NatGateway?.NatGatewayId;
  },
  remove: (ec2, NatGatewayId) => ec2.deleteNatGateway({ NatGatewayId }),
};

export const ROUTE_TABLE: Ec2Kind = {
  async describe(ec2, input) {
    const { RouteTables = [], NextToken } = await ec2.describeRouteTables(input);
    const items = RouteTables.map(({ RouteTableId, Tags }) => ({ id: RouteTableId, tags: Tags }));
    return { items, next: NextToken };
  },
  async create(ec2, { infraId, tags }, find) {
    const VpcId = await find(VPC, networkOf(infraId));
    const { RouteTable } = await ec2.createRouteTable({ VpcId, ...tagged('route-table', tags) });
    return RouteTable?.RouteTableId;
  },
  remove: (ec2, RouteTableId) => ec2.deleteRouteTable({ RouteTableId }),
};

export const VPC_ENDPOINT: Ec2Kind = {
  async describe(ec2, input) {
    const { VpcEndpoints = [], NextToken } = await ec2.describeVpcEndpoints(input);
    const alive = VpcEndpoints.filter(({ State }) => !/^delet/i.test(State ?? ''));
    return {
      items: alive.map(({ VpcEndpointId, Tags }) => ({ id: VpcEndpointId, tags: Tags })),
      next: NextToken,
    };
  },
  async create(ec2, { infraId, region, tags }, find) {
    const { VpcEndpoint } = await ec2.createVpcEndpoint({
      VpcId: await find(VPC, networkOf(infraId)),
      ServiceName: `com.amazonaws.${region}.s3`,
      VpcEndpointType: 'Gateway',
      ...tagged('vpc-endpoint', tags),
    });
    return VpcEndpoint?.VpcEndpointId;
  },
  remove: (ec2, id) => ec2.deleteVpcEndpoints({ VpcEndpointIds: [id] }),
};

export const SECURITY_GROUP: Ec2Kind = {
  async describe(ec2, input) {
    const { SecurityGroups = [], NextToken } = await ec2.describeSecurityGroups(input);
    return {
      items: SecurityGroups.map(({ GroupId, Tags }) => ({ id: GroupId, tags: Tags })),
      next: NextToken,
    };
  },
  async create(ec2, { name, infraId, tags }, find) {
    const VpcId = await find(VPC, networkOf(infraId));
    const made = await ec2.createSecurityGroup({
      GroupName: name,
      Description: 'Kubernetes cluster',
      VpcId,
      ...tagged('security-group', tags),
    });
    return made.GroupId;
  },
  remove: (ec2, GroupId) => ec2.deleteSecurityGroup({ GroupId }),
};
