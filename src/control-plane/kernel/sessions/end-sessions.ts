import { audit, PLATFORM_STREAM } from '../audit/audit.ts';
import type { Caller } from '../caller.ts';
import type { Queryable, Tx } from '../db/db.ts';
import { AppError } from '../errors.ts';
import { countSessions, lockPrincipal, revokeSession, revokeSessionsOf } from './sessions.sql.ts';

/** Ends the session with whose keys a request was signed. @throws AppError STATE_CONFLICT when it was signed with other keys */
export async function endSession(tx: Tx, caller: Caller): Promise<{ principal: string }> {
  const { sessionId: id, principal } = caller;
  if (id === undefined)
    throw new AppError('STATE_CONFLICT', 'This request was not signed with the keys of a session.');
  await tx.query(revokeSession, { id });
  await audit(tx, PLATFORM_STREAM, caller, { action: 'auth.session.end', target: id, status: 'SUCCESS' });
  return { principal };
}

export interface SessionsEnded {
  readonly principal: string;
  readonly sessions: number;
}

/** How many sessions `endSessionsOf` would end now. */
export async function planSessionEnd(q: Queryable, principal: string): Promise<SessionsEnded> {
  const [live] = await q.query(countSessions, { principal });
  return { principal, sessions: live?.count ?? 0 };
}

/** Ends all sessions of a principal, including one that is being created, and audits it even if there is none. */
export async function endSessionsOf(tx: Tx, caller: Caller, principal: string): Promise<SessionsEnded> {
  await tx.query(lockPrincipal, { principal });
  const ended = await tx.query(revokeSessionsOf, { principal });
  await audit(tx, PLATFORM_STREAM, caller, {
    action: 'auth.session.revoke',
    target: principal,
    status: 'SUCCESS',
    metadata: { sessions: ended.map(({ id }) => id) },
  });
  return { principal, sessions: ended.length };
}
