import { readdirSync } from 'node:fs';
import { ifReadable } from './if-readable.ts';

/**
 * The log of an instance is a list of files, each named by the position of its first line; the oldest are removed. A line is one JSON array:
 * position, milliseconds since 1970, 1 for stdout or 2 for stderr, and the text.
 */
export type InstanceLogRecord = readonly [position: number, atMs: number, stream: 1 | 2, text: string];

const NAME = /^log-(\d{15})\.ndjson$/;

export function logSegmentName(firstPosition: number): string {
  return `log-${String(firstPosition).padStart(15, '0')}.ndjson`;
}

export interface LogSegment {
  readonly name: string;
  readonly firstPosition: number;
}

/** @returns the segments, oldest first; none when the folder is gone */
export function listLogSegments(directory: string): LogSegment[] {
  const names = ifReadable(() => readdirSync(directory)) ?? [];
  return names
    .flatMap((name) => {
      const digits = NAME.exec(name)?.[1];
      return digits === undefined ? [] : [{ name, firstPosition: Number(digits) }];
    })
    .sort((one, other) => one.firstPosition - other.firstPosition);
}
