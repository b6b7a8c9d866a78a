import { describe, expect, it } from 'vitest';
import {
  classifyFailure,
  FAILURE_RULES,
} from '../../../../src/control-plane/clusters/installer/classify-failure.ts';
import { ACCESS_RULES } from '../../../../src/control-plane/clusters/installer/failure-rules/access.ts';
import { CONFIGURATION_RULES } from '../../../../src/control-plane/clusters/installer/failure-rules/configuration.ts';
import { QUOTA_RULES } from '../../../../src/control-plane/clusters/installer/failure-rules/limits.ts';
import { REJECTED_REQUEST_RULES } from '../../../../src/control-plane/clusters/installer/failure-rules/rejected-requests.ts';
import type { LogLevel, LogRecord } from '../../../../src/control-plane/clusters/installer/log-record.ts';
import { FAILURE_SAMPLES } from './failure-samples.ts';

const record = (level: LogLevel, message: string): LogRecord => ({
  time: new Date(0),
  level,
  message,
  fields: {},
});
const PREFIX = 'failed to fetch Cluster: failed to generate asset "Cluster": failed to create cluster: ';

describe('classifyFailure', () => {
  it.each(FAILURE_SAMPLES)('$reason', ({ reason, log }) => {
    const failure = classifyFailure(log);
    expect(failure.reason).toBe(reason);
    expect(failure.cause).not.toBe('');
  });

  it('has a sample for every reason, at least 30 of them, each named once', () => {
    const reasons = FAILURE_RULES.map((rule) => rule.reason);
    expect(new Set(reasons).size).toBe(reasons.length);
    expect(reasons.length).toBeGreaterThanOrEqual(30);
    expect(new Set(FAILURE_SAMPLES.map(({ reason }) => reason))).toEqual(new Set(reasons));
    for (const reason of reasons) expect(reason).toMatch(/^[A-Z][A-Z0-9_]+$/);
  });

  it('retries nothing that only a person can change', () => {
    const lasting = [...QUOTA_RULES, ...REJECTED_REQUEST_RULES, ...ACCESS_RULES, ...CONFIGURATION_RULES];
    // R4: the worker renews a session that expired.
    expect(lasting.filter(({ retryable }) => retryable).map(({ reason }) => reason)).toEqual([
      'CREDENTIALS_EXPIRED',
    ]);
  });

  it('says UNKNOWN, with the last words, when nothing fits', () => {
    expect(classifyFailure([record('fatal', 'the moon is in the wrong phase')])).toMatchObject({
      reason: 'UNKNOWN',
      cause: 'the moon is in the wrong phase',
      retryable: false,
    });
    expect(classifyFailure([]).cause).toBe('the installer ended without an error message');
  });

  it('takes text without records as errors: a crash of the installer itself', () => {
    const text = 'panic: runtime error\n\ngoroutine 1 [running]:\nwrite /w/x: no space left on device\n';
    expect(classifyFailure(text)).toMatchObject({ reason: 'WORKER_DISK_FULL' });
  });

  it('shows the last error, in one line, without the asset names in front', () => {
    const failure = classifyFailure([
      record('error', 'an earlier one: AddressLimitExceeded'),
      record('fatal', `${PREFIX}infrastructure was not ready within 15m0s:\n  context deadline exceeded`),
    ]);
    expect(failure).toMatchObject({
      reason: 'ELASTIC_IP_LIMIT_EXCEEDED',
      cause: 'failed to create cluster: infrastructure was not ready within 15m0s: context deadline exceeded',
      evidence: 'an earlier one: AddressLimitExceeded',
    });
  });

  it('finds in debug output what the fatal line of 4.16 to 4.19 does not say', () => {
    const failure = classifyFailure([
      record(
        'debug',
        'E0102 controller.go:324] "Reconciler error" err="failed to create VPC: VpcLimitExceeded: The maximum number of VPCs has been reached."',
      ),
      record(
        'fatal',
        `${PREFIX}infrastructure was not ready within 15m0s: client rate limiter Wait returned an error: context deadline exceeded`,
      ),
    ]);
    expect(failure).toMatchObject({ reason: 'VPC_LIMIT_EXCEEDED', retryable: false });
    expect(failure.evidence).toContain('VpcLimitExceeded');
  });

  it('does not take noise of a stage that went well for the cause of a later one', () => {
    const failure = classifyFailure([
      record('debug', 'RequestLimitExceeded: Request limit exceeded.'),
      record('error', 'Bootstrap failed to complete: timed out waiting for the condition'),
      record(
        'error',
        'Failed to wait for bootstrapping to complete. This error usually happens when there is a problem with control plane hosts.',
      ),
    ]);
    expect(failure.reason).toBe('BOOTSTRAP_TIMEOUT');
  });

  it('does not take the controllers’ own rate limit for throttling', () => {
    const failure = classifyFailure([
      record('debug', 'Waited for 1.03s due to client-side throttling, not priority and fairness'),
      record('fatal', `${PREFIX}infrastructure is not ready: client rate limiter Wait returned an error`),
    ]);
    expect(failure.reason).toBe('INFRASTRUCTURE_NOT_READY');
  });

  it('does not take a tolerated refusal for the cause', () => {
    const failure = classifyFailure([
      record(
        'debug',
        'Missing permissions to fetch Quotas and therefore will skip checking them: AccessDeniedException',
      ),
      record(
        'fatal',
        `${PREFIX}failed to provision control-plane machines within 15m0s: context deadline exceeded`,
      ),
    ]);
    expect(failure.reason).toBe('MACHINES_NOT_READY');
  });

  it('takes an interrupt for the cause whatever follows', () => {
    const failure = classifyFailure([
      record('warning', 'Received interrupt signal'),
      record('fatal', `${PREFIX}infrastructure is not ready: VpcLimitExceeded`),
    ]);
    expect(failure).toMatchObject({ reason: 'INSTALLER_INTERRUPTED', retryable: true });
  });

  it('passes over explanations that follow every error of their kind', () => {
    const failure = classifyFailure([
      record(
        'error',
        'failed to initialize the cluster: Cluster operators console, storage are not available',
      ),
      record(
        'error',
        'Cluster initialization failed because one or more operators are not functioning properly.\nThe cluster should be accessible',
      ),
    ]);
    expect(failure.cause).toContain('console, storage');
  });

  it('G15: a refused pull secret never shows, whole or cut', () => {
    const secret = 'c3VwZXI6c2VjcmV0LXRva2VuLW9mLW1pbmU=';
    const echo = JSON.stringify(
      JSON.stringify({ auths: { 'quay.io': { auth: secret, email: 'me@example.com' } } }).slice(0, -1),
    );
    const message = `failed to fetch Install Config: failed to create install config: invalid "install-config.yaml" file: pullSecret: Invalid value: ${echo}: unexpected end of JSON input`;
    for (let length = message.length; length > 150; length -= 7) {
      const failure = classifyFailure([record('fatal', message.slice(0, length))]);
      expect(JSON.stringify(failure)).not.toContain(secret.slice(0, 12));
    }
    const failure = classifyFailure([record('fatal', message)]);
    expect(failure.cause).toBe(
      'failed to create install config: invalid "install-config.yaml" file: pullSecret: Invalid value: (hidden): unexpected end of JSON input',
    );
  });

  describe('a cause that no retry cures, behind "not ready" (4.20 logs it at debug level)', () => {
    const behind = (message: string, end = 'infrastructure was not ready within 15m0s') =>
      classifyFailure([
        record('debug', `controller.go:324] "Reconciler error" err="${message}" controller="awscluster"`),
        record('fatal', `${PREFIX}${end}: context deadline exceeded`),
      ]);
    const v2 = (operation: string, code: string, message: string, status = 400) =>
      `operation error ${operation}, https response error StatusCode: ${status}, RequestID: 0c1d2e3f, api error ${code}: ${message}`;

    it.each([
      [
        'CLOUD_REQUEST_INVALID',
        v2('EC2: CreateSubnet', 'InvalidSubnet.Range', "The CIDR '10.0.0.0/30' is invalid."),
      ],
      [
        'CLOUD_REQUEST_INVALID',
        v2('EC2: CreateVpc', 'InvalidVpc.Range', "The CIDR '10.0.0.0/12' is invalid."),
      ],
      [
        'CLOUD_REQUEST_INVALID',
        v2(
          'Elastic Load Balancing v2: CreateLoadBalancer',
          'ValidationError',
          "The load balancer name 'internal-api-x-int' cannot begin with 'internal-'",
        ),
      ],
      [
        'CLOUD_REQUEST_INVALID',
        v2('IAM: PutRolePolicy', 'MalformedPolicyDocument', 'The policy failed legacy parsing'),
      ],
      [
        'CLOUD_REQUEST_INVALID',
        v2('EC2: CreateSecurityGroup', 'InvalidParameterValue', 'Group names may not be in the format sg-*.'),
      ],
      [
        'CLOUD_REQUEST_INVALID',
        v2('S3: PutObject', 'AccessControlListNotSupported', 'The bucket does not allow ACLs'),
      ],
      ['CLOUD_REQUEST_INVALID', v2('EC2: CreateVpc', 'SomethingUnheardOf', 'no', 403)],
      [
        'CLOUD_REQUEST_INVALID',
        "failed to create subnet: InvalidSubnet.Range: The CIDR '10.0.0.0/30' is invalid.\n\tstatus code: 400, request id: 1",
      ],
      [
        'TAGS_REFUSED',
        v2(
          'IAM: CreateRole',
          'InvalidInput',
          'Duplicate tag keys found. Please note that Tag keys are case insensitive.',
        ),
      ],
      [
        'SUBNET_ADDRESSES_EXHAUSTED',
        'InvalidSubnet: Not enough IP space available in subnet-0aa. ELB requires at least 8 free IP addresses in each subnet.',
      ],
      [
        'SPOT_LIMIT_EXCEEDED',
        v2('EC2: RunInstances', 'MaxSpotInstanceCountExceeded', 'Max spot instance count exceeded'),
      ],
      [
        'LIMIT_EXCEEDED',
        v2('EC2: CreateRouteTable', 'RouteTableLimitExceeded', 'The maximum number has been reached.'),
      ],
    ])('R10: %s is final and quotes its line: %s', (reason, message) => {
      const failure = behind(message);
      expect(failure).toMatchObject({ reason, retryable: false });
      expect(failure.evidence).toContain(message.split('\n')[0]);
    });

    it.each([
      v2('EC2: CreateRoute', 'InvalidRouteTableId.NotFound', 'does not exist'),
      v2('EC2: CreateRouteTable', 'InvalidVpcID.NotFound', 'does not exist'),
      v2('EC2: CreateNatGateway', 'InvalidSubnetID.NotFound', "The subnet ID 'subnet-0aa' does not exist"),
      v2('EC2: CreateTags', 'InvalidInternetGatewayID.NotFound', 'does not exist'),
      v2('EC2: AuthorizeSecurityGroupIngress', 'InvalidGroup.NotFound', 'does not exist'),
      v2('EC2: AuthorizeSecurityGroupIngress', 'InvalidPermission.Duplicate', 'already exists'),
      v2('EC2: AssociateRouteTable', 'Resource.AlreadyAssociated', 'is already associated'),
      v2('EC2: AllocateAddress', 'InvalidIPAddress.InUse', 'in use'),
      v2('IAM: AddRoleToInstanceProfile', 'NoSuchEntity', 'cannot be found', 404),
      v2('EC2: RunInstances', 'InvalidParameterValue', 'Invalid IAM Instance Profile name'),
      v2('S3: PutBucketPolicy', 'MalformedPolicy', 'Invalid principal in policy'),
      v2('S3: CreateBucket', 'OperationAborted', 'A conflicting conditional operation is in progress', 409),
      v2('EC2: DetachInternetGateway', 'DependencyViolation', 'has mapped public addresses'),
      v2('EC2: StartInstances', 'IncorrectInstanceState', 'is not in a state'),
      v2('STS: GetCallerIdentity', 'RequestTimeout', 'took too long', 408),
      v2('EC2: DescribeVpcs', 'InternalError', 'An internal error has occurred', 500),
    ])('R10: what passes by itself stays retryable: %s', (message) => {
      expect(behind(message)).toMatchObject({ reason: 'INFRASTRUCTURE_NOT_READY', retryable: true });
    });

    it('R10: throttling is a cause of its own, and retryable', () => {
      expect(behind(v2('EC2: DescribeSubnets', 'ThrottlingException', 'Rate exceeded'))).toMatchObject({
        reason: 'API_RATE_LIMIT_EXCEEDED',
        retryable: true,
      });
    });

    it('R10: the spot quota is named, not that of on-demand instances', () => {
      const { hint } = behind(v2('EC2: RunInstances', 'MaxSpotInstanceCountExceeded', 'exceeded'));
      expect(hint).toContain('L-34B43A08');
      expect(hint).not.toContain('L-1216C47A');
    });
  });

  it('keeps a cause short', () => {
    expect(classifyFailure([record('fatal', 'x'.repeat(10_000))]).cause).toHaveLength(500);
  });
});
