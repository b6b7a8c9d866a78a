import { createHash } from 'node:crypto';
import { z } from 'zod';
import { AppError } from './errors.ts';

/** PostgreSQL has no text with a NUL in it. */
const storable = z
  .string()
  .max(300)
  .refine((text) => !text.includes('\0'));
const cursorSchema = z.strictObject({ after: z.array(storable).min(1).max(4), of: z.string().length(16) });

/** A page's end, bound to its listing and its reader: another principal's cursor is refused rather than answered. */
export function writeCursor(listing: string, reader: string, after: readonly string[]): string {
  return Buffer.from(JSON.stringify({ after, of: boundTo(listing, reader) })).toString('base64url');
}

/** @returns the parts after which the next page begins. @throws AppError when this listing did not give it to this reader */
export function readCursor(listing: string, reader: string, cursor: string): readonly string[] {
  try {
    const parsed = cursorSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    if (parsed.of === boundTo(listing, reader)) return parsed.after;
  } catch {
    // Whatever is wrong with it, the answer is the same.
  }
  throw new AppError('BAD_REQUEST', 'The cursor is not one that this listing gave to you.', {
    errors: [
      { field: 'cursor', code: 'INVALID', message: 'pass the nextCursor of the page before, unchanged' },
    ],
  });
}

function boundTo(listing: string, reader: string): string {
  return createHash('sha256').update(`${listing}\n${reader}`).digest('hex').slice(0, 16);
}
