import { PassThrough } from 'node:stream';
import type { Io } from '../../src/cli/output/io.ts';

export interface FakeIo extends Io {
  readonly stdin: PassThrough & { isTTY?: boolean };
  readonly written: { stdout: string; stderr: string };
}

/** Streams in memory, on a terminal or not. */
export function fakeIo(options: { readonly isTTY: boolean; readonly env?: NodeJS.ProcessEnv }): FakeIo {
  const written = { stdout: '', stderr: '' };
  const stream = (name: 'stdout' | 'stderr') => {
    const through = new PassThrough();
    through.setEncoding('utf8').on('data', (chunk: string) => {
      written[name] += chunk;
    });
    return Object.assign(through, { isTTY: options.isTTY, columns: 80, rows: 24 });
  };
  return {
    stdin: Object.assign(new PassThrough(), { isTTY: options.isTTY }),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    env: options.env ?? {},
    now: () => new Date('2026-01-01T00:00:00Z'),
    every: () => () => {},
    written,
  };
}
