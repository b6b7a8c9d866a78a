import { createHash } from 'node:crypto';
import * as z from 'zod';
import { isStorable } from './db/codec.ts';
import { AppError } from './errors.ts';

/**
 * A listing that is read page by page. A cursor contains the position where a page ended and is bound to its listing and its reader:
 * a cursor of another listing or principal is rejected.
 */
export class Listing<Position> {
  readonly #name: string;
  readonly #position: z.ZodType<Position>;

  /** @param position schema of a position. Clients can forge cursors, so it must accept only values that are safe in a query. */
  constructor(name: string, position: z.ZodType<Position>) {
    this.#name = name;
    this.#position = position;
  }

  /** @returns undefined for the first page. @throws AppError BAD_REQUEST when this listing did not issue the cursor to this reader */
  decodeCursor(cursor: string | undefined, reader: string): Position | undefined {
    if (cursor === undefined) return undefined;
    try {
      const text = Buffer.from(cursor, 'base64url').toString('utf8');
      const bound = z.strictObject({ after: this.#position, of: z.literal(this.#boundTo(reader)) });
      return bound.parse(JSON.parse(text, rejectUnstorable)).after;
    } catch {
      throw new AppError('BAD_REQUEST', 'Invalid cursor.', {
        errors: [
          {
            field: 'cursor',
            code: 'INVALID',
            message: 'must be the nextCursor of the previous page of this list',
          },
        ],
      });
    }
  }

  encodeCursor(position: Position, reader: string): string {
    return Buffer.from(JSON.stringify({ after: position, of: this.#boundTo(reader) })).toString('base64url');
  }

  /** @param rows one more than `limit` when there is a page after this one */
  page<Row>(rows: readonly Row[], limit: number, reader: string, positionOf: (last: Row) => Position) {
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const more = rows.length > limit && last !== undefined;
    return { rows: shown, nextCursor: more ? this.encodeCursor(positionOf(last), reader) : null };
  }

  #boundTo(reader: string): string {
    return createHash('sha256').update(`${this.#name}\n${reader}`).digest('hex').slice(0, 16);
  }
}

/** A value that the database cannot store would make the query fail with an internal error. */
function rejectUnstorable(_key: string, value: unknown): unknown {
  if (!isStorable(value)) throw new RangeError('contains a character that cannot be stored');
  return value;
}
