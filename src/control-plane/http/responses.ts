import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Operation } from './contract.ts';
import { PROBLEM_TYPE, problemOf } from './problems.ts';

const JSON_TYPE = 'application/json; charset=utf-8';

/** On every answer: nothing of ours is for a cache, and nothing is what its type does not say. */
export const COMMON_HEADERS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;

/** The text of an answer, held to the contract: what that does not declare is taken out, and what contradicts it is our bug. */
export function responseText(operation: Operation, status: number, body: unknown): string {
  const validate = operation.responses.get(status);
  if (!validate) throw new TypeError(`${operation.id} answers ${status}, which the contract does not know`);
  if (!validate(body)) {
    throw new TypeError(`${operation.id} would answer off the contract: ${JSON.stringify(validate.errors)}`);
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
