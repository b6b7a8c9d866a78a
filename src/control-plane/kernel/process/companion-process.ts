import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';
import { splitLines } from './line-splitter.ts';

/** Pause before a companion that ended by itself is started again, doubled up to the maximum while it keeps ending. */
const RESTART_MS = 500;
const MAX_RESTART_MS = 30_000;
/** A companion that does not end in this time after its stdin was closed is killed. */
const STOP_LIMIT_MS = 5_000;

export interface CompanionCommand {
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment of the program. */
  readonly env: Readonly<Record<string, string>>;
  /** Called with each line that it writes. */
  readonly onLine: (line: string) => void;
  /** Called when it ended by itself, before it is started again. */
  readonly onEnded: (how: string) => void;
}

export interface CompanionProcess {
  /** Ends it. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Runs a program for as long as this process lives: the program must end when its stdin is closed, which the system does however this
 * process ends. It is started again when it ends by itself. Programs that change a cloud need `spawnGuarded`.
 */
export function startCompanion(command: CompanionCommand): CompanionProcess {
  const stopping = new AbortController();
  const stopped = keepRunning(command, stopping.signal);
  return {
    async stop() {
      stopping.abort();
      await stopped;
    },
  };
}

async function keepRunning(command: CompanionCommand, signal: AbortSignal): Promise<void> {
  for (let pauseMs = RESTART_MS; !signal.aborted; pauseMs = Math.min(2 * pauseMs, MAX_RESTART_MS)) {
    const how = await runOnce(command, signal);
    if (signal.aborted) return;
    command.onEnded(how);
    await setTimeout(pauseMs, undefined, { signal }).catch(() => {});
  }
}

/** In a session of its own, so that Ctrl-C in a terminal ends only this process, and the program with it. @returns how it ended */
async function runOnce({ file, args, env, onLine }: CompanionCommand, signal: AbortSignal): Promise<string> {
  const child = spawn(file, [...args], { env, stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  for (const stream of [child.stdout, child.stderr]) {
    const lines = splitLines(onLine);
    stream.on('data', (chunk: Uint8Array) => lines.push(chunk));
    stream.once('close', () => lines.end());
  }
  // A program that has ended no longer reads.
  child.stdin.on('error', () => {});
  let dead: NodeJS.Timeout | undefined;
  const end = () => {
    child.stdin.end();
    dead = globalThis.setTimeout(() => child.kill('SIGKILL'), STOP_LIMIT_MS);
  };
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  try {
    return await endOf(child);
  } finally {
    clearTimeout(dead);
    signal.removeEventListener('abort', end);
  }
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? `exit ${code}`));
  });
}
