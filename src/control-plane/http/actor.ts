import type { FastifyRequest } from 'fastify';
import type { Actor } from '../kernel/caller.ts';

const MAX_AGENT = 200;

/** A principal with where its request came from, for the audit log. */
export function actorOf({ id, ip, headers }: FastifyRequest, principal: string): Actor {
  const userAgent = (headers['user-agent'] ?? '').slice(0, MAX_AGENT);
  return { principal, requestId: id, sourceIp: ip, userAgent };
}
