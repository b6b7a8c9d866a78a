import type { Stage } from './stages.ts';

/** What the text of a failure speaks about. */
export interface FailurePlace {
  readonly infraId: string;
  readonly clusterName: string;
  readonly baseDomain: string;
  readonly region: string;
  readonly zone: string;
  readonly instanceType: string;
}

export interface Failure {
  /** Where it strikes when nobody says otherwise. */
  readonly stage: Stage;
  /** The error as the cloud or the cluster words it: the codes are real, the prose is short. */
  readonly cause: (place: FailurePlace) => string;
  /** Asset that fails, for failures before the infrastructure. */
  readonly asset?: string;
  /** Operators that are named as not ready, with the reason of their condition. */
  readonly operators?: Readonly<Record<string, string>>;
}

const FAILURES = {
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

  IAMRoleTagLimit: {
    stage: 'iam',
    cause: () =>
      aws('IAM', 'CreateRole', 409, 'LimitExceeded', 'The number of tags has reached the maximum limit: 50'),
  },
  DNSAlreadyExists: {
    stage: 'dns',
    cause: (at) =>
      route53(
        'InvalidChangeBatch',
        `Tried to create resource record set api.${at.clusterName}.${at.baseDomain}. but it already exists`,
      ),
  },
  TooManyHostedZones: {
    stage: 'dns',
    cause: () => route53('TooManyHostedZones', 'Limits exceeded for hosted zones'),
  },
  Route53Timeout: {
    stage: 'dns',
    cause: () => 'timeout while waiting for the Route53 change to become INSYNC',
  },

  MissingQuota: {
    stage: 'preflight',
    asset: 'Platform Quota Check',
    cause: (at) =>
      `error(MissingQuota): ec2/L-1216C47A is not available in ${at.region} because the required number of resources (36) is more than the limit of 32`,
  },
  InvalidClientTokenId: {
    stage: 'preflight',
    asset: 'Platform Permissions Check',
    cause: () =>
      `validate AWS credentials: checking install permissions: ${aws('STS', 'GetCallerIdentity', 403, 'InvalidClientTokenId', 'The security token included in the request is invalid')}`,
  },
  InsufficientPermissions: {
    stage: 'preflight',
    asset: 'Platform Permissions Check',
    cause: () =>
      'validate AWS credentials: current credentials insufficient for performing cluster installation',
  },
  BaseDomainNotFound: {
    stage: 'preflight',
    asset: 'Platform Provisioning Check',
    cause: (at) => `baseDomain: Invalid value: "${at.baseDomain}": cannot find base domain`,
  },
  NoMatchingZone: {
    stage: 'manifests',
    asset: 'DNS Config',
    cause: (at) => `no matching Route53 zone found for ${at.baseDomain}`,
  },
  MultipleZones: {
    stage: 'manifests',
    asset: 'DNS Config',
    cause: (at) => `multiple Route53 zones matched for ${at.baseDomain}`,
  },
  TaggingDenied: {
    stage: 'pre-provision',
    cause: () => ec2('CreateTags', 403, 'UnauthorizedOperation', 'could not add tags to subnets'),
  },
  InstallConfigInvalid: {
    stage: 'config',
    cause: (at) => `platform.aws.region: Invalid value: "${at.region}": the region is not usable`,
  },

  KubeAPITimeout: {
    stage: 'api',
    cause: (at) =>
      `Get "https://api.${at.clusterName}.${at.baseDomain}:6443/version": dial tcp 203.0.113.10:6443: i/o timeout`,
  },
  BootstrapTimeout: {
    stage: 'bootstrap',
    cause: () => 'timed out waiting for the condition',
    operators: { etcd: 'EtcdMembers_NoLeader' },
  },
  BootstrapDestroyFailed: {
    stage: 'bootstrap-destroy',
    cause: (at) =>
      `bootstrap machine openshift-cluster-api-guests/${at.infraId}-bootstrap was not deleted within 5m0s`,
  },
  AuthenticationOperatorDegraded: initialize({
    authentication: 'OAuthServerRouteEndpointAccessibleController_SyncError',
  }),
  IngressOperatorDegraded: initialize({ ingress: 'IngressDegraded' }),
  MonitoringOperatorUpdating: initialize({ monitoring: 'UpdatingPrometheusFailed' }),
  NoWorkerNodesReady: initialize({ 'machine-api': 'NoReadyWorkers', ingress: 'IngressUnavailable' }),
  OperatorsDegraded: initialize({
    'kube-apiserver': 'NodeController_MasterNodesReady',
    network: 'RolloutHung',
  }),
  OperatorsUnstable: {
    stage: 'stability',
    cause: () => 'operators are still progressing',
    operators: { 'kube-apiserver': 'NodeInstaller', network: 'Deploying' },
  },
  GatherFailed: {
    stage: 'gather',
    cause: () => 'failed to create SSH client: dial tcp 203.0.113.10:22: connect: connection timed out',
  },
  DestroyFailed: {
    stage: 'destroy-half',
    cause: () => 'failed to list resources: context deadline exceeded',
  },
  DestroyDeniedByShare: {
    stage: 'destroy',
    cause: (at) =>
      `subnet-0aa of ${at.infraId} is shared with another cluster: kubernetes.io/cluster/other-x2b4c: shared`,
  },
} as const satisfies Readonly<Record<string, Failure>>;

export type FailureName = keyof typeof FAILURES;
export const FAILURE_NAMES = Object.keys(FAILURES) as [FailureName, ...FailureName[]];

export function failureOf(name: FailureName): Failure {
  return FAILURES[name];
}

/** The failure that happens at a stage when a fault names none. */
export function usualFailure(stage: Stage): FailureName {
  const name = FAILURE_NAMES.find((candidate) => FAILURES[candidate].stage === stage);
  return name ?? (stage === 'destroy-half' ? 'DestroyFailed' : 'RequestLimitExceeded');
}

function machine(cause: Failure['cause']): Failure {
  return { stage: 'machines', cause };
}

function network(cause: Failure['cause']): Failure {
  return { stage: 'infrastructure', cause };
}

function initialize(operators: Readonly<Record<string, string>>): Failure {
  const names = Object.keys(operators);
  const verb = names.length === 1 ? 'Cluster operator' : 'Some cluster operators';
  const cause =
    names.length === 1
      ? `${verb} ${names[0]} is not available`
      : `${verb} are still updating: ${names.join(', ')}`;
  return { stage: 'initialize', cause: () => cause, operators };
}

function ec2(operation: string, status: number, code: string, message: string): string {
  return aws('EC2', operation, status, code, message);
}

function route53(code: string, message: string): string {
  return aws('Route 53', 'ChangeResourceRecordSets', 400, code, message);
}

/** An error of the AWS SDK for Go v2, as it appears inside the installer's messages. */
function aws(service: string, operation: string, status: number, code: string, message: string): string {
  return `operation error ${service}: ${operation}, https response error StatusCode: ${status}, RequestID: 5f0c8a52-0d4e-4c57-9a35-7f1d5f2c6b11, api error ${code}: ${message}`;
}
