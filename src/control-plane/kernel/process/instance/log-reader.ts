import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { systemCodeOf } from '../../errors.ts';
import type { ProgramStream } from '../guard-protocol.ts';
import { splitLines } from '../line-splitter.ts';
import { listLogSegments } from './log-segments.ts';

export interface LoggedLine {
  readonly position: number;
  readonly at: Date;
  readonly stream: ProgramStream;
  readonly text: string;
}

/** Escaped control characters take six bytes each. */
const MAX_RECORD_BYTES = 512 * 1024;

/** @returns at most `limit` lines after the position, oldest first */
export async function readInstanceLog(
  directory: string,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<LoggedLine[]> {
  const segments = listLogSegments(directory);
  // The last segment that begins at or before the next position, and all after it.
  const first = Math.max(
    segments.findLastIndex(({ firstPosition }) => firstPosition <= after + 1),
    0,
  );
  const lines: LoggedLine[] = [];
  for (const { name } of segments.slice(first)) {
    if (lines.length >= limit) break;
    await readSegment(join(directory, name), (line) => {
      if (line.position > after && lines.length < limit) lines.push(line);
      return lines.length < limit;
    });
  }
  return lines;
}

/** A segment that is removed meanwhile has no lines. A line without its end is still being written. */
async function readSegment(path: string, onLine: (line: LoggedLine) => boolean): Promise<void> {
  let isWanted = true;
  const lines = splitLines((text) => {
    const line = isWanted ? parseRecord(text) : undefined;
    if (line !== undefined) isWanted = onLine(line);
  }, MAX_RECORD_BYTES);
  try {
    for await (const chunk of createReadStream(path)) {
      lines.push(chunk);
      if (!isWanted) break;
    }
  } catch (error) {
    if (systemCodeOf(error) !== 'ENOENT') throw error;
  }
}

/** @returns undefined for what is not a whole record: the disk was full */
function parseRecord(text: string): LoggedLine | undefined {
  try {
    const [position, atMs, stream, line] = JSON.parse(text) as readonly unknown[];
    if (typeof position !== 'number' || typeof atMs !== 'number' || typeof line !== 'string')
      return undefined;
    return { position, at: new Date(atMs), stream: stream === 2 ? 'stderr' : 'stdout', text: line };
  } catch {
    return undefined;
  }
}
