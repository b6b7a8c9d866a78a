import type { Caller } from '../caller.ts';
import type { Tx } from '../db/db.ts';
import { AppError } from '../errors.ts';
import { insertSecretAccess, lockSecretAccesses, nextSecretAccess } from './secret-access-quota.sql.ts';

/** Counts one secret access. @throws AppError RATE_LIMITED when the caller has reached the limit of this hour */
export async function countSecretAccess(tx: Tx, caller: Caller, perHour: number): Promise<void> {
  const { principal } = caller;
  await tx.query(lockSecretAccesses, { principal });
  if ((await tx.query(insertSecretAccess, { principal, perHour })).length > 0) return;
  const [next] = await tx.query(nextSecretAccess, { principal });
  throw new AppError(
    'RATE_LIMITED',
    `${principal} has read ${perHour} secrets within an hour, which is the limit.`,
    {
      retryAfterSeconds: next?.seconds ?? 60,
    },
  );
}
