import { messageOf } from '../../../kernel/errors.ts';
import { CloudError } from '../cloud.ts';
import { clockErrorOf } from './clock-error.ts';
import { denialOf } from './denied-by-policy.ts';

export type AwsErrorCode =
  /** The worker has no credentials at all. */
  | 'CREDENTIALS_MISSING'
  /** AWS rejects them: wrong, expired or disabled. */
  | 'CREDENTIALS_INVALID'
  /** The installer does not accept this kind of credentials. */
  | 'CREDENTIALS_UNSUITABLE'
  /** A session that cannot be renewed ends before the work does. */
  | 'SESSION_TOO_SHORT'
  /** AWS accepts the credentials, but not in this region. */
  | 'REGION_NOT_ENABLED'
  | 'WORKER_CLOCK_WRONG'
  | 'ACCESS_DENIED'
  /** A policy of the organization denies the call. */
  | 'DENIED_BY_SERVICE_CONTROL_POLICY'
  | 'CLOUD_THROTTLED'
  | 'CLOUD_UNAVAILABLE';

/** Why a call to AWS failed. */
export class AwsError extends CloudError<AwsErrorCode> {}

const INVALID = new Set([
  'AuthFailure',
  'ExpiredToken',
  'ExpiredTokenException',
  'IncompleteSignature',
  'InvalidAccessKeyId',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'InvalidToken',
  // EC2 says this of an expired session too (its "Client error codes").
  'RequestExpired',
  'SignatureDoesNotMatch',
  'UnrecognizedClientException',
]);
const DENIED = new Set([
  'AccessDenied',
  'AccessDeniedException',
  'AuthorizationError',
  'UnauthorizedOperation',
]);
const THROTTLED = new Set([
  'BandwidthLimitExceeded',
  'PriorRequestNotComplete',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TooManyRequestsException',
]);

/** @returns the error code of an AWS service, or undefined if no service answered. */
export function awsErrorCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('$metadata' in thrown)) return undefined;
  return thrown.name;
}

export function isThrottling(thrown: unknown): boolean {
  const code = awsErrorCode(thrown);
  return code !== undefined && (THROTTLED.has(code) || httpStatusOf(thrown) === 429);
}

/** @returns an error of the SDK as an AwsError; `what` names the call ("listing roles"). */
export function toAwsError(thrown: unknown, what: string): AwsError {
  if (thrown instanceof AwsError) return thrown;
  const code = awsErrorCode(thrown);
  if (code === undefined) return noResponseError(thrown, what);
  if (isThrottling(thrown)) {
    return new AwsError('CLOUD_THROTTLED', `${what}: throttled by AWS (${code})`, {
      hint: 'the API rate limit of the account is exhausted; try again later',
      retryable: true,
      cause: thrown,
    });
  }
  return (
    accessError(thrown, code, what) ??
    new AwsError('CLOUD_UNAVAILABLE', `${what}: ${code}`, {
      hint: 'check the AWS status page; the job is retried',
      retryable: true,
      cause: thrown,
    })
  );
}

/** @returns why AWS rejects the caller, or undefined if it does not */
function accessError(thrown: unknown, code: string, what: string): AwsError | undefined {
  const error = (name: AwsErrorCode, message: string, hint: string, retryable = false) =>
    new AwsError(name, `${what}: ${message} (${code})`, { hint, retryable, cause: thrown });
  const clock = clockErrorOf(code, messageOf(thrown));
  if (clock !== undefined) {
    const hint = "synchronize the clock of the worker's host, for example with chrony";
    return error('WORKER_CLOCK_WRONG', `the clock of the worker is ${clock}`, hint, true);
  }
  if (code === 'OptInRequired') {
    const hint = 'enable the region and subscribe to the service in the account, or use another region';
    return error('REGION_NOT_ENABLED', 'the account has not enabled the region or the service', hint);
  }
  if (INVALID.has(code)) {
    const hint =
      'configure valid credentials; `aws sts get-caller-identity` on the host of the worker must succeed';
    return error('CREDENTIALS_INVALID', "AWS rejected the worker's credentials", hint);
  }
  if (!DENIED.has(code)) return undefined;
  const { action, policy, byOrganization, hint } = denialOf(messageOf(thrown));
  const perform = action === undefined ? '' : ` to perform ${action}`;
  return error(
    byOrganization ? 'DENIED_BY_SERVICE_CONTROL_POLICY' : 'ACCESS_DENIED',
    policy === undefined
      ? `the worker's AWS principal is not authorized${perform}`
      : `a ${policy} does not authorize the worker's AWS principal${perform}`,
    hint,
  );
}

function noResponseError(thrown: unknown, what: string): AwsError {
  const name = thrown instanceof Error ? thrown.name : 'unknown failure';
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') {
    return new AwsError('CREDENTIALS_MISSING', `${what}: the worker has no AWS credentials`, {
      hint: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, for the worker; see docs/connect-aws.md',
      retryable: false,
      cause: thrown,
    });
  }
  return new AwsError('CLOUD_UNAVAILABLE', `${what}: cannot connect to AWS (${name})`, {
    hint: 'check DNS, proxy and firewall of the worker',
    retryable: true,
    cause: thrown,
  });
}

function httpStatusOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('$metadata' in thrown)) return undefined;
  const metadata = thrown.$metadata as { readonly httpStatusCode?: number };
  return metadata.httpStatusCode;
}
