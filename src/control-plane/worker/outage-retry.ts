import type { Clock } from '../kernel/clock.ts';
import { DatabaseUnavailableError, LeaseLostError } from '../kernel/errors.ts';

export interface OutageRetryOptions {
  readonly clock: Clock;
  readonly leaseRemainingMs: () => number;
  readonly isLeaseLost: () => boolean;
  /** Stops the attempt. @returns the error to throw */
  readonly onLeaseLost: () => LeaseLostError;
}

const OUTAGE_PAUSE_MS = 200;

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
  async run<T>(work: () => Promise<T>): Promise<T> {
    const { clock, leaseRemainingMs, isLeaseLost, onLeaseLost } = this.#o;
    let giveUpAtMs = Number.POSITIVE_INFINITY;
    for (;;) {
      if (isLeaseLost()) throw onLeaseLost();
      try {
        return await work();
      } catch (error) {
        if (error instanceof LeaseLostError) throw onLeaseLost();
        if (!(error instanceof DatabaseUnavailableError)) throw error;
        const remainingMs = leaseRemainingMs();
        if (remainingMs <= 0) throw onLeaseLost();
        const nowMs = clock.monotonicMs();
        giveUpAtMs = Math.min(giveUpAtMs, nowMs + remainingMs);
        if (nowMs >= giveUpAtMs) throw error;
        await clock.sleep(OUTAGE_PAUSE_MS);
      }
    }
  }
}
