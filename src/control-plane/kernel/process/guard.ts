import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { constants, setPriority } from 'node:os';
import { systemClock } from '../clock.ts';
import { messageOf } from '../errors.ts';
import { type Descendants, MARK_VARIABLE, trackDescendants } from './descendants.ts';
import {
  CONTROL_DESCRIPTOR,
  decodeMessage,
  encodeMessage,
  type GuardedExit,
  type GuardReport,
  type GuardRequest,
  hostMonotonicMs,
  type StartRequest,
} from './guard-protocol.ts';
import { splitLines } from './line-splitter.ts';
import { openProcessTable } from './process-table.ts';
import { type KillTimer, terminateTree } from './terminate-tree.ts';

const MIN_SCAN_INTERVAL_MS = 200;
const MAX_SCAN_INTERVAL_MS = 5_000;
/** A scan of all processes may use 0.5 % of a core, because each job of a worker has a guard. */
const SCAN_PAUSE_PER_COST = 200;
/** Requests are small, except for the environment in the first one. */
const MAX_REQUEST_BYTES = 16 * 1024 * 1024;
const EXIT_PANIC = 70;

/**
 * The process between a worker and its child (`node guard.js`, started by `spawnGuarded`). It terminates the whole process tree of the
 * child when the worker requests it, dies, or is silent until its lease is about to expire.
 */
class Guard {
  readonly #control: Socket;
  readonly #killTimer: KillTimer = { killAtMs: Number.POSITIVE_INFINITY };
  #leaseMs = 0;
  #leaseEndsAtMs = Number.POSITIVE_INFINITY;
  #killAfterMs = 0;
  #tree: Descendants | undefined;
  #endedBy: GuardedExit['endedBy'] | undefined;
  #treeEnded: Promise<void> | undefined;

  constructor(control: Socket) {
    this.#control = control;
    const lines = splitLines((line) => this.#handle(decodeMessage<GuardRequest>(line)), MAX_REQUEST_BYTES);
    control.on('data', (chunk) => lines.push(chunk));
    control.on('error', () => this.#orphaned());
    control.on('close', () => this.#orphaned());
  }

  /** After an unexpected error: the child must not run without a guard. */
  async panic(): Promise<void> {
    this.#orphaned();
    await this.#treeEnded;
    process.exit(EXIT_PANIC);
  }

  #handle(request: GuardRequest): void {
    if (request.type === 'end') {
      this.#end('abort', this.#killAfterMs);
      return;
    }
    this.#leaseEndsAtMs = request.leaseEndsAtMs;
    if (request.type === 'start') {
      this.#leaseMs = request.leaseMs;
      this.#start(request.start);
    }
  }

  #start(request: StartRequest): void {
    const fail = (error: unknown): void => {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
      this.#leave({ type: 'failed', code, message: messageOf(error) });
    };
    try {
      const child = launch(request);
      child.once('error', fail);
      if (child.pid === undefined) return;
      yieldToWorkers(child.pid);
      this.#killAfterMs = request.killAfterMs;
      this.#guard(child, child.pid, request.mark);
    } catch (error) {
      fail(error);
    }
  }

  #guard(child: ChildProcess, pid: number, mark: string): void {
    const tree = trackDescendants(openProcessTable(), { mark, rootPid: pid, selfPid: process.pid });
    this.#tree = tree;
    this.#report({ type: 'started', pid });
    this.#watchTree(tree);
    setInterval(() => this.#watchLease(), Math.max(this.#leaseMs / 50, 5));
    child.once('exit', (code, signal) => void this.#childExited(code, signal));
  }

  async #childExited(code: number | null, signal: NodeJS.Signals | null): Promise<void> {
    const endedBy = this.#endedBy ?? 'itself';
    // Processes that the child left running are terminated too: they would continue after their step has ended.
    this.#end(endedBy, this.#killAfterMs);
    await this.#treeEnded;
    this.#leave({ type: 'exited', exit: { code, signal, endedBy } });
  }

  /** Scans regularly, so that descendants are known before their parents exit. */
  #watchTree(tree: Descendants): void {
    if (this.#treeEnded !== undefined) return;
    const startedMs = systemClock.monotonicMs();
    tree.scan();
    const costMs = systemClock.monotonicMs() - startedMs;
    const pauseMs = Math.min(
      Math.max(costMs * SCAN_PAUSE_PER_COST, MIN_SCAN_INTERVAL_MS),
      MAX_SCAN_INTERVAL_MS,
    );
    setTimeout(() => this.#watchTree(tree), pauseMs);
  }

  #watchLease(): void {
    if (!this.#isLeaseEnding()) return;
    // On a host that is busy the guard may run late: heartbeats that have arrived meanwhile are read first.
    setImmediate(() => {
      if (this.#isLeaseEnding()) this.#orphaned();
    });
  }

  #isLeaseEnding(): boolean {
    const marginMs = this.#leaseMs / 10;
    return hostMonotonicMs() >= this.#leaseEndsAtMs - this.#orphanGraceMs() - marginMs;
  }

  /** Grace period for a tree whose worker is dead: it must end within the lease. */
  #orphanGraceMs(): number {
    return Math.min(this.#killAfterMs, this.#leaseMs / 3);
  }

  #orphaned(): void {
    if (this.#tree === undefined) process.exit(0);
    this.#end('guard', this.#orphanGraceMs());
  }

  #end(by: GuardedExit['endedBy'], graceMs: number): void {
    this.#killTimer.killAtMs = Math.min(this.#killTimer.killAtMs, systemClock.monotonicMs() + graceMs);
    this.#endedBy ??= by;
    if (this.#tree !== undefined) this.#treeEnded ??= terminateTree(this.#tree, this.#killTimer, systemClock);
  }

  #report(report: GuardReport): void {
    if (this.#control.writable) this.#control.write(encodeMessage(report));
  }

  #leave(last: GuardReport): void {
    if (!this.#control.writable) process.exit(0);
    this.#control.removeAllListeners('close');
    // The worker closes the socket when it has read the report. If the guard ended earlier, a heartbeat of a busy worker would fail, and
    // Node drops what it has not read yet from a socket whose write failed: the report.
    this.#control.once('close', () => process.exit(0));
    this.#control.end(encodeMessage(last));
    // A worker that does not read it in this time is frozen, or about to lose its lease.
    setTimeout(() => process.exit(0), this.#leaseMs / 3);
  }
}

/** Starts the child in a new session, with the given environment and the mark, and without stdin. */
function launch(request: StartRequest): ChildProcess {
  return spawn(request.file, [...request.args], {
    cwd: request.cwd,
    env: { ...request.env, [MARK_VARIABLE]: request.mark },
    stdio: ['ignore', request.stdout ? 'inherit' : 'ignore', request.stderr ? 'inherit' : 'ignore'],
    detached: true,
  });
}

/**
 * Installers run with a lower priority than workers and guards, which must renew leases and end trees in time however busy the host is.
 */
function yieldToWorkers(pid: number): void {
  try {
    setPriority(pid, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch {
    // It has ended already, or the system has no priorities: then it runs like any other process.
  }
}

const guard = new Guard(new Socket({ fd: CONTROL_DESCRIPTOR, readable: true, writable: true }));
// Ctrl-C in a terminal, or a `kill` of all our processes, must not end the guard before its child.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.once('uncaughtException', () => void guard.panic());
