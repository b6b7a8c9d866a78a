import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { messageOf } from '../errors.ts';
import { systemClock } from '../time.ts';
import { type Descendants, MARK_VARIABLE, trackDescendants } from './descendants.ts';
import {
  CONTROL_DESCRIPTOR,
  decodeMessage,
  encodeMessage,
  type GuardedExit,
  type GuardOrder,
  type GuardReport,
  type StartOrder,
} from './guard-protocol.ts';
import { splitLines } from './line-splitter.ts';
import { openProcessTable } from './open-process-table.ts';
import { endTree, type Patience } from './tree-end.ts';

const SHORTEST_WATCH_MS = 200;
const LONGEST_WATCH_MS = 1_000;
/** Looking at all processes should cost a two-hundredth of a core: there is a guard for each job of a worker. */
const WATCH_PAUSE_PER_COST = 200;
/** Orders are small but for the environment in the first one. */
const MAX_ORDER_BYTES = 16 * 1024 * 1024;
const EXIT_PANIC = 70;

/**
 * The process between a worker and its child (`node guard.js`, started by `spawnGuarded`). It ends the child's whole
 * tree when the worker says so, is gone, or is silent for so long that its lease is about to be over.
 */
class Guard {
  readonly #control: Socket;
  readonly #patience: Patience = { killAtMs: Number.POSITIVE_INFINITY };
  #leaseMs = 0;
  #leaseEndsAtMs = Number.POSITIVE_INFINITY;
  #killAfterMs = 0;
  #tree: Descendants | undefined;
  #endedBy: GuardedExit['endedBy'] | undefined;
  #treeEnded: Promise<void> | undefined;

  constructor(control: Socket) {
    this.#control = control;
    const lines = splitLines((line) => this.#obey(decodeMessage<GuardOrder>(line)), MAX_ORDER_BYTES);
    control.on('data', (chunk) => lines.push(chunk));
    control.on('error', () => this.#orphaned());
    control.on('close', () => this.#orphaned());
  }

  /** Something of ours broke: the child must not run unguarded. */
  async panic(): Promise<void> {
    this.#orphaned();
    await this.#treeEnded;
    process.exit(EXIT_PANIC);
  }

  #obey(order: GuardOrder): void {
    if (order.type === 'end') {
      this.#end('abort', this.#killAfterMs);
      return;
    }
    this.#leaseEndsAtMs = systemClock.monotonicMs() + order.leaseMs;
    if (order.type === 'start') {
      this.#leaseMs = order.leaseMs;
      this.#start(order.start);
    }
  }

  #start(order: StartOrder): void {
    const fail = (error: unknown): void => {
      const code = error instanceof Error && 'code' in error ? String(error.code) : 'UNKNOWN';
      this.#leave({ type: 'failed', code, message: messageOf(error) });
    };
    try {
      const child = launch(order);
      child.once('error', fail);
      if (child.pid === undefined) return;
      this.#killAfterMs = order.killAfterMs;
      this.#guard(child, child.pid, order.mark);
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
    // What the child left running is ended as well: it would work on behind the back of a step that is over.
    this.#end(endedBy, this.#killAfterMs);
    await this.#treeEnded;
    this.#leave({ type: 'exited', exit: { code, signal, endedBy } });
  }

  /** Remembers descendants while their parents still tell whose they are. */
  #watchTree(tree: Descendants): void {
    if (this.#treeEnded !== undefined) return;
    const startedMs = systemClock.monotonicMs();
    tree.scan();
    const costMs = systemClock.monotonicMs() - startedMs;
    const pauseMs = Math.min(Math.max(costMs * WATCH_PAUSE_PER_COST, SHORTEST_WATCH_MS), LONGEST_WATCH_MS);
    setTimeout(() => this.#watchTree(tree), pauseMs);
  }

  #watchLease(): void {
    const marginMs = this.#leaseMs / 10;
    if (systemClock.monotonicMs() >= this.#leaseEndsAtMs - this.#orphanGraceMs() - marginMs) this.#orphaned();
  }

  /** Patience with a tree whose worker is gone: all must be over within the lease. */
  #orphanGraceMs(): number {
    return Math.min(this.#killAfterMs, this.#leaseMs / 3);
  }

  #orphaned(): void {
    if (this.#tree === undefined) process.exit(0);
    this.#end('guard', this.#orphanGraceMs());
  }

  #end(by: GuardedExit['endedBy'], graceMs: number): void {
    this.#patience.killAtMs = Math.min(this.#patience.killAtMs, systemClock.monotonicMs() + graceMs);
    this.#endedBy ??= by;
    if (this.#tree !== undefined) this.#treeEnded ??= endTree(this.#tree, this.#patience, systemClock);
  }

  #report(report: GuardReport): void {
    if (this.#control.writable) this.#control.write(encodeMessage(report));
  }

  #leave(last: GuardReport): void {
    if (!this.#control.writable) process.exit(0);
    this.#control.removeAllListeners('close');
    this.#control.once('close', () => process.exit(0));
    this.#control.end(encodeMessage(last), () => process.exit(0));
  }
}

/** Starts the child in a session of its own, with the given environment and the mark, and nothing on its stdin. */
function launch(order: StartOrder): ChildProcess {
  return spawn(order.file, [...order.args], {
    cwd: order.cwd,
    env: { ...order.env, [MARK_VARIABLE]: order.mark },
    stdio: ['ignore', order.stdout ? 'inherit' : 'ignore', order.stderr ? 'inherit' : 'ignore'],
    detached: true,
  });
}

const guard = new Guard(new Socket({ fd: CONTROL_DESCRIPTOR, readable: true, writable: true }));
// A terminal's Ctrl-C, or a `kill` of everything that looks like us, must not take the guard before its child.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.once('uncaughtException', () => void guard.panic());
