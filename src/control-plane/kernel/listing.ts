import { createHash } from 'node:crypto';
import * as z from 'zod';
import { isStorable } from './db/codec.ts';
import { AppError } from './errors.ts';

/**
 * Something that is read page by page. A cursor holds the place where a page ended, bound to its listing and its reader: another
 * listing's or another principal's is refused rather than answered.
 */
export class Listing<Place> {
  readonly #name: string;
  readonly #position: z.ZodType<Place>;

  /** @param place what says where a page ended; readers can write it themselves, so it admits only what is safe to look for */
  constructor(name: string, place: z.ZodType<Place>) {
    this.#name = name;
    this.#position = place;
  }

  /** @returns undefined: at the beginning. @throws AppError BAD_REQUEST when this listing did not give the cursor to this reader */
  decodeCursor(cursor: string | undefined, reader: string): Place | undefined {
    if (cursor === undefined) return undefined;
    try {
      const text = Buffer.from(cursor, 'base64url').toString('utf8');
      const bound = z.strictObject({ after: this.#position, of: z.literal(this.#boundTo(reader)) });
      return bound.parse(JSON.parse(text, rejectUnstorable)).after;
    } catch {
      // Whatever is wrong with it, the answer is the same.
      throw new AppError('BAD_REQUEST', 'The cursor is not one that this listing gave to you.', {
        errors: [
          { field: 'cursor', code: 'INVALID', message: 'pass the nextCursor of the page before, unchanged' },
        ],
      });
    }
  }

  encodeCursor(place: Place, reader: string): string {
    return Buffer.from(JSON.stringify({ after: place, of: this.#boundTo(reader) })).toString('base64url');
  }

  /** @param rows one more than `limit` when there is a page after this one */
  page<Row>(rows: readonly Row[], limit: number, reader: string, positionOf: (last: Row) => Place) {
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    const more = rows.length > limit && last !== undefined;
    return { rows: shown, nextCursor: more ? this.encodeCursor(positionOf(last), reader) : null };
  }

  #boundTo(reader: string): string {
    return createHash('sha256').update(`${this.#name}\n${reader}`).digest('hex').slice(0, 16);
  }
}

/** To ask the database for what it cannot hold would be our error, not the reader's. */
function rejectUnstorable(_key: string, value: unknown): unknown {
  if (!isStorable(value)) throw new RangeError('no place has this in it');
  return value;
}
