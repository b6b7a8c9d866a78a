import type { Caller } from '../caller.ts';
import type { Queryable } from '../db/db.ts';
import { insertAuditEvent } from './audit.sql.ts';

export interface AuditEvent {
  /** A wing's noun and verb, as in `thing.create`. */
  readonly action: string;
  readonly target: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'DENIED';
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** One chain per team; what belongs to no team goes to this stream. */
export const PLATFORM_STREAM = 'platform';

/** Who does something, and from where. */
export type Actor = Pick<Caller, 'principal' | 'requestId' | 'sourceIp' | 'userAgent'>;

/** Appends to the trail, in the caller's transaction where there is one. Never put a secret into `metadata`. */
export async function audit(db: Queryable, stream: string, actor: Actor, event: AuditEvent): Promise<void> {
  const payload = {
    actor: actor.principal,
    action: event.action,
    target: event.target,
    status: event.status,
    requestId: actor.requestId,
    sourceIp: actor.sourceIp,
    userAgent: actor.userAgent,
    metadata: event.metadata ?? {},
  };
  await db.query(insertAuditEvent, { stream, payload: JSON.stringify(payload) });
}

/** The actor of what no person asked for. */
export function systemActor(name: string): Actor {
  return { principal: `system:${name}`, requestId: '', sourceIp: '', userAgent: '' };
}
