import type { Clock } from '../kernel/clock.ts';
import type { Db } from '../kernel/db/db.ts';
import { messageOf } from '../kernel/errors.ts';
import { claimJobs, nextReady } from '../kernel/jobs/claim.sql.ts';
import type { ClaimedJob } from '../kernel/jobs/job.ts';
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
  /** How many jobs run. */
  readonly running: () => number;
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
    this.#wake.abort();
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
      if (waitMs > 0) await clock.sleep(waitMs, this.#wake.signal).catch(() => {});
    }
    this.target.end();
  }

  get #freeSlots(): number {
    return Math.max(0, this.#o.concurrency - this.#o.running());
  }

  /** @returns how long to wait before the next claim, in milliseconds, unless a wake-up comes first. */
  async #claim(): Promise<number> {
    const { db, readiness, workerId, start, pollMs, hostCheckMs } = this.#o;
    const slots = this.#freeSlots;
    if (slots === 0) return pollMs;
    const types = await readiness.claimableTypes();
    const claimed = await db.query(claimJobs, { slots, workerId: workerId(), types });
    for (const job of claimed) start(job);
    if (claimed.length > 0) return 0;
    const [next] = await db.query(nextReady, { types });
    const recheckMs = readiness.problems.length > 0 ? hostCheckMs : Number.POSITIVE_INFINITY;
    return Math.max(5, Math.min(pollMs, recheckMs, next?.inMs ?? Number.POSITIVE_INFINITY));
  }
}
