import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { Readable } from 'node:stream';
import { type Clock, systemClock } from '../clock.ts';
import { type GuardLink, linkToGuard } from './guard-link.ts';
import { type GuardedExit, hostMonotonicMs } from './guard-protocol.ts';
import { splitLines } from './line-splitter.ts';
import { endMarkedProcesses } from './terminate-tree.ts';

/** How much longer than `killAfterMs` a guard may take to terminate a tree before it is killed itself. */
const GUARD_SLACK_MS = 10_000;
/** How long to wait for the end of the output after the tree has ended: only an escaped process can keep it open. */
const OUTPUT_DRAIN_MS = 2_000;

export interface GuardedCommand {
  /** The built guard, `dist/guard.js`. */
  readonly guardPath: string;
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment of the child; the guard adds only its mark. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Aborting it terminates the tree: SIGTERM, then SIGKILL after `killAfterMs`. */
  readonly signal: AbortSignal;
  readonly killAfterMs: number;
  /** How often this process sends a heartbeat to the guard; at most a quarter of the lease. */
  readonly heartbeatMs: number;
  /** The tree ends at the latest this long after the last heartbeat, or after this process died. */
  readonly leaseMs: number;
  /** Remaining lease of the job, read at each heartbeat; used when it is shorter than `leaseMs`. */
  readonly leaseRemainingMs?: () => number;
  /** Owner of the tree, by which `endOrphanedProcesses` finds it. Letters, digits, `_` and `-`. */
  readonly owner?: string;
  /** Called with whole lines without line ends, at most 64 KiB. A stream without a listener goes to /dev/null. */
  readonly onStdoutLine?: (line: string) => void;
  readonly onStderrLine?: (line: string) => void;
}

export interface GuardedProcess {
  readonly pid: number;
  readonly guardPid: number;
  /** Resolves when the whole tree has ended and its last line was delivered. Never rejects. */
  readonly exited: Promise<GuardedExit>;
}

/**
 * Runs a program under a guard, which terminates the program and all its descendants when this process aborts it, dies, hangs, or is
 * about to lose its lease. Stdin is /dev/null. Resolves when the program has started.
 * @throws SpawnFailedError; or the reason of the signal when it is already aborted
 */
export async function spawnGuarded(
  command: GuardedCommand,
  clock: Clock = systemClock,
): Promise<GuardedProcess> {
  command.signal.throwIfAborted();
  if (command.heartbeatMs * 4 > command.leaseMs) throw new RangeError('heartbeatMs is more than leaseMs / 4');
  const mark = `${command.owner ?? ''}.${randomUUID()}`;
  const guard = launchGuard(command);
  const link = linkToGuard(guard);
  const output = Promise.all([
    readLines(guard.stdout, command.onStdoutLine),
    readLines(guard.stderr, command.onStderrLine),
  ]);
  const over = superviseGuard(command, mark, guard, link).then(async (exit): Promise<GuardedExit> => {
    if (exit === undefined) await endMarkedProcesses(mark, command.killAfterMs, clock);
    await Promise.race([output, clock.sleep(OUTPUT_DRAIN_MS)]);
    guard.stdout?.destroy();
    guard.stderr?.destroy();
    return exit ?? { code: null, signal: null, endedBy: command.signal.aborted ? 'abort' : 'guard' };
  });
  const pid = await link.started;
  return { pid, guardPid: guard.pid ?? 0, exited: over };
}

/** In a new session, so that Ctrl-C in a terminal drains the server and does not kill its children. */
function launchGuard(command: GuardedCommand): ChildProcess {
  const pipeIf = (listener: unknown) => (listener === undefined ? 'ignore' : 'pipe');
  return spawn(process.execPath, [command.guardPath], {
    env: {},
    stdio: ['ignore', pipeIf(command.onStdoutLine), pipeIf(command.onStderrLine), 'pipe'],
    detached: true,
  });
}

/** Sends the start request, then heartbeats and at most one request to end, until the guard has exited. */
async function superviseGuard(
  command: GuardedCommand,
  mark: string,
  guard: ChildProcess,
  link: GuardLink,
): Promise<GuardedExit | undefined> {
  const { file, args, env, cwd, killAfterMs, signal } = command;
  const leaseMs = () => Math.min(command.leaseMs, command.leaseRemainingMs?.() ?? command.leaseMs);
  const stdout = command.onStdoutLine !== undefined;
  const stderr = command.onStderrLine !== undefined;
  link.send({
    type: 'start',
    start: { file, args, env, cwd, mark, stdout, stderr, killAfterMs },
    leaseMs: leaseMs(),
    leaseEndsAtMs: hostMonotonicMs() + leaseMs(),
  });
  const beat = () => link.send({ type: 'beat', leaseEndsAtMs: hostMonotonicMs() + leaseMs() });
  const beats = setInterval(beat, command.heartbeatMs);
  let dead: NodeJS.Timeout | undefined;
  const end = () => {
    link.send({ type: 'end' });
    dead = setTimeout(() => guard.kill('SIGKILL'), killAfterMs + GUARD_SLACK_MS);
  };
  signal.addEventListener('abort', end, { once: true });
  try {
    return await link.over;
  } finally {
    clearInterval(beats);
    clearTimeout(dead);
    signal.removeEventListener('abort', end);
  }
}

async function readLines(
  stream: Readable | null,
  onLine: ((line: string) => void) | undefined,
): Promise<void> {
  if (stream === null || onLine === undefined) return;
  const lines = splitLines(onLine);
  stream.on('data', (chunk: Uint8Array) => lines.push(chunk));
  await new Promise<void>((resolve) => stream.once('close', () => resolve()));
  lines.end();
}
