import type { Readable } from 'node:stream';

/** The part of a terminal's output stream that we use; a pipe or a file has no size and no `isTTY`. */
export interface OutputStream extends NodeJS.WritableStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
}

/** What a command may touch of the process that it runs in. Tests pass their own. */
export interface Io {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => Date;
  /** Calls `work` every `ms` milliseconds until the returned function is called. */
  readonly every: (ms: number, work: () => void) => () => void;
}

/** @returns the streams, environment and clock of this very process. */
export function processIo(): Io {
  return {
    stdin: process.stdin,
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

/** Resolves when everything that was written so far has left the process; also when the reader is gone. */
export function flush(stream: OutputStream): Promise<void> {
  return new Promise((resolve) => {
    if ('destroyed' in stream && stream.destroyed) resolve();
    else stream.write('', () => resolve());
  });
}
