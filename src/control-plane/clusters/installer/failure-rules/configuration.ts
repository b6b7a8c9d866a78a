import { type FailureRule, rulesOf } from '../failure-rule.ts';

export const DNS_RULES: readonly FailureRule[] = [
  ...rulesOf({ retryable: false }, [
    {
      reason: 'BASE_DOMAIN_NOT_FOUND',
      pattern:
        /cannot find base domain|no public (?:route53|hosted) zone found matching name|no matching Route53 ?Zone|\bNoSuchHostedZone\b|DNS zone "[^"]*" not found/i,
      hint: 'the account has no public zone for the base domain: create and delegate it, or use another domain',
    },
    {
      reason: 'BASE_DOMAIN_AMBIGUOUS',
      pattern: /multiple Route53 ?Zones? matched|\bConflictingDomainExists\b/i,
      hint: 'several zones have the name of the base domain: delete the one that is not delegated',
    },
    {
      reason: 'DNS_RECORD_EXISTS',
      pattern:
        /\bInvalidChangeBatch\b.*already exists|Tried to create resource record set .*already exists|record.*already exists in .*zone/i,
      hint: 'a DNS record of this name already exists: another cluster uses it, or an earlier one left it',
    },
    {
      reason: 'API_NAME_NOT_RESOLVED',
      pattern: /lookup api(?:-int)?\.\S+.*no such host|unable to resolve API(?:-Int)? .*URL/i,
      hint: 'the API name does not resolve from the worker: check that the base domain is delegated',
    },
  ]),
  ...rulesOf({ retryable: true }, [
    {
      reason: 'DNS_CHANGE_TIMEOUT',
      pattern: /(?:Route ?53|resource record|change batch).*\bINSYNC\b|waiting for state to become 'INSYNC'/i,
      hint: 'a DNS change did not propagate in time; retried',
    },
  ]),
];

/** A controller that reports `NotFound` means what it created a moment ago (eventual consistency), not what the configuration names. */
function given(notFound: string): RegExp {
  return new RegExp(`^(?!.*Reconciler error).*\\b(?:${notFound})`, 'is');
}

/** Values of the request or the profile that the installer or the cloud rejects. */
export const CONFIGURATION_RULES: readonly FailureRule[] = rulesOf({ retryable: false }, [
  {
    reason: 'PULL_SECRET_INVALID',
    pattern: /\bpullSecret: (?:Invalid|Required|Unsupported) value/,
    hint: 'the pull secret is not the JSON from console.redhat.com/openshift/install/pull-secret',
  },
  {
    reason: 'SUBNET_NOT_FOUND',
    pattern: given("InvalidSubnetID\\.NotFound\\b|subnet ID '[^']+' does not exist"),
    hint: 'a subnet of the configuration does not exist in this region and account',
  },
  {
    reason: 'VPC_NOT_FOUND',
    pattern: given('InvalidVpcID\\.NotFound\\b'),
    hint: 'the VPC of the configuration does not exist in this region and account',
  },
  {
    reason: 'SUBNET_OUTSIDE_MACHINE_NETWORK',
    pattern: /CIDR range start \S+ is outside of the specified machine networks/i,
    hint: 'machineNetwork must contain the address ranges of all given subnets',
  },
  {
    reason: 'PUBLIC_SUBNET_MISSING',
    pattern: /no public subnet provided for zone/i,
    hint: 'give one public subnet in each zone that has a private one, or publish internally',
  },
  {
    reason: 'PRIVATE_SUBNETS_SHARE_ZONE',
    pattern: /private subnet \S+ is also in zone/i,
    hint: 'give one private subnet per zone',
  },
  {
    reason: 'ROUTE_TABLE_NOT_FOUND',
    pattern: given('InvalidRouteTableID\\.NotFound\\b|unable to find (?:a )?matching route table'),
    hint: 'a given subnet has no route table: associate one',
  },
  {
    reason: 'INSTANCE_TYPE_UNKNOWN',
    pattern: /instance type \S+ not found|\bInvalidInstanceType\b|Invalid value '[^']*' for InstanceType/i,
    hint: 'the region has no such instance type: change the profile or the region',
  },
  {
    reason: 'IMAGE_NOT_FOUND',
    pattern: /\bInvalidAMIID\.(?:NotFound|Unavailable|Malformed)\b/,
    hint: 'the machine image does not exist in this region: set its AMI, or choose another region',
  },
  {
    reason: 'TAGS_REFUSED',
    pattern:
      /\buserTags\b.*Invalid value|Tag keys starting with 'aws:' are reserved|\bInvalidTag(?:Key)?\b|Duplicate tag keys found/i,
    hint: 'a tag has characters or a prefix that the cloud does not accept, or two keys differ only in upper and lower case',
  },
  {
    reason: 'RESOURCE_GROUP_NOT_FOUND',
    pattern: /ResourceGroup ['"]+.*['"]+ not found/i,
    hint: 'the resource group does not exist in this account (expected after a destroy)',
  },
  {
    reason: 'CERTIFICATE_BUNDLE_INVALID',
    pattern: /\badditionalTrustBundle: Invalid value/,
    hint: 'additionalTrustBundle must hold PEM certificates',
  },
  {
    reason: 'CLUSTER_ALREADY_EXISTS',
    pattern: /\b(?:EntityAlreadyExists|BucketAlreadyOwnedByYou|BucketAlreadyExists)\b/,
    hint: 'a resource of this name already exists in the account: delete what an earlier cluster left',
  },
  {
    reason: 'INSTALL_CONFIG_INVALID',
    pattern: /failed to create install config|invalid "install-config\.yaml" file/i,
    hint: 'correct the field that the message names',
  },
]);
