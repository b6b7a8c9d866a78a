import { CloudError } from '../cloud.ts';

export type AwsErrorCode =
  /** The worker has no credentials at all. */
  | 'CREDENTIALS_MISSING'
  /** AWS rejects them: wrong, expired or disabled. */
  | 'CREDENTIALS_INVALID'
  /** The installer does not accept this kind of credentials. */
  | 'CREDENTIALS_UNSUITABLE'
  | 'ACCESS_DENIED'
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
  if (INVALID.has(code)) {
    return new AwsError('CREDENTIALS_INVALID', `${what}: AWS rejected the worker's credentials (${code})`, {
      hint: 'configure valid credentials; `aws sts get-caller-identity` on the host of the worker must succeed',
      retryable: false,
      cause: thrown,
    });
  }
  if (DENIED.has(code)) {
    return new AwsError('ACCESS_DENIED', `${what}: the worker's AWS principal is not authorized (${code})`, {
      hint: 'attach deploy/aws/worker-policy.json to it',
      retryable: false,
      cause: thrown,
    });
  }
  return new AwsError('CLOUD_UNAVAILABLE', `${what}: ${code}`, {
    hint: 'check the AWS status page; the job is retried',
    retryable: true,
    cause: thrown,
  });
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
