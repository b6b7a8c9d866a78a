import type { FastifyRequest } from 'fastify';
import { isStorable } from '../kernel/db/codec.ts';
import { AppError } from '../kernel/errors.ts';
import type { Operation } from './contract.ts';
import { parseJson } from './json-body.ts';
import { MAX_HEADERS } from './listener.ts';
import { validationError } from './problems.ts';

/** The parts of a request, held to the contract. */
export interface ValidatedRequest {
  readonly path: unknown;
  readonly query: unknown;
  readonly body: unknown;
}

const WITH_BODY = new Set(['POST', 'PUT', 'PATCH', 'DELETE', 'QUERY']);
const NO_BODY = new Uint8Array();
/** Media type of uploads. */
export const OCTETS = 'application/octet-stream';

/**
 * Rejects, before the body is read, requests whose signature could not be verified: without a host, with a body that the router would
 * drop unread, or with encoded bytes that differ from the signed ones.
 */
export function assertVerifiable({ method, headers, raw }: FastifyRequest): void {
  // What is read would differ from what was signed.
  if (raw.rawHeaders.length > 2 * MAX_HEADERS) {
    throw new AppError('BAD_REQUEST', `The request has more than ${MAX_HEADERS} headers.`);
  }
  if (raw.httpVersionMajor !== 1) throw new AppError('BAD_REQUEST', 'The server speaks HTTP/1.1.');
  if (headers.host === undefined && raw.httpVersion === '1.1') {
    throw new AppError('BAD_REQUEST', 'The request does not say for which host it is.');
  }
  if (headers['content-encoding'] !== undefined) {
    throw new AppError(
      'UNSUPPORTED_MEDIA_TYPE',
      'Encoded bodies are not accepted: send application/json as it is.',
    );
  }
  if (WITH_BODY.has(method)) return;
  const length = headers['content-length'];
  if (headers['transfer-encoding'] !== undefined || (length !== undefined && length !== '0')) {
    throw new AppError('BAD_REQUEST', `A ${method} takes no body.`);
  }
}

/** @returns the bytes of the body as they came. */
export function bodyOf({ body }: FastifyRequest): Uint8Array {
  return body instanceof Uint8Array ? body : NO_BODY;
}

/** @throws AppError that names every field which the contract does not allow. */
export function validateRequest(
  { validate, maxBytes }: Operation,
  request: FastifyRequest,
  rawBody: Uint8Array,
): ValidatedRequest {
  const path = { ...(request.params as object) };
  const query = { ...(request.query as object) };
  if (!validate.params(path)) throw validationError('path', validate.params.errors);
  if (!validate.query(query)) throw validationError('query', validate.query.errors);
  assertStorable(query);
  if (!validate.headers({ ...request.headers })) throw validationError('header', validate.headers.errors);
  if (maxBytes !== undefined) return { path, query, body: bytesOf(request, rawBody) };
  if (!validate.body) {
    if (rawBody.length > 0) throw new AppError('BAD_REQUEST', 'This operation takes no body.');
    return { path, query, body: undefined };
  }
  if (rawBody.length === 0 && !validate.body.required) return { path, query, body: undefined };
  const body = parseJson(rawBody);
  if (!validate.body(body)) throw validationError('body', validate.body.errors);
  return { path, query, body };
}

function bytesOf(request: FastifyRequest, rawBody: Uint8Array): Uint8Array {
  if (request.headers['content-type'] === OCTETS) return rawBody;
  throw new AppError('UNSUPPORTED_MEDIA_TYPE', `This operation takes ${OCTETS}.`);
}

function assertStorable(query: object): void {
  const bad = Object.entries(query).filter(([, value]) => ![value].flat().every(isStorable));
  if (bad.length === 0) return;
  throw new AppError('VALIDATION_FAILED', 'The query parameters cannot be accepted.', {
    errors: bad.map(([name]) => ({
      field: `query.${name}`,
      code: 'INVALID_FORMAT',
      message: 'is not a text',
    })),
  });
}
