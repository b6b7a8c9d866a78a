/** What an error code means, for docs/errors.md. */
export interface ErrorExplanation {
  readonly cause: string;
  readonly remedy: string;
}

/**
 * Every code that the API answers with, its HTTP status, and what to do about it. Codes are stable: scripts match on them.
 * The command line maps statuses to exit codes in `src/cli/errors/exit-codes.ts`. `npm run gen` writes docs/errors.md from this table.
 */
export const ERRORS = {
  BAD_REQUEST: {
    status: 400,
    cause: 'The request is malformed: target, headers, JSON, cursor or idempotency key.',
    remedy:
      'Correct what the message names. A cursor is only valid for the listing and the caller it was given to.',
  },
  VALIDATION_FAILED: {
    status: 400,
    cause: 'The request does not match `openapi.yaml`.',
    remedy: '`errors` lists every field, what is wrong with it, and the allowed values.',
  },
  IDEMPOTENCY_KEY_MISSING: {
    status: 400,
    cause: 'A command was sent without an `Idempotency-Key` header.',
    remedy: 'Send a new key with each new command, and the same key with its retries.',
  },
  UNAUTHENTICATED: {
    status: 401,
    cause:
      'The signature is not valid: unknown or revoked key, wrong secret, region or host, a clock that is more than 5 minutes off, or a request sent twice. The answer is the same for all of them.',
    remedy:
      '`ocpctl context list` shows the server and the key in use. The server log has the reason, by request id.',
  },
  FORBIDDEN: {
    status: 403,
    cause: 'The caller has no role that permits the operation.',
    remedy: '`ocpctl whoami` shows the roles. An admin grants one with `ocpctl admin grants add`.',
  },
  ACCOUNT_NOT_ALLOWED: {
    status: 403,
    cause: 'The AWS account of the caller is not in `OCPCTL_AWS_ACCOUNTS`.',
    remedy: 'Sign in with a profile of another account, or have the operator add the account.',
  },
  PRINCIPAL_NOT_ALLOWED: {
    status: 403,
    cause: 'The AWS identity is a root user, a federated user or a service.',
    remedy: 'Sign in as an IAM user or with a role.',
  },
  PRINCIPAL_CHANGED: {
    status: 403,
    cause:
      'Every grant of this name is pinned to another AWS unique id: the user or role was deleted and created again.',
    remedy: 'An admin removes the grants and adds them again ([access.md](access.md#grants)).',
  },
  APPROVAL_REQUIRED: {
    status: 403,
    cause: 'The secret needs the approval of another platform admin.',
    remedy: 'Have `ocpctl admin approvals approve ID` run, then repeat the command within an hour.',
  },
  NOT_FOUND: {
    status: 404,
    cause:
      'It does not exist, or it belongs to a team that the caller has no role in. The answer is the same for both.',
    remedy: 'Check the name or id with `ocpctl list`.',
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    cause: 'The path has no operation with this HTTP method.',
    remedy: 'See `openapi.yaml`; the `Allow` header lists the methods.',
  },
  REQUEST_TIMEOUT: {
    status: 408,
    cause: 'The request did not arrive within 15 seconds.',
    remedy: 'Send it again over a faster connection.',
  },
  NAME_TAKEN: {
    status: 409,
    cause: 'The team has a cluster of this name that is not destroyed.',
    remedy: 'Choose another name, or pass `--if-not-exists`.',
  },
  STATE_CONFLICT: {
    status: 409,
    cause: 'The status of the cluster or job does not permit the operation.',
    remedy: '`ocpctl get NAME` shows the status; the message names the one that is needed.',
  },
  REQUEST_IN_FLIGHT: {
    status: 409,
    cause: 'Another request with the same idempotency key is still being processed.',
    remedy: 'Retry after a second with the same key. The command line does so by itself.',
  },
  QUOTA_EXCEEDED: {
    status: 409,
    cause: 'The team has its maximum number of clusters, or of creates in progress.',
    remedy: '`ocpctl quota` shows limits and usage. Destroy a cluster, or have the operator raise the quota.',
  },
  BUDGET_EXCEEDED: {
    status: 409,
    cause:
      'The budget of the team refuses creates and more workers that would exceed it: what was spent this month, what the clusters that exist will cost in it, and the new ones.',
    remedy:
      'Destroy a cluster, use a shorter `--ttl` or fewer workers, or have an admin raise the budget with `ocpctl admin budgets set`.',
  },
  LAST_ADMIN: {
    status: 409,
    cause: 'The change would leave the installation without an admin who can sign in.',
    remedy: 'Grant `platform_admin` for all teams (`*`) to another principal first.',
  },
  PAYLOAD_TOO_LARGE: {
    status: 413,
    cause: 'The body is larger than 64 KiB.',
    remedy: 'Send less.',
  },
  URI_TOO_LONG: {
    status: 414,
    cause: 'A part of the path is longer than 100 characters.',
    remedy: 'Check the id or name in the path.',
  },
  UNSUPPORTED_MEDIA_TYPE: {
    status: 415,
    cause: 'The body is not `application/json`.',
    remedy: 'Send JSON with that content type, without a content encoding.',
  },
  POLICY_VIOLATION: {
    status: 422,
    cause: 'The request is well-formed, but the profile or a rule of the installation does not permit it.',
    remedy:
      '`errors` names each field and what would be allowed; `ocpctl profiles get NAME` shows the rules of a profile.',
  },
  IDEMPOTENCY_KEY_REUSED: {
    status: 422,
    cause: 'The idempotency key was used before with a different request.',
    remedy: 'Use a new key for a new request.',
  },
  RATE_LIMITED: {
    status: 429,
    cause: 'A limit of requests, creates, sign-ins or secret accesses is used up.',
    remedy:
      'Retry after the seconds in `Retry-After`. The command line does so within `--timeout`. `ocpctl quota` shows the limits.',
  },
  HEADERS_TOO_LARGE: {
    status: 431,
    cause: 'The headers are larger than 8 KiB.',
    remedy: 'Send fewer or shorter headers.',
  },
  INTERNAL: {
    status: 500,
    cause: 'A bug in the server.',
    remedy:
      'The server log has the error, by request id. Retry with the same idempotency key: an accepted request happens once.',
  },
  UNAVAILABLE: {
    status: 503,
    cause: 'The server is shutting down, or the database, the secret store or AWS STS does not answer.',
    remedy: 'Retry after the seconds in `Retry-After`. `/readyz` of the server shows what is missing.',
  },
} as const satisfies Readonly<Record<string, ErrorExplanation & { readonly status: number }>>;

export type ErrorCode = keyof typeof ERRORS;

/** A problem with one field of a request, with the allowed values, if known. */
export interface FieldProblem {
  readonly field: string;
  readonly code: string;
  readonly message: string;
  readonly allowed?: readonly string[];
}
