import { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { ProgramStream } from '../guard-protocol.ts';
import { ifReadable } from './if-readable.ts';
import { type InstanceLogRecord, listLogSegments, logSegmentName } from './log-segments.ts';

export interface LogLimits {
  /** A segment that has reached this size is followed by another one. */
  readonly segmentBytes: number;
  /** The oldest of more are removed. */
  readonly segments: number;
}

/** Writes the lines of one instance. A full disk loses lines, and says how many; the program does not wait for it. */
export class InstanceLogWriter {
  readonly #directory: string;
  readonly #limits: LogLimits;
  #file: number | undefined;
  #sizeBytes = 0;
  #position = 0;
  #lost = 0;

  constructor(directory: string, limits: LogLimits) {
    this.#directory = directory;
    this.#limits = limits;
  }

  write(stream: ProgramStream, text: string, at: Date): void {
    try {
      if (this.#lost > 0) {
        const lost = this.#lost;
        this.#append([
          this.#position + 1,
          at.getTime(),
          2,
          `[${lost} lines are missing: the log could not be written]`,
        ]);
        this.#lost = 0;
      }
      this.#append([this.#position + 1, at.getTime(), stream === 'stdout' ? 1 : 2, text]);
    } catch {
      this.#lost++;
    }
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #append(record: InstanceLogRecord): void {
    const file = this.#segment();
    const line = Buffer.from(`${JSON.stringify(record)}\n`);
    // A part of a line, on a disk that is nearly full, is ended by the next line's end and skipped by the reader.
    this.#sizeBytes += line.length;
    const written = writeSync(file, line);
    if (written < line.length) {
      this.close();
      throw new Error('the line was not written as a whole');
    }
    this.#position++;
  }

  #segment(): number {
    if (this.#file !== undefined && this.#sizeBytes < this.#limits.segmentBytes) return this.#file;
    this.close();
    const name = logSegmentName(this.#position + 1);
    this.#file = openSync(join(this.#directory, name), 'a', 0o600);
    this.#sizeBytes = 0;
    for (const old of listLogSegments(this.#directory).slice(0, -this.#limits.segments))
      ifReadable(() => unlinkSync(join(this.#directory, old.name)));
    return this.#file;
  }
}
