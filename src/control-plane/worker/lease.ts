import type { Clock } from '../kernel/clock.ts';
import type { Db } from '../kernel/db/db.ts';
import type { RowOf } from '../kernel/db/statement.ts';
import { LeaseLostError } from '../kernel/errors.ts';
import type { Dispatcher } from '../kernel/jobs/dispatcher.ts';
import type { HostProblem } from '../kernel/jobs/job.ts';
import { endLease, registerWorker, renewLease } from '../kernel/jobs/workers.sql.ts';

const MAX_PROBLEM_CHARACTERS = 500;

export type Renewal = RowOf<typeof renewLease>;

/** A problem of the host, and the types of jobs that it keeps the worker from claiming. */
export interface WorkerProblem extends HostProblem {
  readonly types: readonly string[];
}

export interface WorkerIdentity {
  readonly id: string;
  readonly host: string;
  readonly pid: number;
  readonly roles: readonly string[];
  /** What it has handlers for. */
  readonly jobTypes: readonly string[];
}

/** How it is woken. */
type Wakes = Pick<Dispatcher, 'engine' | 'problem'>;

/**
 * The lease of one worker, renewed at a third of its length. Its local deadline is counted on the monotonic clock from the *start*
 * of the last good renewal, less a margin, so it always ends before another worker can reclaim its lanes.
 */
export class WorkerLease {
  readonly identity: WorkerIdentity;
  readonly leaseMs: number;
  readonly #db: Db;
  readonly #clock: Clock;
  readonly #wakes: Wakes;
  #deadlineMs = 0;
  draining = false;
  problems: readonly WorkerProblem[] = [];

  constructor(db: Db, clock: Clock, wakes: Wakes, identity: WorkerIdentity, leaseMs: number) {
    this.#db = db;
    this.#clock = clock;
    this.#wakes = wakes;
    this.identity = identity;
    this.leaseMs = leaseMs;
  }

  get remainingMs(): number {
    return this.#deadlineMs - this.#clock.monotonicMs();
  }

  async register(): Promise<void> {
    const startedMs = this.#clock.monotonicMs();
    await this.#db.query(registerWorker, {
      id: this.identity.id,
      host: this.identity.host,
      pid: this.identity.pid,
      roles: [...this.identity.roles],
      leaseMs: this.leaseMs,
      jobTypes: [...this.identity.jobTypes],
      problems: this.problems,
      dispatch: this.#wakes.engine,
    });
    this.#extendFrom(startedMs);
  }

  /** @returns what the database knows of this worker's jobs. Throws LeaseLostError when the lease is over. */
  async renew(): Promise<Renewal> {
    const startedMs = this.#clock.monotonicMs();
    const [row] = await this.#db.reserved.query(renewLease, {
      id: this.identity.id,
      leaseMs: this.leaseMs,
      draining: this.draining,
      problems: this.problems,
      dispatchProblem: this.#wakes.problem?.slice(0, MAX_PROBLEM_CHARACTERS) ?? null,
    });
    if (!row) throw new LeaseLostError(this.identity.id, 0);
    this.#extendFrom(startedMs);
    return row;
  }

  async end(): Promise<void> {
    await this.#db.query(endLease, { id: this.identity.id });
  }

  #extendFrom(startedMs: number): void {
    this.#deadlineMs = startedMs + this.leaseMs * 0.9;
  }
}
