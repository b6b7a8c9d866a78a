import { EC2 } from '@aws-sdk/client-ec2';
import { ElasticLoadBalancingV2 } from '@aws-sdk/client-elastic-load-balancing-v2';
import { IAM } from '@aws-sdk/client-iam';
import { Route53 } from '@aws-sdk/client-route-53';
import { S3 } from '@aws-sdk/client-s3';
import type { MotoFixture } from './kit.ts';

/** All resources of the account that a cluster may consist of, from the listings of the services: independent of tags and product code. */
export async function inventory(direct: MotoFixture['direct']): Promise<string[]> {
  const ec2 = new EC2(direct);
  const elb = new ElasticLoadBalancingV2(direct);
  const iam = new IAM(direct);
  const s3 = new S3(direct);
  const lists = await Promise.all([
    ec2.describeVpcs({}).then(({ Vpcs = [] }) => Vpcs.map(({ VpcId }) => VpcId)),
    ec2.describeSubnets({}).then(({ Subnets = [] }) => Subnets.map(({ SubnetId }) => SubnetId)),
    ec2
      .describeInternetGateways({})
      .then(({ InternetGateways = [] }) =>
        InternetGateways.map(({ InternetGatewayId }) => InternetGatewayId),
      ),
    ec2.describeAddresses({}).then(({ Addresses = [] }) => Addresses.map(({ AllocationId }) => AllocationId)),
    ec2
      .describeNatGateways({})
      .then(({ NatGateways = [] }) =>
        NatGateways.filter(({ State }) => State !== 'deleted').map(({ NatGatewayId }) => NatGatewayId),
      ),
    ec2
      .describeRouteTables({})
      .then(({ RouteTables = [] }) => RouteTables.map(({ RouteTableId }) => RouteTableId)),
    ec2
      .describeVpcEndpoints({})
      .then(({ VpcEndpoints = [] }) =>
        VpcEndpoints.filter(({ State }) => State?.toLowerCase() !== 'deleted').map(
          ({ VpcEndpointId }) => VpcEndpointId,
        ),
      ),
    ec2
      .describeSecurityGroups({})
      .then(({ SecurityGroups = [] }) => SecurityGroups.map(({ GroupId }) => GroupId)),
    ec2.describeInstances({}).then(({ Reservations = [] }) =>
      Reservations.flatMap(({ Instances = [] }) => Instances)
        .filter(({ State }) => State?.Name !== 'terminated')
        .map(({ InstanceId }) => InstanceId),
    ),
    ec2.describeVolumes({}).then(({ Volumes = [] }) => Volumes.map(({ VolumeId }) => VolumeId)),
    elb
      .describeLoadBalancers({})
      .then(({ LoadBalancers = [] }) => LoadBalancers.map(({ LoadBalancerArn }) => LoadBalancerArn)),
    elb
      .describeTargetGroups({})
      .then(({ TargetGroups = [] }) => TargetGroups.map(({ TargetGroupArn }) => TargetGroupArn)),
    iam.listRoles({}).then(({ Roles = [] }) => Roles.map(({ RoleName }) => `role ${RoleName}`)),
    iam
      .listInstanceProfiles({})
      .then(({ InstanceProfiles = [] }) =>
        InstanceProfiles.map(({ InstanceProfileName }) => `profile ${InstanceProfileName}`),
      ),
    zonesAndRecords(new Route53(direct)),
    s3.listBuckets({}).then(({ Buckets = [] }) => Buckets.map(({ Name }) => `bucket ${Name}`)),
  ]);
  return lists.flat().map(String).sort();
}

async function zonesAndRecords(route53: Route53): Promise<string[]> {
  const { HostedZones = [] } = await route53.listHostedZones({});
  const perZone = await Promise.all(
    HostedZones.map(async ({ Id, Name, Config }) => {
      const { ResourceRecordSets = [] } = await route53.listResourceRecordSets({ HostedZoneId: Id });
      const records = ResourceRecordSets.filter(({ Type }) => Type === 'A');
      const side = Config?.PrivateZone ? 'private' : 'public';
      return [`${side} zone ${Name}`, ...records.map((record) => `${side} record ${record.Name}`)];
    }),
  );
  return perZone.flat();
}
