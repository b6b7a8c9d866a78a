import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Operation } from './contract.ts';
import { PROBLEM_TYPE, problemOf } from './problems.ts';

const JSON_TYPE = 'application/json; charset=utf-8';

/** Sent with every response: no caching, no content sniffing. */
export const COMMON_HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;

/** Serialises a response. Fields that openapi.yaml does not declare are removed; a response that contradicts it is a bug. */
export function responseText(operation: Operation, status: number, body: unknown): string {
  const validate = operation.responses.get(status);
  if (!validate) throw new TypeError(`${operation.id}: status ${status} is not declared in openapi.yaml`);
  if (!validate(body)) {
    throw new TypeError(
      `${operation.id}: the response does not match openapi.yaml: ${JSON.stringify(validate.errors)}`,
    );
  }
  return JSON.stringify(body);
}

export function sendJson(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).type(JSON_TYPE).send(text);
}

/** Answers anything thrown, the framework's own errors included, which have passed no hook. */
export function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error, request.id);
  if (problem.isBug) request.log.error({ err: error }, 'request failed');
  return reply
    .code(problem.status)
    .headers({ ...COMMON_HEADERS, 'x-request-id': request.id, ...problem.headers })
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(problem.body));
}
