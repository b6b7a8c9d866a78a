import { type FailureRule, rulesOf } from '../failure-rule.ts';

/**
 * Codes of 4xx answers that AWS also gives when nothing is wrong with the request: throttling, changes that are still in progress, and
 * what was created a moment ago and is not visible everywhere (eventual consistency). The controllers repeat such requests.
 */
const PASSING_CODES = [
  // Throttling
  'Throttl\\w+',
  'Request(?:LimitExceeded|Throttled(?:Exception)?|Timeout(?:Exception)?|TimeTooSkewed|InProgress)',
  'TooManyRequests(?:Exception)?',
  'SlowDown',
  'PriorRequestNotComplete',
  'BandwidthLimitExceeded',
  // In progress
  '(?:\\w+\\.)*\\w*InUse(?:Exception)?',
  'Incorrect\\w*State',
  'InvalidState\\w*',
  'Invalid\\w*\\.IncorrectState',
  'DependencyViolation',
  'DeleteConflict',
  'ConcurrentModification(?:Exception)?',
  'OperationAborted',
  'ConflictException',
  'InvalidTarget',
  'EntityTemporarilyUnmodifiable',
  'IDPCommunicationError',
  // A repeated request that had already succeeded
  '(?:\\w+\\.)*\\w*(?:Duplicate|AlreadyExists|AlreadyAssociated)\\w*',
  // Not visible yet, or no longer
  '(?:\\w+\\.)*\\w*NotFound(?:Exception)?',
  'NoSuch\\w+',
  'Gateway\\.NotAttached',
].join('|');

/** IAM entities that are seconds old, in answers of EC2, IAM and S3 that otherwise mean an invalid value. */
const NEW_IAM_ENTITY = '(?!.*Invalid IAM Instance Profile)(?!.*Invalid principal in policy)';

/** Codes that mean an invalid request, also where the line has no HTTP status. */
const REJECTING_CODES = [
  'Invalid\\w*(?:\\.\\w+)*',
  'Malformed\\w*(?:\\.\\w+)*',
  '\\w+\\.(?:Range|Malformed)',
  'Validation(?:Error|Exception)',
  'Missing(?:Parameter|Action|Input)',
  'Unknown(?:Parameter|VolumeType)',
  'Unsupported(?:Operation|HostConfiguration)',
  '\\w*NotSupported',
].join('|');

const code = (codes: string) => `(?!(?:${PASSING_CODES})[:\\s])(?:${codes}):`;

/**
 * Answers 4xx of the cloud that no other rule knows. Tried after all others, before the stages: "not ready" is what the installer says
 * when a controller has repeated an invalid request until the time was up.
 */
export const REJECTED_REQUEST_RULES: readonly FailureRule[] = rulesOf({ retryable: false }, [
  {
    reason: 'LIMIT_EXCEEDED',
    pattern:
      /\b\w*LimitExceeded(?:Exception)?\b|\b(?:QuotaExceeded|ServiceQuotaExceeded)\w*\b|quota .*exceeded/i,
    hint: 'raise the limit that the message names',
  },
  {
    reason: 'CLOUD_REQUEST_INVALID',
    pattern: new RegExp(
      `${NEW_IAM_ENTITY}(?:` +
        // SDK v2: "StatusCode: 400, RequestID: …, api error CODE: message"
        `\\bStatusCode: 4(?!08|29)\\d\\d\\b.*\\bapi error ${code('[A-Za-z][\\w.]*')}` +
        // SDK v1, and conditions that repeat only the code: "CODE: message"
        `|(?:^|[\\s"'(:])${code(REJECTING_CODES)}\\s)`,
    ),
    hint: 'the cloud does not accept this request, and will not accept it again: correct the value that the message names',
  },
]);
