/** How a run ended, in the format of `.openshift_install.log`. */
export interface FailureSample {
  readonly reason: string;
  readonly log: string;
}

const STAMP = 'time="2026-01-02T03:04:05Z"';

/** A line as the log file has it: its text quoted the way Go does. */
const line = (level: string, message: string) => `${STAMP} level=${level} msg=${JSON.stringify(message)}`;
const log = (...lines: string[]) => `${lines.join('\n')}\n`;
const fatal = (message: string) => log(line('fatal', message));

const CLUSTER = 'failed to fetch Cluster: failed to generate asset "Cluster": failed to create cluster: ';
const NOT_READY = line(
  'fatal',
  `${CLUSTER}infrastructure was not ready within 15m0s: client rate limiter Wait returned an error: context deadline exceeded`,
);
const MACHINES = line(
  'fatal',
  `${CLUSTER}failed to provision control-plane machines within 15m0s: client rate limiter Wait returned an error: context deadline exceeded`,
);

/** 4.16 to 4.19: the cause is only in what the controllers said, at debug level. */
const inDebug = (message: string, end = NOT_READY) => log(line('debug', message), end);

/** From 4.20 on: conditions come as warnings before the end. */
const inCondition = (reason: string, message: string, end = NOT_READY) =>
  log(
    line('warning', `Condition Ready has status: "False", reason: "${reason}", message: "${message}"`),
    end,
  );

const reconcile = (error: string) =>
  `E0102 03:04:05.000000 4711 controller.go:324] "Reconciler error" err="${error}" controller="awscluster"`;
const api = (operation: string, code: string, message: string, status = 400) =>
  `operation error ${operation}, https response error StatusCode: ${status}, RequestID: 0c1d2e3f, api error ${code}: ${message}`;
const config = (problem: string) =>
  fatal(
    `failed to fetch Install Config: failed to create install config: invalid "install-config.yaml" file: ${problem}`,
  );
const preflight = (asset: string, message: string) =>
  fatal(`failed to fetch dependency of "Cluster": failed to generate asset "${asset}": ${message}`);

export const FAILURE_SAMPLES: readonly FailureSample[] = [
  {
    reason: 'INSTALLER_INTERRUPTED',
    log: log(`${STAMP} level=warning msg="Received interrupt signal"`, NOT_READY),
  },
  {
    reason: 'MACHINE_SHUT_DOWN_BY_USER',
    log: inCondition(
      'InstanceTerminated',
      'demo-4cqs4-master-0: Client.UserInitiatedShutdown: User initiated shutdown',
      MACHINES,
    ),
  },
  {
    reason: 'WORKER_DISK_FULL',
    log: fatal(
      `${CLUSTER}failed to run cluster api system: write /w/install/cluster-api/etcd: no space left on device`,
    ),
  },
  {
    reason: 'WORKER_DISK_READ_ONLY',
    log: fatal(
      `${CLUSTER}failed to run cluster api system: open /w/install/cluster-api/etcd: read-only file system`,
    ),
  },
  {
    reason: 'DIRECTORY_USED_BEFORE',
    log: fatal(
      'failed to fetch Cluster: failed to generate asset "Cluster": local infrastructure provisioning artifacts already exist. There may already be a running cluster',
    ),
  },
  {
    reason: 'METADATA_MISSING',
    log: fatal(
      'Failed while preparing to destroy cluster: open /w/install/metadata.json: no such file or directory',
    ),
  },

  {
    reason: 'PREFLIGHT_QUOTA_MISSING',
    log: preflight(
      'Platform Quota Check',
      'error(MissingQuota): ec2/L-1216C47A is not available in us-east-1 because the required number of resources (40) is more than remaining quota of 12',
    ),
  },
  {
    reason: 'VPC_LIMIT_EXCEEDED',
    log: inDebug(
      reconcile(
        `failed to create new managed VPC: ${api('EC2: CreateVpc', 'VpcLimitExceeded', 'The maximum number of VPCs has been reached.')}`,
      ),
    ),
  },
  {
    reason: 'ELASTIC_IP_LIMIT_EXCEEDED',
    log: inCondition(
      'ElasticIPAllocationFailed',
      `failed to allocate Elastic IP: ${api('EC2: AllocateAddress', 'AddressLimitExceeded', 'The maximum number of addresses has been reached.')}`,
    ),
  },
  {
    reason: 'NAT_GATEWAY_LIMIT_EXCEEDED',
    log: inCondition(
      'NatGatewaysReconciliationFailed',
      api(
        'EC2: CreateNatGateway',
        'NatGatewayLimitExceeded',
        'Performing this operation would exceed the limit of 5 NAT gateways',
      ),
    ),
  },
  {
    reason: 'INTERNET_GATEWAY_LIMIT_EXCEEDED',
    log: inCondition(
      'InternetGatewayFailed',
      api(
        'EC2: CreateInternetGateway',
        'InternetGatewayLimitExceeded',
        'The maximum number of internet gateways has been reached.',
      ),
    ),
  },
  {
    reason: 'VPC_ENDPOINT_LIMIT_EXCEEDED',
    log: inDebug(
      reconcile(
        api(
          'EC2: CreateVpcEndpoint',
          'VpcEndpointLimitExceeded',
          'The maximum number of VPC endpoints has been reached.',
        ),
      ),
    ),
  },
  {
    reason: 'SECURITY_GROUP_LIMIT_EXCEEDED',
    log: inCondition(
      'ClusterSecurityGroupsReconciliationFailed',
      api(
        'EC2: CreateSecurityGroup',
        'SecurityGroupLimitExceeded',
        'The maximum number of security groups for VPC has been reached.',
      ),
    ),
  },
  {
    reason: 'LOAD_BALANCER_LIMIT_EXCEEDED',
    log: inCondition(
      'LoadBalancerFailed',
      api(
        'Elastic Load Balancing v2: CreateLoadBalancer',
        'TooManyLoadBalancers',
        'The maximum number of load balancers has been reached',
      ),
    ),
  },
  {
    reason: 'VCPU_LIMIT_EXCEEDED',
    log: inCondition(
      'InstanceProvisionFailed',
      `failed to create AWSMachine instance: ${api('EC2: RunInstances', 'VcpuLimitExceeded', 'You have requested more vCPU capacity than your current vCPU limit of 32 allows for the instance bucket that the specified instance type belongs to.')}`,
      MACHINES,
    ),
  },
  {
    reason: 'SPOT_LIMIT_EXCEEDED',
    log: inCondition(
      'InstanceProvisionFailed',
      api('EC2: RunInstances', 'MaxSpotInstanceCountExceeded', 'Max spot instance count exceeded'),
      MACHINES,
    ),
  },
  {
    reason: 'VOLUME_LIMIT_EXCEEDED',
    log: inCondition(
      'InstanceProvisionFailed',
      'Client.VolumeLimitExceeded: Volume limit exceeded. You have exceeded the maximum gp3 storage of 50 TiB.',
      MACHINES,
    ),
  },
  {
    reason: 'BUCKET_LIMIT_EXCEEDED',
    log: inCondition(
      'S3BucketFailed',
      api('S3: CreateBucket', 'TooManyBuckets', 'You have attempted to create more buckets than allowed'),
    ),
  },
  {
    reason: 'HOSTED_ZONE_LIMIT_EXCEEDED',
    log: fatal(
      `${CLUSTER}failed provisioning resources after infrastructure ready: failed to create private hosted zone: ${api('Route 53: CreateHostedZone', 'TooManyHostedZones', 'Limits Exceeded: MAX_HOSTED_ZONES_BY_OWNER')}`,
    ),
  },
  {
    reason: 'IAM_LIMIT_EXCEEDED',
    log: fatal(
      `${CLUSTER}failed during pre-provisioning: failed to create IAM roles: failed to create master role: ${api('IAM: CreateRole', 'LimitExceeded', 'Cannot exceed quota for RolesPerAccount: 1000', 409)}`,
    ),
  },
  {
    reason: 'TAG_LIMIT_EXCEEDED',
    log: fatal(
      `failed to fetch Cluster: failed to generate asset "Cluster": could not add tags to subnets: ${api('EC2: CreateTags', 'TagLimitExceeded', 'The maximum number of Tags for a resource has been reached.')}`,
    ),
  },
  {
    reason: 'IBM_QUOTA_EXCEEDED',
    log: inCondition(
      'VPCReconciliationFailed',
      'failed to create VPC: code: over_quota, The quota for VPCs per region is used up',
    ),
  },

  {
    reason: 'INSUFFICIENT_INSTANCE_CAPACITY',
    log: inCondition(
      'InstanceProvisionFailed',
      api(
        'EC2: RunInstances',
        'InsufficientInstanceCapacity',
        'We currently do not have sufficient m6i.xlarge capacity in the Availability Zone you requested (us-east-1e).',
        500,
      ),
      MACHINES,
    ),
  },
  {
    reason: 'IBM_INSUFFICIENT_CAPACITY',
    log: inCondition(
      'InstanceFailed',
      'instance demo-4cqs4-master-1 is in state failed: cannot_start_capacity',
      MACHINES,
    ),
  },
  {
    reason: 'NAT_GATEWAY_FAILED',
    log: inCondition(
      'NatGatewaysReconciliationFailed',
      'NAT gateway nat-0aa is in state failed: Network vpc-0aa has no Internet gateway attached',
    ),
  },
  {
    reason: 'LOAD_BALANCER_FAILED',
    log: inDebug(
      reconcile(
        api(
          'Elastic Load Balancing v2: DescribeTargetGroups',
          'TargetGroupNotFound',
          'One or more target groups not found',
        ),
      ),
    ),
  },
  {
    reason: 'SUBNET_ADDRESSES_EXHAUSTED',
    log: inCondition(
      'LoadBalancerFailed',
      api(
        'EC2: RunInstances',
        'InsufficientFreeAddressesInSubnet',
        'The specified subnet does not have enough free addresses',
      ),
    ),
  },
  {
    reason: 'INSTANCE_TYPE_NOT_OFFERED',
    log: inCondition(
      'InstanceProvisionFailed',
      api(
        'EC2: RunInstances',
        'Unsupported',
        'Your requested instance type (m6i.xlarge) is not supported in your requested Availability Zone (us-east-1e).',
      ),
      MACHINES,
    ),
  },

  {
    reason: 'PERMISSION_SIMULATOR_THROTTLED',
    log: preflight(
      'Platform Permissions Check',
      `validate AWS credentials: checking install permissions: error simulating policy: ${api('IAM: SimulatePrincipalPolicy', 'Throttling', 'Rate exceeded')}`,
    ),
  },
  {
    reason: 'API_RATE_LIMIT_EXCEEDED',
    log: fatal(
      `${CLUSTER}failed during pre-provisioning: ${api('EC2: DescribeSubnets', 'RequestLimitExceeded', 'Request limit exceeded.', 503)}`,
    ),
  },

  {
    reason: 'ACCOUNT_BLOCKED',
    log: inCondition(
      'InstanceProvisionFailed',
      api(
        'EC2: RunInstances',
        'Blocked',
        'This account is currently blocked and not recognized as a valid account.',
      ),
      MACHINES,
    ),
  },
  {
    reason: 'ACCOUNT_PENDING_VERIFICATION',
    log: inCondition(
      'InstanceProvisionFailed',
      api(
        'EC2: RunInstances',
        'PendingVerification',
        'Your request for accessing resources in this region is being validated',
      ),
      MACHINES,
    ),
  },
  {
    reason: 'OPT_IN_REQUIRED',
    log: fatal(
      `failed to fetch Metadata: ${api('EC2: DescribeAvailabilityZones', 'OptInRequired', 'You are not subscribed to this service', 403)}`,
    ),
  },
  {
    reason: 'CREDENTIALS_MODE_REFUSED',
    log: preflight(
      'Platform Permissions Check',
      'AWS credentials provided by EC2RoleProvider are not valid for default credentials mode',
    ),
  },
  {
    reason: 'CREDENTIALS_EXPIRED',
    log: fatal(
      `${CLUSTER}failed during pre-provisioning: ${api('IAM: GetRole', 'ExpiredToken', 'The security token included in the request is expired', 403)}`,
    ),
  },
  {
    reason: 'CREDENTIALS_INVALID',
    log: config(
      `platform.aws: Internal error: ${api('STS: GetCallerIdentity', 'InvalidClientTokenId', 'The security token included in the request is invalid.', 403)}`,
    ),
  },
  {
    reason: 'CREDENTIALS_MISSING',
    log: fatal(
      'failed to fetch Metadata: failed to refresh cached credentials, no EC2 IMDS role found, operation error ec2imds: GetMetadata',
    ),
  },
  {
    reason: 'IBM_API_KEY_INVALID',
    log: config('platform.ibmcloud: Internal error: Provided API key could not be found. (BXNIM0415E)'),
  },
  {
    reason: 'SERVICE_LINKED_ROLE_DENIED',
    log: inCondition(
      'LoadBalancerFailed',
      api(
        'Elastic Load Balancing v2: CreateLoadBalancer',
        'AccessDenied',
        'User: arn:aws:iam::111122223333:user/ci is not authorized to perform: iam:CreateServiceLinkedRole',
        403,
      ),
    ),
  },
  {
    reason: 'DENIED_BY_SERVICE_CONTROL_POLICY',
    log: fatal(
      `${CLUSTER}failed during pre-provisioning: ${api('EC2: DescribeVpcs', 'UnauthorizedOperation', 'User: arn:aws:iam::111122223333:user/ci is not authorized to perform: ec2:DescribeVpcs with an explicit deny in a service control policy', 403)}`,
    ),
  },
  {
    reason: 'DENIED_BY_SERVICE_CONTROL_POLICY',
    log: fatal(
      `${CLUSTER}failed during pre-provisioning: ${api('EC2: DescribeVpcs', 'UnauthorizedOperation', 'User: arn:aws:iam::111122223333:user/ci is not authorized to perform: ec2:DescribeVpcs because no service control policy allows the ec2:DescribeVpcs action', 403)}`,
    ),
  },
  {
    reason: 'DENIED_BY_PERMISSIONS_BOUNDARY',
    log: fatal(
      `${CLUSTER}failed during pre-provisioning: ${api('EC2: DescribeVpcs', 'UnauthorizedOperation', 'User: arn:aws:iam::111122223333:user/ci is not authorized to perform: ec2:DescribeVpcs with an explicit deny in a permissions boundary', 403)}`,
    ),
  },
  {
    reason: 'DENIED_BY_PERMISSIONS_BOUNDARY',
    log: fatal(
      `${CLUSTER}failed during pre-provisioning: ${api('EC2: DescribeVpcs', 'UnauthorizedOperation', 'User: arn:aws:iam::111122223333:user/ci is not authorized to perform: ec2:DescribeVpcs because no session policy allows the ec2:DescribeVpcs action', 403)}`,
    ),
  },
  {
    reason: 'VOLUME_KEY_DENIED',
    log: inCondition(
      'InstanceTerminated',
      'demo-4cqs4-bootstrap: Client.InternalError: Client error on launch',
      MACHINES,
    ),
  },
  {
    reason: 'PERMISSIONS_INSUFFICIENT',
    log: preflight(
      'Platform Permissions Check',
      'validate AWS credentials: current credentials insufficient for performing cluster installation',
    ),
  },
  {
    reason: 'IBM_NOT_AUTHORIZED',
    log: inDebug('failed to create load balancer: code: not_authorized, the request is not authorized'),
  },

  {
    reason: 'BASE_DOMAIN_NOT_FOUND',
    log: preflight(
      'Platform Provisioning Check',
      'baseDomain: Invalid value: "labs.example.com": cannot find base domain',
    ),
  },
  {
    reason: 'BASE_DOMAIN_AMBIGUOUS',
    log: fatal(
      `${CLUSTER}failed provisioning resources after infrastructure ready: failed to create private hosted zone: ${api('Route 53: CreateHostedZone', 'ConflictingDomainExists', 'The domain name conflicts with another one')}`,
    ),
  },
  {
    reason: 'DNS_RECORD_EXISTS',
    log: fatal(
      `${CLUSTER}failed provisioning resources after infrastructure ready: failed to create records for api in public zone: ${api('Route 53: ChangeResourceRecordSets', 'InvalidChangeBatch', "[Tried to create resource record set [name='api.demo.labs.example.com.', type='A'] but it already exists]")}`,
    ),
  },
  {
    reason: 'API_NAME_NOT_RESOLVED',
    log: log(
      line(
        'error',
        'Bootstrap failed to complete: Get "https://api.demo.labs.example.com:6443/version": dial tcp: lookup api.demo.labs.example.com on 10.0.0.2:53: no such host',
      ),
      line(
        'error',
        'Failed waiting for Kubernetes API. This error usually happens when there is a problem on the bootstrap host that prevents creating a temporary control plane.',
      ),
    ),
  },
  {
    reason: 'DNS_CHANGE_TIMEOUT',
    log: fatal(
      `${CLUSTER}failed provisioning resources after infrastructure ready: Route53 change C01 did not become INSYNC in time`,
    ),
  },

  {
    reason: 'PULL_SECRET_INVALID',
    log: config(String.raw`pullSecret: Invalid value: "{\"auths\":{}}": auths required`),
  },
  {
    reason: 'SUBNET_NOT_FOUND',
    log: config(
      `platform.aws.subnets: Invalid value: ["subnet-0aa"]: ${api('EC2: DescribeSubnets', 'InvalidSubnetID.NotFound', "The subnet ID 'subnet-0aa' does not exist")}`,
    ),
  },
  {
    reason: 'VPC_NOT_FOUND',
    log: fatal(
      `${CLUSTER}failed during pre-provisioning: ${api('EC2: DescribeVpcs', 'InvalidVpcID.NotFound', "The vpc ID 'vpc-0aa' does not exist")}`,
    ),
  },
  {
    reason: 'SUBNET_OUTSIDE_MACHINE_NETWORK',
    log: config(
      `platform.aws.subnets[0]: Invalid value: "subnet-0aa": subnet's CIDR range start 10.9.0.0 is outside of the specified machine networks`,
    ),
  },
  {
    reason: 'PUBLIC_SUBNET_MISSING',
    log: config(
      'platform.aws.subnets: Invalid value: ["subnet-0aa"]: No public subnet provided for zone us-east-1a',
    ),
  },
  {
    reason: 'PRIVATE_SUBNETS_SHARE_ZONE',
    log: config(
      'platform.aws.subnets[1]: Invalid value: "subnet-0bb": private subnet subnet-0aa is also in zone us-east-1a',
    ),
  },
  {
    reason: 'ROUTE_TABLE_NOT_FOUND',
    log: config(
      'platform.aws.subnets: Invalid value: ["subnet-0aa"]: unable to find matching route table for subnet subnet-0aa',
    ),
  },
  {
    reason: 'INSTANCE_TYPE_UNKNOWN',
    log: config(
      'controlPlane.platform.aws.type: Invalid value: "m6i.huge": instance type m6i.huge not found',
    ),
  },
  {
    reason: 'IMAGE_NOT_FOUND',
    log: inDebug(
      reconcile(api('EC2: RunInstances', 'InvalidAMIID.NotFound', "The image id '[ami-0aa]' does not exist")),
      MACHINES,
    ),
  },
  {
    reason: 'TAGS_REFUSED',
    log: config('platform.aws.userTags[aws:x]: Invalid value: "y": key contains invalid characters'),
  },
  {
    reason: 'RESOURCE_GROUP_NOT_FOUND',
    log: config(`platform.ibmcloud.resourceGroupName: Internal error: ResourceGroup '"demo"' not found`),
  },
  {
    reason: 'CERTIFICATE_BUNDLE_INVALID',
    log: config('additionalTrustBundle: Invalid value: "-----BEGIN": invalid block'),
  },
  {
    reason: 'CLUSTER_ALREADY_EXISTS',
    log: fatal(
      `${CLUSTER}failed during pre-provisioning: failed to create IAM roles: ${api('IAM: CreateRole', 'EntityAlreadyExists', 'Role with name demo-4cqs4-master-role already exists.', 409)}`,
    ),
  },
  {
    reason: 'INSTALL_CONFIG_INVALID',
    log: config(
      '[networking.networkType: Invalid value: "OpenShiftSDN": networkType OpenShiftSDN is not supported, compute[0].replicas: Invalid value: -1: number of compute replicas must not be negative]',
    ),
  },

  {
    reason: 'RELEASE_IMAGE_NOT_PULLED',
    log: log(
      line('error', 'The bootstrap machine failed to download the release image'),
      line('error', 'Bootstrap failed to complete: timed out waiting for the condition'),
    ),
  },
  {
    reason: 'KUBERNETES_API_TIMEOUT',
    log: log(
      line(
        'error',
        'Bootstrap failed to complete: Get "https://api.demo.labs.example.com:6443/version": dial tcp 10.0.0.9:6443: i/o timeout',
      ),
      line(
        'error',
        'Failed waiting for Kubernetes API. This error usually happens when there is a problem on the bootstrap host that prevents creating a temporary control plane.',
      ),
    ),
  },
  {
    reason: 'BOOTSTRAP_TIMEOUT',
    log: log(
      line(
        'error',
        'Cluster operator authentication Degraded is True with OAuthServerConfigObservation_Error: no route',
      ),
      line('error', 'Bootstrap failed to complete: timed out waiting for the condition'),
      line(
        'error',
        'Failed to wait for bootstrapping to complete. This error usually happens when there is a problem with control plane hosts that prevents the control plane operators from creating the control plane.',
      ),
    ),
  },
  {
    reason: 'BOOTSTRAP_REMOVAL_FAILED',
    log: fatal(
      'error destroying bootstrap resources failed during the destroy bootstrap hook: failed to remove bootstrap SSH rule: context deadline exceeded',
    ),
  },

  {
    reason: 'NO_WORKER_READY',
    log: log(
      line('error', 'Got 0 worker nodes, 3 master nodes (3 schedulable)'),
      line(
        'error',
        'failed to initialize the cluster: Cluster operators ingress, monitoring are not available',
      ),
    ),
  },
  {
    reason: 'INGRESS_OPERATOR_DEGRADED',
    log: log(
      line(
        'error',
        'Cluster operator ingress Degraded is True with IngressDegraded: The "default" ingress controller reports Degraded=True',
      ),
      line(
        'error',
        'failed to initialize the cluster: Cluster operators authentication, console, ingress are not available',
      ),
      line(
        'error',
        'Cluster initialization failed because one or more operators are not functioning properly.\nThe cluster should be accessible for troubleshooting as detailed in the documentation linked below,\nhttps://docs.openshift.com/',
      ),
    ),
  },
  {
    reason: 'AUTHENTICATION_OPERATOR_DEGRADED',
    log: log(
      line('error', 'failed to initialize the cluster: Cluster operator authentication is not available'),
    ),
  },
  {
    reason: 'MONITORING_OPERATOR_NOT_READY',
    log: log(
      line('error', 'failed to initialize the cluster: Cluster operator monitoring is still updating'),
    ),
  },
  {
    reason: 'OPERATORS_NOT_STABLE',
    log: log(line('error', 'These cluster operators were not stable: [kube-apiserver, openshift-samples]')),
  },
  {
    reason: 'OPERATORS_DEGRADED',
    log: log(
      line('error', 'failed to initialize the cluster: Cluster operators console, storage are not available'),
    ),
  },
  {
    reason: 'CLUSTER_NOT_INITIALIZED',
    log: log(
      line(
        'error',
        'failed to initialize the cluster: Working towards 4.20.3: 905 of 913 done (99% complete)',
      ),
    ),
  },

  {
    reason: 'LIMIT_EXCEEDED',
    log: fatal(
      `${CLUSTER}infrastructure is not ready: ${api('EC2: CreateRouteTable', 'RouteTableLimitExceeded', 'The maximum number of route tables has been reached.')}`,
    ),
  },
  {
    reason: 'CLOUD_REQUEST_INVALID',
    log: inDebug(
      reconcile(
        `failed to create subnet: ${api('EC2: CreateSubnet', 'InvalidSubnet.Range', "The CIDR '10.0.0.128/29' is invalid.")}`,
      ),
    ),
  },
  { reason: 'MACHINES_NOT_READY', log: log(MACHINES) },
  {
    reason: 'MACHINES_NOT_READY',
    log: fatal(
      `${CLUSTER}control-plane machines were not provisioned within 15m0s: client rate limiter Wait returned an error`,
    ),
  },
  { reason: 'INFRASTRUCTURE_NOT_READY', log: log(NOT_READY) },
  {
    reason: 'CLOUD_UNREACHABLE',
    log: fatal(
      'failed to fetch Metadata: failed to list regions: Post "https://ec2.us-east-1.amazonaws.com/": dial tcp 52.46.0.1:443: i/o timeout',
    ),
  },
  {
    reason: 'LOCAL_CONTROL_PLANE_FAILED',
    log: fatal(
      `${CLUSTER}failed to run cluster api system: failed to run local control plane: unable to start control plane itself`,
    ),
  },
  {
    reason: 'INFRASTRUCTURE_FAILED',
    log: fatal(`${CLUSTER}failed preparing ignition data: unexpected`),
  },
];
