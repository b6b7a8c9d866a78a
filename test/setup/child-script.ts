import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** Where Node finds the packages of the project by walking up. */
const FOLDER = fileURLToPath(new URL('../../node_modules/.cache/ocpctl-tests/scripts/', import.meta.url));

/** How sources become a program of their own that the oldest Node runs which we support. */
export const NODE_PROGRAM = {
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  logLevel: 'warning',
} as const;

export type ScriptProcess = ChildProcessByStdio<Writable, Readable, null>;

/** A TypeScript file of the tests that other processes run: bundled once, because Node 20 does not read TypeScript. */
export interface ChildScript {
  /** The bundled program. */
  readonly file: string;
  start(...args: string[]): ScriptProcess;
  remove(): void;
}

export async function bundleScript(source: URL): Promise<ChildScript> {
  const entry = fileURLToPath(source);
  const outfile = join(FOLDER, `${basename(dirname(entry))}-${randomBytes(6).toString('hex')}.mjs`);
  await build({
    ...NODE_PROGRAM,
    entryPoints: [entry],
    outfile,
    packages: 'external',
    sourcemap: 'inline',
  });
  return {
    file: outfile,
    start: (...args) => spawn(process.execPath, [outfile, ...args], { stdio: ['pipe', 'pipe', 'inherit'] }),
    remove: () => rmSync(outfile, { force: true }),
  };
}
