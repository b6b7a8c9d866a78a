import { setTimeout as delay } from 'node:timers/promises';

/** Time as a process may use it: the wall clock for display, the monotonic one for intervals that it measured itself. */
export interface Clock {
  now(): Date;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export const systemClock: Clock = {
  now: () => new Date(),
  monotonicMs: () => performance.now(),
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, signal ? { signal } : {});
    } catch (thrown) {
      // Node wraps the reason in an AbortError of its own.
      throw signal?.aborted === true ? signal.reason : thrown;
    }
  },
};
