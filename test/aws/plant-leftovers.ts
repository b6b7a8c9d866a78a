import { EC2 } from '@aws-sdk/client-ec2';
import { EFS } from '@aws-sdk/client-efs';
import { ElasticLoadBalancing } from '@aws-sdk/client-elastic-load-balancing';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { IAM } from '@aws-sdk/client-iam';
import type { MotoFixture } from './kit.ts';

/** A resource as the listing by tag shows it. */
export interface Planted {
  readonly arn: string;
  readonly kind: string;
}

const ACCOUNT = '123456789012';
const REGION = 'us-east-2';

const there = (id: string | undefined): string => {
  if (id === undefined) throw new Error('moto made nothing');
  return id;
};

/**
 * One resource of each kind that a cluster or the programs on it may leave and that has tags, in the name of one cluster.
 * @param name the infraID, or what the names of a shared thing begin with
 */
export async function plantTagged(
  direct: MotoFixture['direct'],
  name: string,
  tags: Readonly<Record<string, string>>,
): Promise<Planted[]> {
  const ec2 = new EC2(direct);
  const elb = new ElasticLoadBalancingV2(direct);
  const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const spec = <T extends string>(ResourceType: T) => ({ TagSpecifications: [{ ResourceType, Tags }] });
  const planted: Planted[] = [];
  const ec2Resource = (kind: string, id: string | undefined): string => {
    planted.push({ kind: `ec2:${kind}`, arn: `arn:aws:ec2:${REGION}:${ACCOUNT}:${kind}/${there(id)}` });
    return there(id);
  };

  const { Vpc } = await ec2.createVpc({ CidrBlock: '10.0.0.0/16', ...spec('vpc') });
  const vpc = ec2Resource('vpc', Vpc?.VpcId);
  const { Vpc: peer } = await ec2.createVpc({ CidrBlock: '10.1.0.0/16' });
  const cidr = { VpcId: vpc, CidrBlock: '10.0.1.0/24' };
  const { Subnet } = await ec2.createSubnet({ ...cidr, ...spec('subnet') });
  const subnet = ec2Resource('subnet', Subnet?.SubnetId);
  const { RouteTable } = await ec2.createRouteTable({ VpcId: vpc, ...spec('route-table') });
  ec2Resource('route-table', RouteTable?.RouteTableId);
  const { InternetGateway } = await ec2.createInternetGateway(spec('internet-gateway'));
  ec2Resource('internet-gateway', InternetGateway?.InternetGatewayId);
  const { AllocationId } = await ec2.allocateAddress({ Domain: 'vpc', ...spec('elastic-ip') });
  ec2Resource('elastic-ip', AllocationId);
  const { NatGateway } = await ec2.createNatGateway({
    SubnetId: subnet,
    AllocationId,
    ...spec('natgateway'),
  });
  ec2Resource('natgateway', NatGateway?.NatGatewayId);
  const { VpcEndpoint } = await ec2.createVpcEndpoint({
    VpcId: vpc,
    ServiceName: `com.amazonaws.${REGION}.s3`,
    ...spec('vpc-endpoint'),
  });
  ec2Resource('vpc-endpoint', VpcEndpoint?.VpcEndpointId);
  const { GroupId } = await ec2.createSecurityGroup({
    VpcId: vpc,
    GroupName: `${name}-node`,
    Description: 'node',
    ...spec('security-group'),
  });
  ec2Resource('security-group', GroupId);
  const { DhcpOptions } = await ec2.createDhcpOptions({
    DhcpConfigurations: [{ Key: 'domain-name', Values: ['example.com'] }],
    ...spec('dhcp-options'),
  });
  ec2Resource('dhcp-options', DhcpOptions?.DhcpOptionsId);
  const { VpcPeeringConnection } = await ec2.createVpcPeeringConnection({
    VpcId: vpc,
    PeerVpcId: peer?.VpcId,
    ...spec('vpc-peering-connection'),
  });
  ec2Resource('vpc-peering-connection', VpcPeeringConnection?.VpcPeeringConnectionId);
  const machine = { ImageId: 'ami-12c6146b', InstanceType: 'm6i.xlarge' } as const;
  const { Instances } = await ec2.runInstances({
    ...machine,
    MinCount: 1,
    MaxCount: 1,
    SubnetId: subnet,
    ...spec('instance'),
  });
  const instance = ec2Resource('instance', Instances?.[0]?.InstanceId);
  const { ImageId } = await ec2.createImage({
    InstanceId: instance,
    Name: `${name}-image`,
    ...spec('image'),
  });
  ec2Resource('image', ImageId);
  const volume = await ec2.createVolume({ AvailabilityZone: `${REGION}a`, Size: 8, ...spec('volume') });
  ec2Resource('volume', volume.VolumeId);
  const snapshot = await ec2.createSnapshot({ VolumeId: volume.VolumeId, ...spec('snapshot') });
  ec2Resource('snapshot', snapshot.SnapshotId);
  const { LaunchTemplate } = await ec2.createLaunchTemplate({
    LaunchTemplateName: `${name}-template`,
    LaunchTemplateData: machine,
    ...spec('launch-template'),
  });
  ec2Resource('launch-template', LaunchTemplate?.LaunchTemplateId);
  const { SpotInstanceRequests } = await ec2.requestSpotInstances({
    LaunchSpecification: { ...machine, SubnetId: subnet },
    SpotPrice: '0.5',
    ...spec('spot-instances-request'),
  });
  ec2Resource('spot-instances-request', SpotInstanceRequests?.[0]?.SpotInstanceRequestId);

  const { LoadBalancers } = await elb.createLoadBalancer({
    Name: `${name}-int`.slice(-32),
    Type: 'network',
    Subnets: [subnet],
    Tags,
  });
  const balancer = there(LoadBalancers?.[0]?.LoadBalancerArn);
  planted.push({ kind: 'elasticloadbalancing:loadbalancer', arn: balancer });
  const { TargetGroups } = await elb.createTargetGroup({
    Name: `${name}-tg`.slice(-32),
    Protocol: 'TCP',
    Port: 6443,
    VpcId: vpc,
    Tags,
  });
  const group = there(TargetGroups?.[0]?.TargetGroupArn);
  planted.push({ kind: 'elasticloadbalancing:targetgroup', arn: group });
  const { Listeners } = await elb.createListener({
    LoadBalancerArn: balancer,
    Protocol: 'TCP',
    Port: 6443,
    DefaultActions: [{ Type: 'forward', TargetGroupArn: group }],
    Tags,
  });
  planted.push({ kind: 'elasticloadbalancing:listener', arn: there(Listeners?.[0]?.ListenerArn) });
  const classic = `a${name.replaceAll(/[^a-z0-9]/g, '').slice(-20)}`;
  await new ElasticLoadBalancing(direct).createLoadBalancer({
    LoadBalancerName: classic,
    Listeners: [{ Protocol: 'TCP', LoadBalancerPort: 443, InstancePort: 30443 }],
    Subnets: [subnet],
    Tags,
  });
  planted.push({
    kind: 'elasticloadbalancing:loadbalancer',
    arn: `arn:aws:elasticloadbalancing:${REGION}:${ACCOUNT}:loadbalancer/${classic}`,
  });
  const { FileSystemId } = await new EFS(direct).createFileSystem({ CreationToken: name, Tags });
  planted.push({
    kind: 'elasticfilesystem:file-system',
    arn: `arn:aws:elasticfilesystem:${REGION}:${ACCOUNT}:file-system/${there(FileSystemId)}`,
  });
  const { Policy } = await new IAM(direct).createPolicy({
    PolicyName: `${name}-policy`,
    PolicyDocument: JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }],
    }),
    Tags,
  });
  planted.push({ kind: 'iam:policy', arn: there(Policy?.Arn) });
  return planted;
}
