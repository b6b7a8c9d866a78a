import type { SimulatedFailure } from './simulated-failure.ts';
import { aws, ec2, route53 } from './simulated-failure.ts';

/** Failures of IAM, DNS and the checks before the infrastructure. */
export const ACCOUNT_FAILURES = {
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
  ExpiredToken: {
    stage: 'machines',
    cause: () =>
      aws(
        'IAM',
        'GetInstanceProfile',
        403,
        'ExpiredToken',
        'The security token included in the request is expired',
      ),
  },
  TaggingDenied: {
    stage: 'pre-provision',
    cause: () => ec2('CreateTags', 403, 'UnauthorizedOperation', 'could not add tags to subnets'),
  },
  InstallConfigInvalid: {
    stage: 'config',
    cause: (at) => `platform.aws.region: Invalid value: "${at.region}": the region is not usable`,
  },
} as const satisfies Readonly<Record<string, SimulatedFailure>>;
