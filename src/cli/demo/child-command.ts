import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError } from '../errors/cli-error.ts';
import { EXIT, EXIT_CODE_MEANINGS, type ExitCode } from '../errors/exit-codes.ts';

/** How a command of this CLI is run as a child process. */
export interface ChildSetup {
  /** Root directory of the package. */
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

const READY_WITHIN_MS = 120_000;
const STOP_WITHIN_MS = 20_000;
const LOG_TAIL_LINES = 15;

/**
 * Runs a command with its output on stderr, or with its stdout captured.
 * @returns the captured stdout.
 * @throws CliError with the exit code of the child if it is not 0; the reason of the signal if it aborts
 */
export async function runChild(
  setup: ChildSetup,
  argv: readonly string[],
  options: { capture: boolean },
): Promise<string> {
  setup.signal.throwIfAborted();
  const child = spawn(process.execPath, [entryOf(setup), ...argv], {
    env: setup.env,
    stdio: ['ignore', options.capture ? 'pipe' : 2, 2],
  });
  const interrupt = () => child.kill('SIGINT');
  setup.signal.addEventListener('abort', interrupt);
  try {
    let stdout = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      stdout += chunk;
    });
    const code = await waitForExit(child);
    setup.signal.throwIfAborted();
    if (code === EXIT.ok) return stdout;
    throw new CliError('STEP_FAILED', `'ocpctl ${argv.join(' ')}' failed with exit code ${code}`, {
      exitCode: isExitCode(code) ? code : EXIT.error,
    });
  } finally {
    setup.signal.removeEventListener('abort', interrupt);
  }
}

export interface ServerChild {
  readonly url: string;
  /** Sends SIGTERM, then SIGKILL if the server does not drain in time. */
  stop(): Promise<void>;
}

/**
 * Starts a server and waits until it listens. It runs in its own process group, so that Ctrl-C does not reach it and it
 * can still serve requests during cleanup.
 * @param logFile receives its output
 * @throws CliError with the end of the log if the server does not start
 */
export async function startServer(
  setup: ChildSetup,
  argv: readonly string[],
  logFile: string,
): Promise<ServerChild> {
  setup.signal.throwIfAborted();
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(process.execPath, [entryOf(setup), ...argv], {
    env: setup.env,
    stdio: ['ignore', log, log, 'ipc'],
    detached: true,
  });
  closeSync(log);
  const stop = () => stopChild(child);
  try {
    return { url: await readyUrl(child, setup.signal), stop };
  } catch (error) {
    await stop();
    if (setup.signal.aborted) throw setup.signal.reason;
    throw new CliError('SERVER_FAILED', `the server did not start\n${await readTail(logFile)}`, {
      cause: error,
    });
  }
}

/** Resolves with the URL of the server's `{type: 'ready', url}` message. */
function readyUrl(child: ChildProcess, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('timed out waiting for the server')), READY_WITHIN_MS);
    const fail = (error: unknown): void => {
      clearTimeout(timer);
      reject(error);
    };
    child.once('error', fail);
    child.once('exit', (code, signalName) => fail(new Error(`exited with ${code ?? signalName}`)));
    signal.addEventListener('abort', () => fail(signal.reason), { once: true });
    if (signal.aborted) fail(signal.reason);
    child.on('message', (message: unknown) => {
      if (!isReady(message)) return;
      clearTimeout(timer);
      resolve(message.url);
    });
  });
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const end = waitForExit(child);
  const killer = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS);
  child.kill('SIGTERM');
  await end;
  clearTimeout(killer);
}

/** Resolves with the exit code; a child that was killed by a signal counts as 1. */
function waitForExit(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve(code ?? EXIT.error));
  });
}

async function readTail(path: string): Promise<string> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.trimEnd().split('\n').slice(-LOG_TAIL_LINES).join('\n');
}

function entryOf(setup: ChildSetup): string {
  return join(setup.root, 'bin', 'run.js');
}

function isReady(message: unknown): message is { type: 'ready'; url: string } {
  return (
    typeof message === 'object' &&
    message !== null &&
    'type' in message &&
    message.type === 'ready' &&
    'url' in message &&
    typeof message.url === 'string'
  );
}

function isExitCode(code: number): code is ExitCode {
  return Object.hasOwn(EXIT_CODE_MEANINGS, code);
}
