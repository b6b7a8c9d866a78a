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
