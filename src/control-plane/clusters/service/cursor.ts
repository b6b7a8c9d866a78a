import { readCursor as readParts, writeCursor as writeParts } from '../../kernel/cursor.ts';

/** The end of a page of ids, newest first, for the next page of the same reader. */
export function writeCursor(before: string, principal: string): string {
  return writeParts(before.slice(0, PREFIX_LENGTH), principal, [before]);
}

/** @param prefix of the listed ids, as `clu`. @returns the id before which the next page begins. */
export function readCursor(cursor: string, principal: string, prefix: string): string {
  const [before = ''] = readParts(prefix, principal, cursor);
  return before;
}

const PREFIX_LENGTH = 3;
