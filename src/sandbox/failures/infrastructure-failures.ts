import type { SimulatedFailure } from './simulated-failure.ts';
import { aws, ec2 } from './simulated-failure.ts';

/** Failures of machines and network. */
export const INFRASTRUCTURE_FAILURES = {
  InsufficientInstanceCapacity: machine((at) =>
    ec2(
      'RunInstances',
      500,
      'InsufficientInstanceCapacity',
      `not enough ${at.instanceType} capacity in ${at.zone}`,
    ),
  ),
  VcpuLimitExceeded: machine((at) =>
    ec2(
      'RunInstances',
      400,
      'VcpuLimitExceeded',
      `the vCPU limit for the family of ${at.instanceType} is reached`,
    ),
  ),
  VolumeLimitExceeded: machine(() =>
    ec2('CreateVolume', 400, 'VolumeLimitExceeded', 'the limit of gp3 storage is reached'),
  ),
  PendingVerification: machine(() =>
    ec2('RunInstances', 400, 'PendingVerification', 'the request for this region is still being validated'),
  ),
  Blocked: machine(() => ec2('RunInstances', 400, 'Blocked', 'This account is currently blocked')),
  UserInitiatedShutdown: machine(() => 'Client.UserInitiatedShutdown: User initiated shutdown'),
  InvalidKMSKey: machine(() =>
    ec2('RunInstances', 400, 'InvalidKMSKey.InvalidState', 'the key of the volume is disabled'),
  ),

  RequestLimitExceeded: network(() =>
    ec2('CreateVpc', 503, 'RequestLimitExceeded', 'Request limit exceeded'),
  ),
  Throttling: network(() => aws('ELBv2', 'CreateLoadBalancer', 400, 'Throttling', 'Rate exceeded')),
  UnauthorizedOperation: network(() =>
    ec2(
      'CreateVpc',
      403,
      'UnauthorizedOperation',
      'You are not authorized to perform this operation. Encoded authorization failure message: x7Rk2',
    ),
  ),
  DeniedBySCP: network((at) =>
    ec2(
      'CreateVpc',
      403,
      'AccessDenied',
      `User: arn:aws:iam::111122223333:user/ci is not authorized to perform ec2:CreateVpc in ${at.region} with an explicit deny in a service control policy`,
    ),
  ),
  ServiceLinkedRoleDenied: network(() =>
    aws(
      'ELBv2',
      'CreateLoadBalancer',
      403,
      'AccessDenied',
      'not authorized to perform: iam:CreateServiceLinkedRole',
    ),
  ),
  VpcLimitExceeded: network(() =>
    ec2('CreateVpc', 400, 'VpcLimitExceeded', 'The maximum number of VPCs has been reached'),
  ),
  NatGatewayLimitExceeded: network((at) =>
    ec2('CreateNatGateway', 400, 'NatGatewayLimitExceeded', `the NAT gateway limit of ${at.zone} is reached`),
  ),
  NATGatewayFailed: network(
    () => 'NAT gateway nat-0aa is in state "failed": Network vpc-0aa has no Internet gateway attached',
  ),
  AddressLimitExceeded: network(() =>
    ec2('AllocateAddress', 400, 'AddressLimitExceeded', 'The maximum number of addresses has been reached'),
  ),
  TooManyLoadBalancers: network(() =>
    aws('ELBv2', 'CreateLoadBalancer', 400, 'TooManyLoadBalancers', 'the limit of load balancers is reached'),
  ),
  TargetGroupNotFound: network(() =>
    aws('ELBv2', 'CreateListener', 400, 'TargetGroupNotFound', 'Target groups were not found'),
  ),
  SubnetNotFound: network(() =>
    ec2('DescribeSubnets', 400, 'InvalidSubnetID.NotFound', 'The subnet ID does not exist'),
  ),
  VpcNotFound: network(() => ec2('DescribeVpcs', 400, 'InvalidVpcID.NotFound', 'The vpc ID does not exist')),
  InsufficientFreeAddresses: network(() =>
    aws(
      'ELBv2',
      'CreateLoadBalancer',
      400,
      'InsufficientFreeAddressesInSubnet',
      'Not enough IP space available in subnet-0aa',
    ),
  ),
  RouteTableNotFound: network(() => 'unable to find matching route table for subnet-0aa'),
  TooManyBuckets: network(() =>
    aws(
      'S3',
      'CreateBucket',
      400,
      'TooManyBuckets',
      'You have attempted to create more buckets than allowed',
    ),
  ),
  AccessControlListNotSupported: network(() =>
    aws('S3', 'PutObject', 400, 'AccessControlListNotSupported', 'The bucket does not allow ACLs'),
  ),

  IBMQuotaExceeded: network(() => 'over_quota: The quota of VPCs in this region is used up'),
  IBMInsufficientCapacity: machine(
    (at) => `cannot_start_capacity: no ${at.instanceType} can be started in ${at.zone}`,
  ),
} as const satisfies Readonly<Record<string, SimulatedFailure>>;

function machine(cause: SimulatedFailure['cause']): SimulatedFailure {
  return { stage: 'machines', cause };
}

function network(cause: SimulatedFailure['cause']): SimulatedFailure {
  return { stage: 'infrastructure', cause };
}
