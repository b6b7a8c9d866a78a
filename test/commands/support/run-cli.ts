import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';

export const ENTRY = fileURLToPath(new URL('../../../bin/run.js', import.meta.url));

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Resolves when stderr holds the text. */
  stderrHas(text: string): Promise<void>;
}

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ocpctl-cli-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts the built command line as a process of its own, with an empty home and none of the caller's settings. */
export function startCli(argv: readonly string[], env: NodeJS.ProcessEnv = {}, stdin?: string): Started {
  const child = spawn(process.execPath, [ENTRY, ...argv], {
    env: {
      PATH: process.env['PATH'],
      HOME: '/nonexistent',
      OCPCTL_CONFIG_DIR: '/nonexistent/ocpctl',
      TZ: 'UTC',
      ...env,
    },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => {});
  child.stdin.end(stdin ?? '');
  let stdout = '';
  let stderr = '';
  const watchers: (() => void)[] = [];
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
  });
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
    for (const look of watchers) look();
  });
  const finished = new Promise<Finished>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return {
    child,
    finished,
    stderrHas: (text) =>
      new Promise((resolve, reject) => {
        const look = () => stderr.includes(text) && resolve();
        watchers.push(look);
        look();
        void finished.then(() => reject(new Error(`ended without '${text}' on stderr:\n${stderr}`)));
      }),
  };
}

/** Runs the built command line to its end. */
export function runCli(
  argv: readonly string[],
  env: NodeJS.ProcessEnv = {},
  stdin?: string,
): Promise<Finished> {
  return startCli(argv, env, stdin).finished;
}
