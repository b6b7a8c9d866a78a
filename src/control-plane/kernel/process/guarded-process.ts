import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { Duplex, type Readable } from 'node:stream';
import { type Clock, systemClock } from '../time.ts';
import { trackDescendants } from './descendants.ts';
import {
  CONTROL_DESCRIPTOR,
  decodeMessage,
  encodeMessage,
  type GuardedExit,
  type GuardOrder,
  type GuardReport,
} from './guard-protocol.ts';
import { splitLines } from './line-splitter.ts';
import { openProcessTable } from './process-table.ts';
import { endTree, sendSignal } from './tree-end.ts';

export type { GuardedExit } from './guard-protocol.ts';

/** A guard needs so long beyond the patience that it was given, at most; then it is taken for dead. */
const GUARD_SLACK_MS = 10_000;
/** How long output is waited for after the tree is gone; only an escaped process can still hold it open. */
const OUTPUT_DRAIN_MS = 2_000;

export interface GuardedCommand {
  /** The built guard, `dist/guard.js`. */
  readonly guardPath: string;
  readonly file: string;
  readonly args: readonly string[];
  /** The whole environment of the child; only the guard's mark is added. */
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Aborting ends the tree: SIGTERM, and SIGKILL after `killAfterMs`. */
  readonly signal: AbortSignal;
  readonly killAfterMs: number;
  /** How often the guard is told that this process lives; at most a quarter of the lease. */
  readonly heartbeatMs: number;
  /** The tree is gone at the latest so long after the last heartbeat, or after this process died. */
  readonly leaseMs: number;
  /** What is left of the lease on the work, when that is shorter than `leaseMs`. */
  readonly leaseRemainingMs?: () => number;
  /** Whom the tree works for: `endLeftovers` finds it by this. Letters, digits, `_` and `-`. */
  readonly owner?: string;
  /** Whole lines, without line ends, capped at 64 KiB. A stream without a listener goes to /dev/null. */
  readonly onStdoutLine?: (line: string) => void;
  readonly onStderrLine?: (line: string) => void;
}

export interface GuardedProcess {
  readonly pid: number;
  readonly guardPid: number;
  /** Resolves when the whole tree is gone and its last line was handed on. Never rejects. */
  readonly exited: Promise<GuardedExit>;
}

/** The program could not be started: `code` is the system's (`ENOENT`, `EACCES`), or `GUARD_LOST`. */
export class SpawnFailedError extends Error {
  readonly code: string;
  constructor(file: string, code: string, message: string) {
    super(`${file} could not be started: ${message}`);
    this.name = 'SpawnFailedError';
    this.code = code;
  }
}

/**
 * Runs a program under a guard, which ends the program and all its descendants when this process aborts it, dies,
 * freezes, or loses its lease. Resolves when the program runs.
 * @throws SpawnFailedError; the signal's reason when it is aborted already
 */
export async function spawnGuarded(
  command: GuardedCommand,
  clock: Clock = systemClock,
): Promise<GuardedProcess> {
  command.signal.throwIfAborted();
  const mark = `${command.owner ?? ''}.${randomUUID()}`;
  const guard = launchGuard(command);
  const control = controlOf(guard);
  const reports = readReports(control);
  const outputs = [readLines(guard.stdout, command.onStdoutLine), readLines(guard.stderr, command.onStderrLine)];
  const gone = new Promise<void>((resolve) => {
    guard.once('exit', () => resolve());
    guard.once('error', () => resolve());
  });

  const leaseMs = () => Math.min(command.leaseMs, command.leaseRemainingMs?.() ?? command.leaseMs);
  const tell = (order: GuardOrder): void => {
    if (control.writable) control.write(encodeMessage(order));
  };
  const { file, args, env, cwd, killAfterMs } = command;
  const wanted = { stdout: command.onStdoutLine !== undefined, stderr: command.onStderrLine !== undefined };
  tell({ type: 'start', start: { file, args, env, cwd, killAfterMs, mark, ...wanted }, leaseMs: leaseMs() });
  const beats = setInterval(() => tell({ type: 'beat', leaseMs: leaseMs() }), command.heartbeatMs);
  const stopListening = endOnAbort(command, guard, tell);
  const over = gone.then(() => {
    clearInterval(beats);
    stopListening();
  });

  const pid = await Promise.race([reports.started, gone.then(() => reports.started)]).catch((error: unknown) => {
    clearInterval(beats);
    throw error;
  });
  const exited = over.then(async () => {
    const exit = await reports.exited;
    if (exit === undefined) await endMarked(mark, pid, command, clock);
    await Promise.race([Promise.all(outputs), clock.sleep(OUTPUT_DRAIN_MS)]);
    return exit ?? lostExit(command.signal);
  });
  return { pid, guardPid: guard.pid ?? 0, exited };
}
