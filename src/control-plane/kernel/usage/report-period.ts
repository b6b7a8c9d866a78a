import { readDatabaseTime } from '../db/clock.sql.ts';
import type { Queryable } from '../db/db.ts';
import { AppError } from '../errors.ts';

/** @returns 00:00 UTC of the first of a month: 0 is that of `now`, 1 the next */
export function startOfMonth(now: Date, later: number): Date {
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + later));
}

/** The period that a request means. What is not yet past costs nothing yet. @throws AppError POLICY_VIOLATION when it ends before it begins */
export async function reportPeriod(
  db: Queryable,
  given: { readonly from?: string | undefined; readonly to?: string | undefined },
): Promise<{ from: Date; to: Date }> {
  const now = await readDatabaseTime(db);
  const from = given.from === undefined ? startOfMonth(now, 0) : new Date(given.from);
  const to = given.to === undefined ? now : new Date(given.to);
  if (from > to || (from.getTime() === to.getTime() && given.to !== undefined)) {
    const message = `ends (${to.toISOString()}) before it begins (${from.toISOString()})`;
    throw new AppError('POLICY_VIOLATION', `The period ${message}.`, {
      errors: [{ field: 'to', code: 'INVALID', message }],
    });
  }
  const end = to > now ? now : to;
  return { from: from > end ? end : from, to: end };
}
