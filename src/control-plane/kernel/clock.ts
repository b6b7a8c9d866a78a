import { setTimeout as delay } from 'node:timers/promises';

/** The wall clock for display, and the monotonic clock for intervals that this process measures. */
export interface Clock {
  now(): Date;
  /** Milliseconds from an arbitrary start; never decreases. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the reason of the signal when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, signal ? { signal } : {});
    } catch (thrown) {
      // Node wraps the reason in an AbortError.
      throw signal?.aborted === true ? signal.reason : thrown;
    }
  },
};

/** Waits until the work is done, and not longer than `ms`. */
export async function waitAtMost(ms: number, work: Promise<unknown>): Promise<void> {
  const enough = new AbortController();
  const done = work.finally(() => enough.abort());
  await Promise.race([done, delay(ms, undefined, { signal: enough.signal }).catch(() => {})]);
}
