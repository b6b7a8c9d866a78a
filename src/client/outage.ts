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
  /** Whether the server was reached before, so that its address is right. */
  readonly wasReached?: boolean;
  /** Called after each try that failed, if another one follows. */
  readonly onWaiting: (error: ApiError | UnreachableError) => void;
  /** Called when the server answers again. */
  readonly onBack?: () => void;
}

/** @returns whether the server may answer when the request is repeated later. */
export function isTransient(thrown: unknown): thrown is ApiError | UnreachableError {
  return (thrown instanceof ApiError || thrown instanceof UnreachableError) && thrown.retryable;
}

/** @returns whether a server that was reached before may answer later; without a network, no name is resolved. */
export function isOutage(thrown: unknown): thrown is ApiError | UnreachableError {
  return isTransient(thrown) || (thrown instanceof UnreachableError && thrown.reason === 'ENOTFOUND');
}

/** Repeats a read while the server is away. @throws the error of the last try, the reason of the signal if it aborts */
export async function throughOutage<T>(
  read: () => Promise<T>,
  policy: OutagePolicy,
  { clock, random, signal }: { clock: ClientClock; random: Random; signal: AbortSignal | undefined },
): Promise<T> {
  const startMs = clock.monotonicMs();
  const isAway = policy.wasReached === true ? isOutage : isTransient;
  for (let tries = 1; ; tries++) {
    try {
      const answer = await read();
      if (tries > 1) policy.onBack?.();
      return answer;
    } catch (thrown) {
      const awayMs = clock.monotonicMs() - startMs;
      if (!isAway(thrown) || awayMs >= policy.giveUpAfterMs) throw thrown;
      policy.onWaiting(thrown);
      await clock.sleep(backOffMs(tries, random, OUTAGE_FIRST_BACK_OFF_MS, OUTAGE_MAX_BACK_OFF_MS), signal);
    }
  }
}
