import { audit, PLATFORM_STREAM } from '../audit/audit.ts';
import type { Caller } from '../caller.ts';
import type { Tx } from '../db/db.ts';
import { AppError } from '../errors.ts';
import { revokeSession } from './sessions.sql.ts';

/** Ends the session that a request was signed with. @throws AppError STATE_CONFLICT when it was signed with lasting keys */
export async function endSession(tx: Tx, caller: Caller): Promise<{ principal: string }> {
  const { sessionId: id, principal } = caller;
  if (id === undefined)
    throw new AppError(
      'STATE_CONFLICT',
      'The keys of this request are no session: they stay until they are revoked.',
    );
  await tx.query(revokeSession, { id });
  await audit(tx, PLATFORM_STREAM, caller, { action: 'auth.session.end', target: id, status: 'SUCCESS' });
  return { principal };
}
