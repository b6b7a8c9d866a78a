import { ApiError, UnreachableError } from './api-error.ts';
import type { ClientClock, Random } from './client-clock.ts';
import { backOffMs } from './retry.ts';

/** For what follows work on the server: a restart of the server or of its database must not end it. */
export const OUTAGE_MS = 120_000;

export const OUTAGE_FIRST_BACK_OFF_MS = 500;
export const OUTAGE_MAX_BACK_OFF_MS = 10_000;

export interface OutagePolicy {
  /** How long the server may be away. */
  readonly giveUpAfterMs: number;
  /** Called once for each outage. */
  readonly onWaiting: (error: ApiError | UnreachableError) => void;
}

/** @returns whether the server may answer when the request is repeated later. */
export function isTransient(thrown: unknown): thrown is ApiError | UnreachableError {
  return (thrown instanceof ApiError || thrown instanceof UnreachableError) && thrown.retryable;
}

/** Repeats a read while the server is away. @throws the error of the last try, the reason of the signal if it aborts */
export async function throughOutage<T>(
  read: () => Promise<T>,
  { giveUpAfterMs, onWaiting }: OutagePolicy,
  { clock, random, signal }: { clock: ClientClock; random: Random; signal: AbortSignal | undefined },
): Promise<T> {
  const startMs = clock.monotonicMs();
  for (let tries = 1; ; tries++) {
    try {
      return await read();
    } catch (thrown) {
      if (!isTransient(thrown) || clock.monotonicMs() - startMs >= giveUpAfterMs) throw thrown;
      if (tries === 1) onWaiting(thrown);
      await clock.sleep(backOffMs(tries, random, OUTAGE_FIRST_BACK_OFF_MS, OUTAGE_MAX_BACK_OFF_MS), signal);
    }
  }
}
