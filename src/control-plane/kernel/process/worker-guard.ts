import { randomUUID } from 'node:crypto';
import { type Clock, systemClock } from '../clock.ts';
import { GuardConnection } from './guard-connection.ts';
import { type GuardReport, hostMonotonicMs } from './guard-protocol.ts';
import { type GuardedCommand, type GuardedProcess, GuardedProgram } from './guarded-program.ts';
import { openProcessTable } from './process-table.ts';
import { SharedProcessTable } from './shared-process-table.ts';
import { endMarkedProcesses } from './terminate-tree.ts';

const BEATS_PER_LEASE = 10;
/** A guard that is silent for two leases is frozen, and killed. */
const MAX_UNANSWERED_BEATS = 2 * BEATS_PER_LEASE;
/** A guard without programs stays for the next one: jobs run many short ones. */
const IDLE_MS = 10_000;

export interface WorkerGuardOptions {
  /** The built guard, `dist/guard.js`. */
  readonly guardPath: string;
  /** Programs end at the latest this long after the last heartbeat, or after this process died. */
  readonly leaseMs: number;
  readonly clock?: Clock;
  readonly idleMs?: number;
}

/**
 * Runs the programs of all jobs of this process under one guard process, which is started when the first one is. The guard terminates a
 * program and all its descendants when this process aborts it, dies, hangs, or is about to lose the lease of its job. When the guard
 * itself dies or stops answering, this process ends the programs.
 */
export class WorkerGuard {
  readonly #o: WorkerGuardOptions;
  readonly #clock: Clock;
  readonly #programs = new Map<number, GuardedProgram>();
  readonly #table: SharedProcessTable;
  #connection: GuardConnection | undefined;
  #beats: NodeJS.Timeout | undefined;
  #idle: NodeJS.Timeout | undefined;
  #unansweredBeats = 0;
  #lastId = 0;

  constructor(options: WorkerGuardOptions) {
    this.#o = options;
    this.#clock = options.clock ?? systemClock;
    this.#table = new SharedProcessTable(openProcessTable(), this.#clock);
  }

  /**
   * Runs a program with stdin from /dev/null. Resolves when it has started.
   * @throws SpawnFailedError; GuardLostError; or the reason of the signal when it is already aborted
   */
  async spawn(command: GuardedCommand): Promise<GuardedProcess> {
    command.signal.throwIfAborted();
    const connection = this.#connect();
    const id = ++this.#lastId;
    const program = new GuardedProgram(id, command, {
      mark: `${command.owner ?? ''}.${randomUUID()}`,
      leaseMs: this.#o.leaseMs,
      send: (request) => connection.send(request),
    });
    this.#programs.set(id, program);
    program.start(hostMonotonicMs());
    void program.over.then(() => this.#forget(id));
    const pid = await program.started;
    return { pid, guardPid: connection.pid, exited: program.exited };
  }

  #connect(): GuardConnection {
    clearTimeout(this.#idle);
    if (this.#connection === undefined) {
      const { guardPath } = this.#o;
      const connection = new GuardConnection({ guardPath, onReport: (report) => this.#onReport(report) });
      this.#connection = connection;
      this.#unansweredBeats = 0;
      void connection.gone.then(() => this.#onGone(connection));
    }
    if (this.#beats === undefined) {
      this.#beats = setInterval(() => this.#beat(), this.#o.leaseMs / BEATS_PER_LEASE);
      this.#connection.keepAlive(true);
    }
    return this.#connection;
  }

  #onReport(report: GuardReport): void {
    this.#unansweredBeats = 0;
    if (report.type !== 'alive') this.#programs.get(report.id)?.receive(report);
  }

  #beat(): void {
    // Counted, not timed: a worker that was frozen has sent none, and finds the answers to earlier ones when it reads again.
    if (this.#unansweredBeats++ >= MAX_UNANSWERED_BEATS) this.#connection?.kill();
    const nowMs = hostMonotonicMs();
    const leases = [...this.#programs.values()].map((each) => [each.id, each.leaseEndsAtMs(nowMs)] as const);
    this.#connection?.send({ type: 'beat', leases });
  }

  #forget(id: number): void {
    this.#programs.delete(id);
    if (this.#programs.size > 0) return;
    clearInterval(this.#beats);
    this.#beats = undefined;
    this.#connection?.keepAlive(false);
    this.#idle = setTimeout(() => {
      this.#connection?.close();
      this.#connection = undefined;
    }, this.#o.idleMs ?? IDLE_MS);
    this.#idle.unref();
  }

  /** No program runs on without a guard. */
  #onGone(connection: GuardConnection): void {
    if (this.#connection !== connection) return;
    this.#connection = undefined;
    for (const program of this.#programs.values()) void this.#end(program);
  }

  async #end(program: GuardedProgram): Promise<void> {
    await endMarkedProcesses(program.mark, program.killAfterMs, this.#clock, this.#table);
    program.lose();
  }
}
