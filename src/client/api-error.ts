import type { FieldProblem } from '../contract/error-codes.ts';
import { TimeoutError } from './transport.ts';

/** The server answered, and said no. */
export class ApiError extends Error {
  /** The server's code; UNEXPECTED_ANSWER when what answered does not speak our language. */
  readonly code: string;
  readonly status: number;
  readonly hint: string | undefined;
  readonly requestId: string | undefined;
  readonly errors: readonly FieldProblem[];
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | undefined;

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

/** No answer came, or it broke off. */
export class UnreachableError extends Error {
  readonly code = 'UNREACHABLE';
  readonly server: string;
  /** Node's error code, for example ECONNREFUSED. */
  readonly reason: string;
  readonly hint: string;
  readonly retryable: boolean;

  constructor(server: string, cause: unknown) {
    const reason = codeOf(cause);
    const explanation = EXPLANATIONS[reason] ?? (TLS_REASON.test(reason) ? CERTIFICATE : OTHER);
    const what =
      cause instanceof TimeoutError ? `no answer within ${cause.afterMs / 1000} s` : explanation.what;
    super(`cannot reach ${server}: ${what ?? messageOf(cause)}`, { cause });
    this.name = 'UnreachableError';
    this.server = server;
    this.reason = reason;
    this.hint = explanation.hint;
    this.retryable = explanation.retryable;
  }
}

export interface ResponseHead {
  readonly status: number;
  header(name: string): string | undefined;
}

/** @returns the error that an answer other than 2xx stands for. */
export function toApiError(answer: ResponseHead, body: string, server: string, now: Date): ApiError {
  const retryAfterSeconds = parseRetryAfter(answer.header('retry-after'), now);
  const problem = parseProblem(body);
  const requestId = text(problem?.['requestId']) ?? answer.header('x-request-id');
  const details = { status: answer.status, requestId, retryAfterSeconds };
  const code = text(problem?.['code']);
  if (problem === undefined || code === undefined) {
    return unexpectedResponseError(answer.status, server, details);
  }
  const message = text(problem['detail']) ?? text(problem['title']) ?? code;
  return new ApiError(code, message, {
    ...details,
    hint: text(problem['hint']),
    errors: fieldProblems(problem['errors']),
  });
}

/** @returns the error for an answer that an ocpctl server would not give: a proxy's page, another program's. */
export function unexpectedResponseError(
  status: number,
  server: string,
  details: Omit<ApiErrorDetails, 'status'> = {},
): ApiError {
  const message = `${server} answered ${status}, and not as an ocpctl server does`;
  return new ApiError('UNEXPECTED_ANSWER', message, { ...details, status, hint: ADDRESS });
}

/** @returns whole seconds from a Retry-After header, which holds seconds or a date (RFC 9110, section 10.2.3). */
export function parseRetryAfter(value: string | undefined, now: Date): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  const until = Date.parse(value);
  return Number.isNaN(until) ? undefined : Math.max(0, Math.ceil((until - now.getTime()) / 1000));
}

const RETRYABLE_STATUSES: ReadonlySet<number> = new Set([429, 502, 503, 504]);

interface Explanation {
  /** undefined: the error's own message says it best. */
  readonly what?: string;
  readonly hint: string;
  readonly retryable: boolean;
}

const START = 'Is the server running? `ocpctl server` starts one; `--server` or a context names another.';
const ADDRESS = 'Check the address of the server: `--server`, OCPCTL_SERVER or the context.';
const NETWORK = 'Check the network between this machine and the server.';
const CUT = { what: 'the connection was cut', hint: START, retryable: true };

const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  ECONNREFUSED: { what: 'nothing listens there', hint: START, retryable: true },
  ECONNRESET: CUT,
  EPIPE: CUT,
  ETIMEDOUT: { what: 'no answer in time', hint: NETWORK, retryable: true },
  EHOSTUNREACH: { what: 'there is no way to that host', hint: NETWORK, retryable: true },
  ENETUNREACH: { what: 'there is no way to that network', hint: NETWORK, retryable: true },
  EAI_AGAIN: { what: 'the name server does not answer', hint: NETWORK, retryable: true },
  ENOTFOUND: { what: 'there is no host of that name', hint: ADDRESS, retryable: false },
  EPROTO: { what: 'it does not speak TLS', hint: 'Is it http:// instead of https://?', retryable: false },
};
const TLS_REASON = /CERT|TLS|SSL|ISSUER|SELF_SIGNED|UNABLE_TO_VERIFY/;
const CERTIFICATE: Explanation = {
  hint: 'The certificate is not trusted here: name its authority with `ocpctl context add --ca-file`, OCPCTL_CA_FILE or NODE_EXTRA_CA_CERTS.',
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

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function codeOf(thrown: unknown): string {
  return (isObject(thrown) && text(thrown['code'])) || 'UNKNOWN';
}

function messageOf(thrown: unknown): string {
  return thrown instanceof Error ? thrown.message : String(thrown);
}
