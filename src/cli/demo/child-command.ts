import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CliError } from '../errors/cli-error.ts';
import { EXIT, EXIT_CODE_MEANINGS, type ExitCode } from '../errors/exit-codes.ts';

/** How this very command line is run again, as a process of its own. */
export interface ChildSetup {
  /** Folder of the package. */
  readonly root: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

const READY_WITHIN_MS = 120_000;
const STOP_WITHIN_MS = 20_000;
const LOG_TAIL_LINES = 15;

/**
 * Runs one command to its end with its output on our stderr, or its stdout captured.
 * @returns what it wrote to stdout, when captured.
 * @throws CliError with the child's exit code when that is not 0; the signal's reason when it aborts.
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
    throw new CliError('STEP_FAILED', `'ocpctl ${argv.join(' ')}' ended with exit code ${code}`, {
      exitCode: isExitCode(code) ? code : EXIT.error,
    });
  } finally {
    setup.signal.removeEventListener('abort', interrupt);
  }
}

export interface ServerChild {
  readonly url: string;
  /** Ends it: SIGTERM, and SIGKILL when it does not drain in time. */
  stop(): Promise<void>;
}

/**
 * Starts a server and waits until it listens. It gets a process group of its own, so that Ctrl-C reaches only us and
 * the server still answers while we clean up.
 * @param logFile where its output goes.
 * @throws CliError with the end of the log when it does not come up.
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
    const timer = setTimeout(() => reject(new Error('not ready in time')), READY_WITHIN_MS);
    const fail = (error: unknown): void => {
      clearTimeout(timer);
      reject(error);
    };
    child.once('error', fail);
    child.once('exit', (code, signalName) => fail(new Error(`ended with ${code ?? signalName}`)));
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

/** Resolves with the exit code; 128 + n has no meaning here, so a child that a signal ended counts as 1. */
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
