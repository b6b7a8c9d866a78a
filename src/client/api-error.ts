import { isObject } from '../contract/documents.ts';
import type { FieldProblem } from '../contract/error-codes.ts';
import { ProxyFailure } from './proxy.ts';
import { TimeoutError } from './transport.ts';

/** The server returned an error. */
export class ApiError extends Error {
  /** Error code of the API; UNEXPECTED_ANSWER if the response is not from an ocpctl server. */
  readonly code: string;
  readonly status: number;
  readonly hint: string | undefined;
  readonly requestId: string | undefined;
  readonly errors: readonly FieldProblem[];
  /** Whether a retry may succeed. */
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | undefined;
  /** Set for a request with an idempotency key: the server may have done it, although the answer says that it failed. */
  mayHaveBeenAccepted = false;

  constructor(code: string, message: string, details: ApiErrorDetails) {
    super(message);
    this.name = 'ApiError';
    this.code = code;
    this.status = details.status;
    this.hint = details.hint;
    this.requestId = details.requestId;
    this.errors = details.errors ?? [];
    this.retryable = RETRYABLE_STATUSES.has(details.status) || code === 'REQUEST_IN_FLIGHT';
    this.retryAfterSeconds = details.retryAfterSeconds;
  }
}

interface ApiErrorDetails {
  readonly status: number;
  readonly hint?: string | undefined;
  readonly requestId?: string | undefined;
  readonly errors?: readonly FieldProblem[];
  readonly retryAfterSeconds?: number | undefined;
}

/** No response, or an incomplete one. */
export class UnreachableError extends Error {
  readonly code = 'UNREACHABLE';
  readonly server: string;
  /** Node's error code, for example ECONNREFUSED. */
  readonly reason: string;
  /** What happened, without the address: `connection refused`. */
  readonly summary: string;
  readonly hint: string;
  readonly retryable: boolean;
  /** Whether the server may have received the request. */
  readonly wasSent: boolean;
  /** Set for a request with an idempotency key: the server may have done it, and the answer was lost. */
  mayHaveBeenAccepted = false;

  constructor(server: string, cause: unknown) {
    const reason = codeOf(cause);
    const explanation = EXPLANATIONS[reason] ?? (TLS_REASON.test(reason) ? CERTIFICATE : OTHER);
    const isProxy = cause instanceof ProxyFailure;
    const where = isProxy ? `${server} through the proxy ${cause.proxy}` : server;
    const what =
      cause instanceof TimeoutError ? `no response within ${cause.afterMs / 1000} s` : explanation.what;
    const summary = what ?? thrownMessage(cause);
    super(`cannot reach ${where}: ${summary}`, { cause });
    this.summary = summary;
    this.name = 'UnreachableError';
    this.server = server;
    this.reason = reason;
    this.wasSent = !(isProxy || NOT_CONNECTED.has(reason) || TLS_REASON.test(reason));
    this.hint = isProxy ? PROXY : explanation.hint;
    this.retryable = explanation.retryable;
  }
}

export interface ResponseHead {
  readonly status: number;
  header(name: string): string | undefined;
}

/** @returns the error for a response other than 2xx. */
export function toApiError(response: ResponseHead, body: string, server: string, now: Date): ApiError {
  const retryAfterSeconds = parseRetryAfter(response.header('retry-after'), now);
  const problem = parseProblem(body);
  const requestId = text(problem?.['requestId']) ?? response.header('x-request-id');
  const details = { status: response.status, requestId, retryAfterSeconds };
  const code = text(problem?.['code']);
  if (problem === undefined || code === undefined) {
    return unexpectedResponseError(response.status, server, details);
  }
  const message = text(problem['detail']) ?? text(problem['title']) ?? code;
  return new ApiError(code, message, {
    ...details,
    hint: text(problem['hint']),
    errors: fieldProblems(problem['errors']),
  });
}

/** @returns the error for a response that is not from an ocpctl server, for example from a proxy. */
export function unexpectedResponseError(
  status: number,
  server: string,
  details: Omit<ApiErrorDetails, 'status'> = {},
): ApiError {
  const message = `unexpected response from ${server} (status ${status}): not an ocpctl server`;
  return new ApiError('UNEXPECTED_ANSWER', message, { ...details, status, hint: ADDRESS });
}

/** @returns seconds from a Retry-After header: seconds or a date (RFC 9110, section 10.2.3). */
export function parseRetryAfter(value: string | undefined, now: Date): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  const until = Date.parse(value);
  return Number.isNaN(until) ? undefined : Math.max(0, Math.ceil((until - now.getTime()) / 1000));
}

const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);

interface Explanation {
  /** Default: the message of the error. */
  readonly what?: string;
  readonly hint: string;
  readonly retryable: boolean;
}

const START =
  "check that the server is running; 'ocpctl server' starts one, --server or a context selects another";
const ADDRESS = 'check the URL of the server: --server, OCPCTL_SERVER or the context';
const PROXY = 'check HTTPS_PROXY and ALL_PROXY; hosts in NO_PROXY are reached directly';
const NETWORK = 'check the network connection to the server';
const CUT = { what: 'connection reset', hint: START, retryable: true };

const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  ECONNREFUSED: { what: 'connection refused', hint: START, retryable: true },
  ECONNRESET: CUT,
  EPIPE: CUT,
  ETIMEDOUT: { what: 'connection timed out', hint: NETWORK, retryable: true },
  EHOSTUNREACH: { what: 'no route to host', hint: NETWORK, retryable: true },
  ENETUNREACH: { what: 'network is unreachable', hint: NETWORK, retryable: true },
  EAI_AGAIN: { what: 'DNS lookup failed', hint: NETWORK, retryable: true },
  ENOTFOUND: { what: 'host not found', hint: ADDRESS, retryable: false },
  EPROTO: {
    what: 'the server does not use TLS',
    hint: 'check the URL: http:// or https://',
    retryable: false,
  },
};
/** There was no connection, so nothing was sent. */
const NOT_CONNECTED: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EPROTO',
]);
const TLS_REASON = /CERT|TLS|SSL|ISSUER|SELF_SIGNED|UNABLE_TO_VERIFY/;
const CERTIFICATE: Explanation = {
  hint: "the certificate is not trusted; set its CA with 'ocpctl context add --ca-file', OCPCTL_CA_FILE or NODE_EXTRA_CA_CERTS",
  retryable: false,
};
const OTHER: Explanation = { hint: ADDRESS, retryable: false };

type Json = Readonly<Record<string, unknown>>;

function parseProblem(body: string): Json | undefined {
  try {
    const parsed: unknown = JSON.parse(body);
    return isObject(parsed) ? parsed : undefined;
  } catch {
    return undefined;
  }
}

function fieldProblems(value: unknown): FieldProblem[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isObject).map((entry) => {
    const problem = {
      field: text(entry['field']) ?? '',
      code: text(entry['code']) ?? '',
      message: text(entry['message']) ?? '',
    };
    const { allowed } = entry;
    return Array.isArray(allowed) ? { ...problem, allowed: allowed.map(String) } : problem;
  });
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function codeOf(thrown: unknown): string {
  return (isObject(thrown) && text(thrown['code'])) || 'UNKNOWN';
}

/** @returns the message of anything that was thrown. */
export function thrownMessage(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
