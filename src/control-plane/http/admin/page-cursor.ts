import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AppError } from '../../kernel/errors.ts';

/** A place in a listing, bound to its reader: another principal's cursor is refused rather than answered. */
export function writePlace(place: Readonly<Record<string, string | number>>, principal: string): string {
  return Buffer.from(JSON.stringify({ ...place, of: readerOf(principal) })).toString('base64url');
}

/** @throws AppError BAD_REQUEST when this listing did not give the cursor to this reader */
export function readPlace<Shape extends z.ZodRawShape>(shape: Shape, cursor: string, principal: string) {
  try {
    const text = Buffer.from(cursor, 'base64url').toString('utf8');
    const bound = z.looseObject({ of: z.literal(readerOf(principal)) }).parse(JSON.parse(text));
    return z.object(shape).parse(bound);
  } catch {
    // Whatever is wrong with it, the answer is the same.
    throw new AppError('BAD_REQUEST', 'The cursor is not one that this listing gave to you.', {
      errors: [
        { field: 'cursor', code: 'INVALID', message: 'pass the nextCursor of the page before, unchanged' },
      ],
    });
  }
}

function readerOf(principal: string): string {
  return createHash('sha256').update(principal).digest('hex').slice(0, 16);
}
