import { audit, PLATFORM_STREAM } from '../audit/audit.ts';
import type { Caller } from '../caller.ts';
import type { Queryable, Tx } from '../db/db.ts';
import { countSessions, lockPrincipal, revokeSessionsOf } from './sessions.sql.ts';

export interface SessionsEnded {
  readonly principal: string;
  readonly sessions: number;
}

/** How many sessions `endSessionsOf` would end now. */
export async function planSessionEnd(q: Queryable, principal: string): Promise<SessionsEnded> {
  const [live] = await q.query(countSessions, { principal });
  return { principal, sessions: live?.count ?? 0 };
}

/** Ends what a principal is signed in with, also a sign-in that is under way; who it was ended by is in the trail. */
export async function endSessionsOf(tx: Tx, caller: Caller, principal: string): Promise<SessionsEnded> {
  await tx.query(lockPrincipal, { principal });
  const ended = await tx.query(revokeSessionsOf, { principal });
  if (ended.length > 0) {
    await audit(tx, PLATFORM_STREAM, caller, {
      action: 'auth.session.revoke',
      target: principal,
      status: 'SUCCESS',
      metadata: { sessions: ended.map(({ id }) => id) },
    });
  }
  return { principal, sessions: ended.length };
}
