import { AppError } from '../../errors.ts';

/** Why authentication failed, with the status. For logs and the audit log only: every 401 looks the same to the caller. */
const REASON_STATUS = {
  TARGET_MALFORMED: 400,
  QUERY_AUTHENTICATION: 400,
  HEADER_MALFORMED: 400,
  HEADER_REPEATED: 400,
  TRAILERS: 400,
  CONTENT_ENCODED: 400,
  AUTHORIZATION_MISSING: 401,
  AUTHORIZATION_MALFORMED: 401,
  SIGNED_HEADERS_MALFORMED: 401,
  SIGNED_HEADER_ABSENT: 401,
  HEADER_UNSIGNED: 401,
  SCOPE_MISMATCH: 401,
  HOST_UNKNOWN: 401,
  DATE_MALFORMED: 401,
  TIME_TOO_SKEWED: 401,
  PAYLOAD_HASH_INVALID: 401,
  NONCE_MALFORMED: 401,
  KEY_UNKNOWN: 401,
  SIGNATURE_MISMATCH: 401,
  SESSION_TOKEN_MISMATCH: 401,
  BODY_MISMATCH: 401,
  NONCE_REUSED: 401,
  PROOF_MALFORMED: 401,
  PROOF_REGION_UNKNOWN: 401,
  PROOF_REJECTED_BY_STS: 401,
  GATEWAY_IDENTITY_MALFORMED: 401,
} as const;

export type RejectionReason = keyof typeof REASON_STATUS;
type RejectionStatus = (typeof REASON_STATUS)[RejectionReason];
type ReasonOf<Status extends RejectionStatus> = {
  [Reason in RejectionReason]: (typeof REASON_STATUS)[Reason] extends Status ? Reason : never;
}[RejectionReason];

const UNAUTHENTICATED_MESSAGE =
  'The request is not signed with a valid access key, or its signature has expired.';

const MALFORMED_MESSAGE: Record<ReasonOf<400>, string> = {
  TARGET_MALFORMED:
    'The request target must be a path of letters, digits and ._~- with unique, fully encoded name=value parameters.',
  QUERY_AUTHENTICATION: 'Credentials belong in the Authorization header, not in the query.',
  HEADER_MALFORMED: 'A header has a name or a value that cannot be verified.',
  HEADER_REPEATED: 'A header that may occur once was sent more than once.',
  TRAILERS: 'Trailers are not accepted.',
  CONTENT_ENCODED: 'Encoded bodies are not accepted.',
};

/** A request that could not be authenticated. Message and code are for the caller; `reason` is for logs and the audit log. */
export class SignatureRejectedError extends AppError {
  readonly reason: RejectionReason;
  /** Hash of the request as the server read it, with which a signer can find the difference without logging the request. */
  readonly canonicalRequestSha256: string | undefined;

  constructor(reason: RejectionReason, details: { canonicalRequestSha256?: string } = {}) {
    const malformed = isMalformed(reason);
    super(
      malformed ? 'BAD_REQUEST' : 'UNAUTHENTICATED',
      malformed ? MALFORMED_MESSAGE[reason] : UNAUTHENTICATED_MESSAGE,
    );
    this.reason = reason;
    this.canonicalRequestSha256 = details.canonicalRequestSha256;
  }
}

function isMalformed(reason: RejectionReason): reason is ReasonOf<400> {
  return REASON_STATUS[reason] === 400;
}
