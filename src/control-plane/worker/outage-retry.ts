import { type Backoff, equalJitterMs } from '../kernel/backoff.ts';
import type { Clock } from '../kernel/clock.ts';
import { DatabaseUnavailableError, LeaseLostError } from '../kernel/errors.ts';

export interface OutageRetryOptions {
  readonly clock: Clock;
  readonly random: () => number;
  readonly leaseRemainingMs: () => number;
  readonly isLeaseLost: () => boolean;
  /** Stops the attempt. @returns the error to throw */
  readonly onLeaseLost: () => LeaseLostError;
}

/** A blink is over before the second try; while an outage lasts, 50 attempts ask 25 times a second. */
const PAUSE: Backoff = { baseMs: 100, maxMs: 2_000 };

/**
 * Repeats what an attempt does with the database until it answers, as long as the lease lasts. A commit whose answer was lost is tried
 * again: if it was the last one, the fence is gone by now, and the next attempt finds what else it wrote as after a crash.
 * While renewals succeed the database is not away: waiting for longer than a lease does not help.
 */
export class OutageRetry {
  readonly #o: OutageRetryOptions;

  constructor(options: OutageRetryOptions) {
    this.#o = options;
  }

  /** @throws LeaseLostError, and DatabaseUnavailableError after a lease in which every try failed */
  async run<T>(work: (isRepeat: boolean) => Promise<T>): Promise<T> {
    const { clock, random, leaseRemainingMs, isLeaseLost, onLeaseLost } = this.#o;
    let giveUpAtMs = Number.POSITIVE_INFINITY;
    for (let tries = 1; ; tries++) {
      if (isLeaseLost()) throw onLeaseLost();
      try {
        return await work(tries > 1);
      } catch (error) {
        if (error instanceof LeaseLostError) throw onLeaseLost();
        if (!(error instanceof DatabaseUnavailableError)) throw error;
        const remainingMs = leaseRemainingMs();
        if (remainingMs <= 0) throw onLeaseLost();
        const nowMs = clock.monotonicMs();
        giveUpAtMs = Math.min(giveUpAtMs, nowMs + remainingMs);
        if (nowMs >= giveUpAtMs) throw error;
        await clock.sleep(Math.min(remainingMs, equalJitterMs(PAUSE, tries, random)));
      }
    }
  }
}
