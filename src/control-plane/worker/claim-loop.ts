import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '../kernel/clock.ts';
import type { Db } from '../kernel/db/db.ts';
import { messageOf } from '../kernel/errors.ts';
import { type Claim, claim } from '../kernel/jobs/claim.ts';
import type { ClaimedJob, JobHandler } from '../kernel/jobs/job.ts';
import { ClaimTarget } from './claim-target.ts';
import type { HostReadiness } from './host-readiness.ts';

export interface ClaimLoopOptions {
  readonly db: Db;
  readonly clock: Clock;
  readonly readiness: HostReadiness;
  readonly concurrency: number;
  readonly pollMs: number;
  readonly hostCheckMs: number;
  readonly workerId: () => string;
  /** How many slots are in use. */
  readonly running: () => number;
  /** Jobs of the type that may be claimed now; undefined: as many as there are slots. */
  readonly capacityFor: (type: string) => number | undefined;
  readonly start: (job: ClaimedJob) => void;
  readonly log: { warn(fields: object, message: string): void };
}

/** Claims jobs into free slots until it is told to stop. */
export class ClaimLoop {
  readonly #o: ClaimLoopOptions;
  /** For wake-ups that reach only one worker. */
  readonly target = new ClaimTarget(() => this.wake());
  #wake = new AbortController();

  constructor(options: ClaimLoopOptions) {
    this.#o = options;
  }

  /** Claims now instead of later, or ends when it is told to stop. */
  wake(): void {
    // Called for each job: `abort` makes an exception also for a signal that is aborted.
    if (!this.#wake.signal.aborted) this.#wake.abort();
  }

  async run(closing: AbortSignal): Promise<void> {
    const { clock, pollMs, log, readiness } = this.#o;
    while (!closing.aborted) {
      this.#wake = new AbortController();
      const ended = this.target.begin();
      const hadSlots = this.#freeSlots > 0;
      const waitMs = await this.#claim().then(
        (wait) => {
          // A worker that cannot run some jobs leaves the wake-ups to others.
          ended(hadSlots, readiness.problems.length > 0 ? 0 : this.#freeSlots);
          return wait;
        },
        (error) => {
          ended(false, 0);
          log.warn({ error: messageOf(error) }, 'cannot claim jobs; trying again');
          return Math.min(1_000, pollMs);
        },
      );
      await clock.sleep(waitMs, this.#wake.signal).catch(() => {});
      // Slots that become free in the same turn of the event loop are filled by one claim.
      await nextTurn();
    }
    this.target.end();
  }

  /** Types with a limit of their own are claimed apart, because a claim has one limit for all its types. */
  async #claimTypes(slots: number, types: readonly string[]): Promise<Claim> {
    const { db, workerId, capacityFor } = this.#o;
    const limited = types.filter((type) => capacityFor(type) !== undefined);
    const unlimited = types.filter((type) => capacityFor(type) === undefined);
    let result = await claim(db, { slots, workerId: workerId(), types: unlimited });
    for (const type of limited) {
      const limit = Math.min(slots - result.jobs.length, capacityFor(type) ?? 0);
      if (limit <= 0) continue;
      const { jobs, nextInMs } = await claim(db, { slots: limit, workerId: workerId(), types: [type] });
      result = { jobs: [...result.jobs, ...jobs], nextInMs: Math.min(result.nextInMs, nextInMs) };
    }
    return result;
  }

  get #freeSlots(): number {
    return Math.max(0, this.#o.concurrency - this.#o.running());
  }

  /** @returns how long to wait before the next claim, in milliseconds, unless a wake-up comes first. */
  async #claim(): Promise<number> {
    const { readiness, start, pollMs, hostCheckMs } = this.#o;
    const slots = this.#freeSlots;
    if (slots === 0) return pollMs;
    const types = await readiness.claimableTypes();
    const { jobs, nextInMs } = await this.#claimTypes(slots, types);
    for (const job of jobs) start(job);
    // The end of a job wakes the loop.
    if (jobs.length === slots) return pollMs;
    const recheckMs = readiness.problems.length > 0 ? hostCheckMs : Number.POSITIVE_INFINITY;
    return Math.max(5, Math.min(pollMs, recheckMs, nextInMs));
  }
}

/** @returns how many more jobs of the handler may run; undefined: as many as there are slots */
export function capacityFor(
  handler: JobHandler | undefined,
  running: Iterable<{ readonly attempt: { readonly job: ClaimedJob } }>,
): number | undefined {
  if (handler?.maxRunning === undefined) return undefined;
  const own = [...running].filter(({ attempt }) => attempt.job.type === handler.type);
  return Math.max(0, handler.maxRunning - own.length);
}
