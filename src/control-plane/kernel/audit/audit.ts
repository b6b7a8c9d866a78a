import type { Actor } from '../caller.ts';
import type { Queryable } from '../db/db.ts';
import { insertAuditEvent } from './audit.sql.ts';

export interface AuditEvent {
  /** Noun and verb, as in `thing.create`. */
  readonly action: string;
  readonly target: string;
  readonly status: 'SUCCESS' | 'FAILURE' | 'DENIED';
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/**
 * The stream of events that belong to no team; every team has a stream, and so a hash chain, of its own. The name of a team begins with
 * a letter or digit, so none can be called this.
 */
export const PLATFORM_STREAM = '_platform';

/** Appends an event to the audit log. Pass the transaction of the audited change. Never put a secret into `metadata`. */
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
