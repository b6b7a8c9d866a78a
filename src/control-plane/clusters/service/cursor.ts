import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../kernel/errors.ts';

/** Ids only: whatever else would reach the query as it stands. */
const cursorSchema = z.strictObject({
  before: z.string().regex(/^[a-z]{3}_[0-9a-z]{26}$/),
  of: z.string().length(16),
});

/** A page's end, bound to its listing and its reader: another principal's cursor is refused rather than answered. */
export function writeCursor(before: string, principal: string): string {
  return Buffer.from(JSON.stringify({ before, of: readerOf(principal) })).toString('base64url');
}

/** @param prefix of the listed ids, as `clu`. @returns the id before which the next page begins. */
export function readCursor(cursor: string, principal: string, prefix: string): string {
  try {
    const parsed = cursorSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    if (parsed.of === readerOf(principal) && parsed.before.startsWith(`${prefix}_`)) return parsed.before;
  } catch {
    // Whatever is wrong with it, the answer is the same.
  }
  throw new AppError('BAD_REQUEST', 'The cursor is not one that this listing gave to you.', {
    errors: [
      { field: 'cursor', code: 'INVALID', message: 'pass the nextCursor of the page before, unchanged' },
    ],
  });
}

function readerOf(principal: string): string {
  return createHash('sha256').update(principal).digest('hex').slice(0, 16);
}
