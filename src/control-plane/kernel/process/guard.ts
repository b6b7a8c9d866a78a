import { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { systemClock } from '../clock.ts';
import {
  CONTROL_DESCRIPTOR,
  decodeMessage,
  encodeMessage,
  type GuardReport,
  type GuardRequest,
  MAX_MESSAGE_BYTES,
} from './guard-protocol.ts';
import { GuardedTree } from './guarded-tree.ts';
import { splitLines } from './line-splitter.ts';
import { openProcessTable } from './process-table.ts';
import { SharedProcessTable } from './shared-process-table.ts';

const MIN_SCAN_INTERVAL_MS = 200;
const MAX_SCAN_INTERVAL_MS = 5_000;
/** Scans of all processes may use 2 % of a core; the guard has nothing else to do. */
const SCAN_PAUSE_PER_COST = 50;
const EXIT_PANIC = 70;

/**
 * The process that starts and ends the programs of all jobs of one worker (`node guard.js`, started by `WorkerGuard`). It ends them all
 * when the worker is gone.
 */
class Guard {
  readonly #control: Socket;
  readonly #table = new SharedProcessTable(openProcessTable(), systemClock);
  readonly #trees = new Map<number, GuardedTree>();
  #isScanning = false;

  constructor(control: Socket) {
    this.#control = control;
    const lines = splitLines((line) => this.#handle(decodeMessage<GuardRequest>(line)), MAX_MESSAGE_BYTES);
    control.on('data', (chunk) => lines.push(chunk));
    control.on('error', () => {}); // 'close' follows
    control.once('close', () => void this.#leave(0));
  }

  /** After an unexpected error: no program may run without a guard. */
  panic(): void {
    void this.#leave(EXIT_PANIC);
  }

  #handle(request: GuardRequest): void {
    switch (request.type) {
      case 'start':
        this.#start(request);
        break;
      case 'beat':
        for (const [id, leaseEndsAtMs] of request.leases) this.#trees.get(id)?.renew(leaseEndsAtMs);
        this.#report({ type: 'alive' });
        break;
      case 'end':
        this.#trees.get(request.id)?.abort();
        break;
      case 'read':
        this.#trees.get(request.id)?.acknowledge(request.stream, request.bytes);
        break;
    }
  }

  #start(request: Extract<GuardRequest, { type: 'start' }>): void {
    // The first look must see the new process.
    this.#table.expire();
    const tree = new GuardedTree(request, this.#table, (report) => this.#report(report));
    this.#trees.set(request.id, tree);
    void tree.over.then(() => this.#trees.delete(request.id));
    if (!this.#isScanning) void this.#scan();
  }

  /** Scans while programs run, so that descendants are known before their parents exit. */
  async #scan(): Promise<void> {
    this.#isScanning = true;
    while (this.#trees.size > 0) {
      const startedMs = systemClock.monotonicMs();
      for (const tree of this.#trees.values()) tree.scan();
      const costMs = systemClock.monotonicMs() - startedMs;
      await delay(
        Math.min(Math.max(costMs * SCAN_PAUSE_PER_COST, MIN_SCAN_INTERVAL_MS), MAX_SCAN_INTERVAL_MS),
      );
    }
    this.#isScanning = false;
  }

  async #leave(code: number): Promise<void> {
    await Promise.allSettled([...this.#trees.values()].map((tree) => tree.orphaned(true)));
    process.exit(code);
  }

  #report(report: GuardReport): void {
    if (this.#control.writable) this.#control.write(encodeMessage(report));
  }
}

const guard = new Guard(new Socket({ fd: CONTROL_DESCRIPTOR, readable: true, writable: true }));
// Ctrl-C in a terminal, or a `kill` of all our processes, must not end the guard before its programs.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('uncaughtException', () => guard.panic());
