import type { ErrorObject } from 'ajv';
import type { components } from '../../contract/api.gen.ts';
import { ERRORS, type ErrorCode, type FieldProblem } from '../../contract/error-codes.ts';
import { AppError, DatabaseUnavailableError } from '../kernel/errors.ts';

type Problem = components['schemas']['Problem'];

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** Bounds of the contract: a hostile request must not make its refusal large. */
const MAX_ERRORS = 100;
const MAX_ALLOWED = 200;
const MAX_NAME = 200;
const MAX_MESSAGE = 1_000;
const MAX_DETAIL = 4_000;

export interface ProblemAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Problem;
  /** True for a bug, which is logged. */
  readonly isBug: boolean;
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad request',
  401: 'Not authenticated',
  403: 'Not allowed',
  404: 'Not found',
  405: 'Method not allowed',
  408: 'Request timeout',
  409: 'Conflict',
  413: 'Content too large',
  414: 'URI too long',
  415: 'Unsupported media type',
  422: 'Unprocessable request',
  429: 'Too many requests',
  431: 'Headers too large',
  500: 'Internal error',
  503: 'Unavailable',
};

/** Errors of the framework and of connections, by their stable codes. */
const KNOWN: ReadonlyMap<unknown, readonly [ErrorCode, string]> = new Map([
  [
    'FST_ERR_CTP_BODY_TOO_LARGE',
    ['PAYLOAD_TOO_LARGE', 'The body is larger than the server accepts (64 KiB).'],
  ],
  ['FST_ERR_CTP_INVALID_MEDIA_TYPE', ['UNSUPPORTED_MEDIA_TYPE', 'Send application/json.']],
  [
    'FST_ERR_CTP_INVALID_CONTENT_LENGTH',
    ['BAD_REQUEST', 'The body does not have the length that Content-Length says.'],
  ],
  ['FST_ERR_BAD_URL', ['BAD_REQUEST', 'The request target is malformed.']],
  ['FST_ERR_MAX_PARAM_LENGTH', ['URI_TOO_LONG', 'A part of the path is too long.']],
  ['ECONNRESET', ['BAD_REQUEST', 'The connection broke before the request was complete.']],
]);

/** Turns anything thrown into an RFC 9457 problem. An unknown error reveals nothing about the server. */
export function problemOf(thrown: unknown, requestId: string): ProblemAnswer {
  const { code, detail, errors, retryAfterSeconds, isBug } = describe(thrown);
  const status = ERRORS[code].status;
  return {
    status,
    isBug,
    headers: retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
    body: problemDocument({ status, code, detail, errors, requestId }),
  };
}

interface ProblemParts {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly errors: readonly FieldProblem[];
  readonly requestId: string;
}

export function problemDocument({ status, code, detail, errors, requestId }: ProblemParts): Problem {
  return {
    type: `urn:ocpctl:problem:${code.toLowerCase().replaceAll('_', '-')}`,
    title: TITLES[status] ?? 'Error',
    status,
    detail: detail.slice(0, MAX_DETAIL),
    code,
    requestId,
    errors: errors.slice(0, MAX_ERRORS).map(({ field, code: fieldCode, message, allowed }) => ({
      field: field.slice(0, MAX_NAME),
      code: fieldCode,
      message: message.slice(0, MAX_MESSAGE),
      ...(allowed ? { allowed: allowed.slice(0, MAX_ALLOWED).map((value) => value.slice(0, MAX_NAME)) } : {}),
    })),
  };
}

interface Description {
  readonly code: ErrorCode;
  readonly detail: string;
  readonly errors: readonly FieldProblem[];
  readonly retryAfterSeconds?: number | undefined;
  readonly isBug: boolean;
}

function describe(thrown: unknown): Description {
  if (thrown instanceof DatabaseUnavailableError) {
    const detail = `${thrown.callerMessage} Requests that were acknowledged before are not lost.`;
    return {
      code: 'UNAVAILABLE',
      detail,
      errors: [],
      retryAfterSeconds: thrown.retryAfterSeconds,
      isBug: true,
    };
  }
  if (thrown instanceof AppError) {
    const { code, message, errors, retryAfterSeconds } = thrown;
    return { code, detail: message, errors, retryAfterSeconds, isBug: false };
  }
  const known =
    typeof thrown === 'object' && thrown !== null && 'code' in thrown ? KNOWN.get(thrown.code) : undefined;
  if (known) return { code: known[0], detail: known[1], errors: [], isBug: false };
  return {
    code: 'INTERNAL',
    detail: 'Internal error. Quote the request id to the operator.',
    errors: [],
    isBug: true,
  };
}

/** What the validator found, as a problem with every field at once. */
export function validationError(
  location: 'path' | 'query' | 'header' | 'body',
  found: readonly ErrorObject[],
): AppError {
  const errors = found.slice(0, MAX_ERRORS).map((error): FieldProblem => {
    const { field, message, allowed } = explain(error);
    const name = field === '' ? location : field;
    return {
      field: location === 'query' ? `query.${name}` : name,
      code: error.keyword.toUpperCase(),
      message,
      ...(allowed ? { allowed } : {}),
    };
  });
  return new AppError(
    'VALIDATION_FAILED',
    `The ${location === 'body' ? 'body' : `${location} parameters`} cannot be accepted.`,
    { errors },
  );
}

function explain(error: ErrorObject): { field: string; message: string; allowed?: string[] } {
  const at = error.instancePath.slice(1).split('/').map(unescapePointer).join('.');
  const join = (name: unknown) => (at === '' ? String(name) : `${at}.${String(name)}`);
  const params = error.params as Record<string, unknown>;
  if (error.keyword === 'required') return { field: join(params['missingProperty']), message: 'is required' };
  if (error.keyword === 'additionalProperties')
    return { field: join(params['additionalProperty']), message: 'is not known' };
  const allowed = params['allowedValues'];
  return {
    field: at,
    message: error.message ?? 'is not valid',
    ...(Array.isArray(allowed) ? { allowed: allowed.map(String) } : {}),
  };
}

/** RFC 6901: `~1` stands for a slash, `~0` for a tilde. */
function unescapePointer(part: string): string {
  return part.replaceAll('~1', '/').replaceAll('~0', '~');
}
