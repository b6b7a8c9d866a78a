import {
  AllocateAddressCommand,
  AuthorizeSecurityGroupIngressCommand,
  CreateDhcpOptionsCommand,
  CreateLaunchTemplateCommand,
  CreateNatGatewayCommand,
  CreateNetworkInterfaceCommand,
  CreateSecurityGroupCommand,
  CreateSnapshotCommand,
  CreateSubnetCommand,
  CreateVolumeCommand,
  CreateVpcCommand,
  CreateVpcEndpointCommand,
  EC2Client,
  type ResourceType,
  RunInstancesCommand,
} from '@aws-sdk/client-ec2';
import {
  CreateLoadBalancerCommand as CreateClassicLoadBalancerCommand,
  ElasticLoadBalancingClient,
} from '@aws-sdk/client-elastic-load-balancing';
import {
  CreateLoadBalancerCommand,
  ElasticLoadBalancingV2Client,
} from '@aws-sdk/client-elastic-load-balancing-v2';
import {
  CreateInstanceProfileCommand,
  CreateOpenIDConnectProviderCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
} from '@aws-sdk/client-iam';
import {
  ChangeResourceRecordSetsCommand,
  ChangeTagsForResourceCommand,
  CreateHostedZoneCommand,
  Route53Client,
} from '@aws-sdk/client-route-53';
import { CreateBucketCommand, PutBucketTaggingCommand, S3Client } from '@aws-sdk/client-s3';
import type { MotoFixture } from './kit.ts';

export type Tags = Readonly<Record<string, string>>;

/** Creates resources in the simulated account, as an installer, ccoctl or a person would. */
export function accountOf(direct: MotoFixture['direct']) {
  const ec2 = new EC2Client(direct);
  const elb = new ElasticLoadBalancingV2Client(direct);
  const classicElb = new ElasticLoadBalancingClient(direct);
  const iam = new IAMClient(direct);
  const route53 = new Route53Client(direct);
  const s3 = new S3Client(direct);
  const pairsOf = (tags: Tags) => Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
  const tagged = (type: ResourceType, tags: Tags) => {
    const Tags = pairsOf(tags);
    return Tags.length === 0 ? {} : { TagSpecifications: [{ ResourceType: type, Tags }] };
  };
  const there = (id: string | undefined): string => {
    if (id === undefined) throw new Error('moto made nothing');
    return id;
  };
  return {
    ec2,
    elb,
    classicElb,
    iam,
    async vpc(tags: Tags = {}): Promise<string> {
      const { Vpc } = await ec2.send(
        new CreateVpcCommand({ CidrBlock: '10.0.0.0/16', ...tagged('vpc', tags) }),
      );
      return there(Vpc?.VpcId);
    },
    async subnet(vpc: string, tags: Tags = {}): Promise<string> {
      const { Subnet } = await ec2.send(
        new CreateSubnetCommand({ VpcId: vpc, CidrBlock: '10.0.1.0/24', ...tagged('subnet', tags) }),
      );
      return there(Subnet?.SubnetId);
    },
    async securityGroup(vpc: string, tags: Tags = {}, name = 'node'): Promise<string> {
      const { GroupId } = await ec2.send(
        new CreateSecurityGroupCommand({
          VpcId: vpc,
          GroupName: name,
          Description: 'node',
          ...tagged('security-group', tags),
        }),
      );
      return there(GroupId);
    },
    /** Lets `group` receive from `from`. */
    async allowFrom(group: string, from: string): Promise<void> {
      const UserIdGroupPairs = [{ GroupId: from }];
      const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 443, ToPort: 443, UserIdGroupPairs }];
      await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId: group, IpPermissions }));
    },
    async vpcEndpoint(vpc: string, tags: Tags = {}): Promise<string> {
      const { VpcEndpoint } = await ec2.send(
        new CreateVpcEndpointCommand({
          VpcId: vpc,
          ServiceName: 'com.amazonaws.us-east-2.s3',
          ...tagged('vpc-endpoint', tags),
        }),
      );
      return there(VpcEndpoint?.VpcEndpointId);
    },
    async dhcpOptions(tags: Tags = {}): Promise<string> {
      const DhcpConfigurations = [{ Key: 'domain-name', Values: ['example.com'] }];
      const { DhcpOptions } = await ec2.send(
        new CreateDhcpOptionsCommand({ DhcpConfigurations, ...tagged('dhcp-options', tags) }),
      );
      return there(DhcpOptions?.DhcpOptionsId);
    },
    async volume(tags: Tags = {}): Promise<string> {
      const { VolumeId } = await ec2.send(
        new CreateVolumeCommand({ AvailabilityZone: 'us-east-2a', Size: 8, ...tagged('volume', tags) }),
      );
      return there(VolumeId);
    },
    async snapshot(volume: string, tags: Tags = {}): Promise<string> {
      const { SnapshotId } = await ec2.send(
        new CreateSnapshotCommand({ VolumeId: volume, ...tagged('snapshot', tags) }),
      );
      return there(SnapshotId);
    },
    async launchTemplate(name: string, tags: Tags = {}): Promise<string> {
      const { LaunchTemplate } = await ec2.send(
        new CreateLaunchTemplateCommand({
          LaunchTemplateName: name,
          LaunchTemplateData: { InstanceType: 'm6i.xlarge' },
          ...tagged('launch-template', tags),
        }),
      );
      return there(LaunchTemplate?.LaunchTemplateId);
    },
    async natGateway(subnet: string, tags: Tags = {}): Promise<string> {
      const { AllocationId } = await ec2.send(new AllocateAddressCommand({ Domain: 'vpc' }));
      const { NatGateway } = await ec2.send(
        new CreateNatGatewayCommand({ SubnetId: subnet, AllocationId, ...tagged('natgateway', tags) }),
      );
      return there(NatGateway?.NatGatewayId);
    },
    async instance(subnet: string, tags: Tags = {}): Promise<string> {
      const { Instances } = await ec2.send(
        new RunInstancesCommand({
          ImageId: 'ami-12c6146b',
          InstanceType: 'm6i.xlarge',
          MinCount: 1,
          MaxCount: 1,
          SubnetId: subnet,
          ...tagged('instance', tags),
        }),
      );
      return there(Instances?.[0]?.InstanceId);
    },
    async loadBalancer(name: string, subnet: string, tags: Tags = {}) {
      const { LoadBalancers } = await elb.send(
        new CreateLoadBalancerCommand({
          Name: name,
          Type: 'network',
          Subnets: [subnet],
          Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
        }),
      );
      return { arn: there(LoadBalancers?.[0]?.LoadBalancerArn), dnsName: there(LoadBalancers?.[0]?.DNSName) };
    },
    /** The default load balancer of an ingress controller. */
    async classicLoadBalancer(name: string, subnet: string): Promise<string> {
      const listener = { Protocol: 'TCP', LoadBalancerPort: 443, InstancePort: 30443 };
      await classicElb.send(
        new CreateClassicLoadBalancerCommand({
          LoadBalancerName: name,
          Listeners: [listener],
          Subnets: [subnet],
        }),
      );
      return `arn:aws:elasticloadbalancing:us-east-2:123456789012:loadbalancer/${name}`;
    },
    async role(name: string, tags: Tags = {}): Promise<void> {
      await iam.send(
        new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: '{}', Tags: pairsOf(tags) }),
      );
    },
    async instanceProfile(name: string, tags: Tags = {}): Promise<void> {
      await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: name, Tags: pairsOf(tags) }));
    },
    async user(name: string, tags: Tags = {}): Promise<void> {
      await iam.send(new CreateUserCommand({ UserName: name, Tags: pairsOf(tags) }));
    },
    async identityProvider(host: string): Promise<void> {
      const thumbprint = 'a'.repeat(40);
      await iam.send(
        new CreateOpenIDConnectProviderCommand({ Url: `https://${host}`, ThumbprintList: [thumbprint] }),
      );
    },
    async bucket(name: string, tags: Tags = {}): Promise<void> {
      const where = { LocationConstraint: 'us-east-2' } as const;
      await s3.send(new CreateBucketCommand({ Bucket: name, CreateBucketConfiguration: where }));
      if (Object.keys(tags).length > 0)
        await s3.send(new PutBucketTaggingCommand({ Bucket: name, Tagging: { TagSet: pairsOf(tags) } }));
    },
    /** A network interface that a service of AWS or a person made: it has no tags. */
    async networkInterface(subnet: string, description: string): Promise<string> {
      const { NetworkInterface } = await ec2.send(
        new CreateNetworkInterfaceCommand({ SubnetId: subnet, Description: description }),
      );
      return there(NetworkInterface?.NetworkInterfaceId);
    },
    async tagZone(zone: string, tags: Tags): Promise<void> {
      await route53.send(
        new ChangeTagsForResourceCommand({
          ResourceType: 'hostedzone',
          ResourceId: zone,
          AddTags: pairsOf(tags),
        }),
      );
    },
    async zone(name: string, privateTo?: string, comment = ''): Promise<string> {
      const VPC = { VPCRegion: 'us-east-2', VPCId: privateTo } as const;
      const { HostedZone } = await route53.send(
        new CreateHostedZoneCommand({
          Name: name,
          CallerReference: `${name} ${privateTo ?? ''}`,
          ...(privateTo === undefined
            ? {}
            : { VPC, HostedZoneConfig: { PrivateZone: true, Comment: comment } }),
        }),
      );
      return there(HostedZone?.Id).replace('/hostedzone/', '');
    },
    async record(zone: string, name: string, type: 'A' | 'NS' | 'TXT', value: string): Promise<void> {
      const ResourceRecordSet = { Name: name, Type: type, TTL: 300, ResourceRecords: [{ Value: value }] };
      await route53.send(
        new ChangeResourceRecordSetsCommand({
          HostedZoneId: zone,
          ChangeBatch: { Changes: [{ Action: 'CREATE', ResourceRecordSet }] },
        }),
      );
    },
    async alias(zone: string, name: string, target: string): Promise<void> {
      const AliasTarget = { HostedZoneId: 'Z3AADJGX6KTTL2', DNSName: target, EvaluateTargetHealth: false };
      await route53.send(
        new ChangeResourceRecordSetsCommand({
          HostedZoneId: zone,
          ChangeBatch: {
            Changes: [{ Action: 'CREATE', ResourceRecordSet: { Name: name, Type: 'A', AliasTarget } }],
          },
        }),
      );
    },
  };
}
