import type { Readable } from 'node:stream';
import { readInputText, readTextFile } from '../input-file.ts';

/** Output stream; size and `isTTY` are set only for a terminal. */
export interface OutputStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** Streams, environment and clock of a command; tests pass their own. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => Date;
  /** Calls `work` every `ms` milliseconds until the returned function is called. */
  readonly every: (ms: number, work: () => void) => () => void;
}

/** @returns the streams, environment and clock of this process. */
export function processIo(): Io {
  return {
    // Opened where it is read: 1 ms.
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    now: () => new Date(),
    every: (ms, work) => {
      const timer = setInterval(work, ms);
      return () => clearInterval(timer);
    },
  };
}

/** Resolves when all written data is flushed, or when the reader has closed the stream. */
export function flush(stream: OutputStream): Promise<void> {
  return new Promise((resolve) => {
    if ('destroyed' in stream && stream.destroyed) resolve();
    else stream.write('', () => resolve());
  });
}

/** @returns the text of a file, or of stdin for `-` @throws UsageError when it cannot be read, or is too large */
export function readInput(io: Pick<Io, 'stdin'>, path: string): Promise<string> {
  return path === '-' ? readInputText(io.stdin, 'stdin') : readTextFile(path);
}
