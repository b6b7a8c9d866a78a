import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import { type FinishedChild, type WatchedChild, watchChild } from '../../setup/watch-child.ts';
import { runInHost } from './cli-host.ts';

export const ENTRY = fileURLToPath(new URL('../../../bin/run.js', import.meta.url));

/** A folder that is gone after the test. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ocpctl-cli-test-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** An empty home, and none of the caller's settings. */
function environment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'],
    HOME: '/nonexistent',
    OCPCTL_CONFIG_DIR: '/nonexistent/ocpctl',
    TZ: 'UTC',
    ...env,
  };
}

/** Starts the built command line as a process of its own. */
export function startCli(
  argv: readonly string[],
  env: NodeJS.ProcessEnv = {},
  stdin?: string,
  entry = ENTRY,
): WatchedChild {
  const child = spawn(process.execPath, [entry, ...argv], {
    env: environment(env),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.on('error', () => {});
  child.stdin.end(stdin ?? '');
  return watchChild(child);
}

/** Runs the built command line to its end: most in a process that serves many. For signals, terminals and starts, `startCli`. */
export function runCli(
  argv: readonly string[],
  env: NodeJS.ProcessEnv = {},
  stdin = '',
  entry = ENTRY,
): Promise<FinishedChild> {
  const defined = Object.entries(environment(env)).filter(
    (pair): pair is [string, string] => pair[1] !== undefined,
  );
  const hosted = runInHost({ entry, argv, env: Object.fromEntries(defined), stdin });
  return hosted ?? startCli(argv, env, stdin, entry).finished;
}
