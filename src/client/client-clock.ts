import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';

export interface ClientClock {
  now(): Date;
  /** Milliseconds from an arbitrary start; never goes back. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it aborts first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** @returns `size` unpredictable bytes. */
export type Random = (size: number) => Uint8Array;

export const systemClientClock: ClientClock = {
  now: () => new Date(),
  // Not performance.now(), whose first use loads node:perf_hooks (0.8 ms).
  monotonicMs: () => Number(process.hrtime.bigint()) / 1e6,
  sleep: async (ms, signal) => {
    try {
      await delay(ms, undefined, signal === undefined ? {} : { signal });
    } catch (thrown) {
      // Node wraps the reason in an AbortError of its own.
      throw signal?.aborted === true ? signal.reason : thrown;
    }
  },
};

export const systemRandom: Random = (size) => randomBytes(size);

/** @returns a number from 0 up to but not including 1. */
export function randomFraction(random: Random): number {
  return Buffer.from(random(4)).readUInt32BE() / 2 ** 32;
}
