import { CloudError } from '../cloud-error.ts';

export type AwsErrorCode =
  /** The worker has no credentials at all. */
  | 'CREDENTIALS_MISSING'
  /** AWS does not accept them: wrong, expired, disabled. */
  | 'CREDENTIALS_INVALID'
  /** They are of a kind that the installer does not take. */
  | 'CREDENTIALS_UNSUITABLE'
  | 'ACCESS_DENIED'
  | 'CLOUD_THROTTLED'
  | 'CLOUD_UNAVAILABLE';

/** What keeps us from asking AWS. */
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

/** @returns the code with which a service of AWS refused, or undefined when none answered. */
export function awsErrorCode(thrown: unknown): string | undefined {
  if (!(thrown instanceof Error) || !('$metadata' in thrown)) return undefined;
  return thrown.name;
}

export function isThrottling(thrown: unknown): boolean {
  const code = awsErrorCode(thrown);
  return code !== undefined && (THROTTLED.has(code) || httpStatusOf(thrown) === 429);
}

/** @returns anything that a call of AWS threw, as an AwsError; `what` is the sentence's subject ("listing the roles"). */
export function toAwsError(thrown: unknown, what: string): AwsError {
  if (thrown instanceof AwsError) return thrown;
  const code = awsErrorCode(thrown);
  if (code === undefined) return noResponseError(thrown, what);
  if (isThrottling(thrown)) {
    return new AwsError('CLOUD_THROTTLED', `${what}: AWS asks to slow down (${code})`, {
      hint: 'other users of the account call AWS too often; try again later',
      retryable: true,
      cause: thrown,
    });
  }
  if (INVALID.has(code)) {
    return new AwsError(
      'CREDENTIALS_INVALID',
      `${what}: AWS does not accept the worker's credentials (${code})`,
      {
        hint: 'give the worker credentials that work: `aws sts get-caller-identity` on its host must answer',
        retryable: false,
        cause: thrown,
      },
    );
  }
  if (DENIED.has(code)) {
    return new AwsError('ACCESS_DENIED', `${what}: the worker's AWS principal may not do that (${code})`, {
      hint: 'attach deploy/aws/worker-policy.json to it',
      retryable: false,
      cause: thrown,
    });
  }
  return new AwsError('CLOUD_UNAVAILABLE', `${what}: ${code}`, {
    hint: 'see the status page of AWS; the work is tried again',
    retryable: true,
    cause: thrown,
  });
}

function noResponseError(thrown: unknown, what: string): AwsError {
  const name = thrown instanceof Error ? thrown.name : 'unknown failure';
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') {
    return new AwsError('CREDENTIALS_MISSING', `${what}: the worker has no AWS credentials`, {
      hint: 'set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, where the worker runs; see docs/connect-aws.md',
      retryable: false,
      cause: thrown,
    });
  }
  return new AwsError('CLOUD_UNAVAILABLE', `${what}: AWS cannot be reached (${name})`, {
    hint: 'check the way out of the worker: DNS, proxy, firewall',
    retryable: true,
    cause: thrown,
  });
}

function httpStatusOf(thrown: unknown): number | undefined {
  if (!(thrown instanceof Error) || !('$metadata' in thrown)) return undefined;
  const metadata = thrown.$metadata as { readonly httpStatusCode?: number };
  return metadata.httpStatusCode;
}
