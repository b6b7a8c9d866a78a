import { type FailureRule, rulesOf } from '../failure-rule.ts';

/** Account limits: a retry fails until someone raises the limit or deletes resources. */
export const QUOTA_RULES: readonly FailureRule[] = rulesOf({ retryable: false }, [
  {
    reason: 'PREFLIGHT_QUOTA_MISSING',
    pattern: /"Platform Quota Check".*MissingQuota|error\(MissingQuota\)/,
    hint: 'raise the service quota that the message names, or choose another region',
  },
  {
    reason: 'VPC_LIMIT_EXCEEDED',
    pattern: /\bVpcLimitExceeded\b/,
    hint: 'raise the quota of VPCs per region (L-F678F1CE), or destroy unused clusters there',
  },
  {
    reason: 'ELASTIC_IP_LIMIT_EXCEEDED',
    pattern: /\bAddressLimitExceeded\b/,
    hint: 'raise the quota of Elastic IPs (L-0263D0A3), or release unused ones; a cluster needs one per zone',
  },
  {
    reason: 'NAT_GATEWAY_LIMIT_EXCEEDED',
    pattern: /\bNatGatewayLimitExceeded\b/,
    hint: 'raise the quota of NAT gateways per zone, or remove unused ones',
  },
  {
    reason: 'INTERNET_GATEWAY_LIMIT_EXCEEDED',
    pattern: /\bInternetGatewayLimitExceeded\b/,
    hint: 'raise the quota of internet gateways per region',
  },
  {
    reason: 'VPC_ENDPOINT_LIMIT_EXCEEDED',
    pattern: /\bVpcEndpointLimitExceeded\b/,
    hint: 'raise the quota of gateway VPC endpoints per region (L-1B52E74A)',
  },
  {
    reason: 'SECURITY_GROUP_LIMIT_EXCEEDED',
    pattern: /\b(?:SecurityGroup|RulesPerSecurityGroup|SecurityGroupsPerInterface)LimitExceeded\b/,
    hint: 'raise the quota of security groups or of their rules',
  },
  {
    reason: 'LOAD_BALANCER_LIMIT_EXCEEDED',
    pattern: /\bTooMany(?:LoadBalancers|TargetGroups)\b/,
    hint: 'raise the quota of network load balancers, or remove unused ones',
  },
  {
    reason: 'VCPU_LIMIT_EXCEEDED',
    pattern: /\b(?:VcpuLimitExceeded|InstanceLimitExceeded)\b/,
    hint: 'raise the vCPU quota of standard instances (L-1216C47A), or choose another region',
  },
  {
    reason: 'SPOT_LIMIT_EXCEEDED',
    pattern: /\bMaxSpotInstanceCountExceeded\b/,
    hint: 'raise the vCPU quota of standard Spot instances (L-34B43A08), or choose another region',
  },
  {
    reason: 'VOLUME_LIMIT_EXCEEDED',
    pattern: /\b(?:VolumeLimitExceeded|MaxIOPSLimitExceeded)\b/,
    hint: 'raise the storage or IOPS quota of the volume type, or remove unused volumes',
  },
  {
    reason: 'BUCKET_LIMIT_EXCEEDED',
    pattern: /\bTooManyBuckets\b/,
    hint: 'raise the quota of S3 buckets of the account, or remove unused ones',
  },
  {
    reason: 'HOSTED_ZONE_LIMIT_EXCEEDED',
    pattern: /\bTooManyHostedZones\b/,
    hint: 'raise the quota of Route 53 hosted zones, or remove unused private zones',
  },
  {
    reason: 'IAM_LIMIT_EXCEEDED',
    pattern: /Cannot exceed quota for (?:Roles|InstanceProfiles|Users|OpenIdConnectProviders)PerAccount/i,
    hint: 'raise the IAM quota that the message names, or delete unused roles',
  },
  {
    reason: 'TAG_LIMIT_EXCEEDED',
    pattern: /\bTagLimitExceeded\b|number of tags has reached the maximum|Cannot exceed quota for TagsPer/i,
    hint: 'remove tags: a resource can have 50, and shared subnets and roles get one per cluster',
  },
  {
    reason: 'IBM_QUOTA_EXCEEDED',
    pattern: /\bover_quota\b|\bquota_exceeded\b/i,
    hint: 'ask IBM Cloud support for a higher quota of the resource that the message names',
  },
]);

export const CAPACITY_RULES: readonly FailureRule[] = [
  ...rulesOf({ retryable: true }, [
    {
      reason: 'INSUFFICIENT_INSTANCE_CAPACITY',
      pattern: /\bInsufficient(?:InstanceCapacity|HostCapacity|ReservedInstanceCapacity)\b/,
      hint: 'the zone has no capacity for this instance type: retried later, or choose another type or region',
    },
    {
      reason: 'IBM_INSUFFICIENT_CAPACITY',
      pattern: /\bcannot_start_(?:capacity|compute)\b|\binsufficient_capacity\b/,
      hint: 'the zone has no capacity for this profile: retried later, or choose another profile or region',
    },
    {
      reason: 'NAT_GATEWAY_FAILED',
      pattern: /nat ?gateway\S* .*(?:state (?:of )?"?failed|failed to (?:be|become) available)/i,
      hint: 'the cloud could not start a NAT gateway; retried',
    },
    {
      reason: 'LOAD_BALANCER_FAILED',
      pattern: /\b(?:TargetGroupNotFound|LoadBalancerNotFound)\b/,
      hint: 'a load balancer was not created in time, or was deleted; retried',
    },
  ]),
  ...rulesOf({ retryable: false }, [
    {
      reason: 'SUBNET_ADDRESSES_EXHAUSTED',
      pattern:
        /\bInsufficientFreeAddressesInSubnet\b|\bNot enough IP space available\b|\bcannot_start_ip_address\b/,
      hint: 'the subnet has too few free addresses (a load balancer needs 8): use a larger machine network, or release addresses',
    },
    {
      reason: 'INSTANCE_TYPE_NOT_OFFERED',
      pattern:
        /\bUnsupported\b.*requested instance type .*not supported in your requested Availability Zone/i,
      hint: 'a zone of the region does not offer the instance type: change the profile or the region',
    },
  ]),
];

/** Tried before the access rules: a throttled permission check looks like a denied permission. */
export const THROTTLED_CHECK_RULES: readonly FailureRule[] = rulesOf({ retryable: true }, [
  {
    reason: 'PERMISSION_SIMULATOR_THROTTLED',
    pattern: /SimulatePrincipalPolicy.*(?:Throttling|Rate exceeded)/,
    hint: 'the permission check was throttled; retried after a pause',
  },
]);

export const THROTTLING_RULES: readonly FailureRule[] = rulesOf({ retryable: true }, [
  {
    reason: 'API_RATE_LIMIT_EXCEEDED',
    // Case-sensitive: "client-side throttling" and "client rate limiter" are the controllers' own rate limits.
    pattern:
      /\b(?:RequestLimitExceeded|Throttling(?:Exception)?|TooManyRequests(?:Exception)?|PriorRequestNotComplete|SlowDown)\b|\bRate exceeded\b|\b429 Too Many Requests\b/,
    hint: 'the cloud throttles this account: retried after a pause; run fewer creates at a time',
  },
]);
