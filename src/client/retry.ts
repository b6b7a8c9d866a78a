import { ApiError, UnreachableError } from './api-error.ts';
import { type ClientClock, type Random, randomFraction } from './client-clock.ts';

interface RetryPolicy {
  readonly clock: ClientClock;
  readonly random: Random;
  /** No attempt starts after this time of the monotonic clock. */
  readonly deadlineMs: number;
  /** False for a mutation without an idempotency key. */
  readonly repeatable: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** Fewer attempts for a server that cannot be reached than for one that asks to retry. */
const MAX_UNREACHABLE_ATTEMPTS = 3;
const FIRST_BACK_OFF_MS = 200;
const MAX_BACK_OFF_MS = 5000;

/**
 * Runs `attempt` until it succeeds, fails permanently, or the next try would start after the deadline.
 * @throws the error of the last attempt.
 */
export async function withRetries<T>(attempt: () => Promise<T>, policy: RetryPolicy): Promise<T> {
  for (let attempts = 1; ; attempts++) {
    try {
      return await attempt();
    } catch (thrown) {
      if (!(policy.repeatable || isRateLimited(thrown)) || !isRetryable(thrown, attempts)) throw thrown;
      const waitMs = retryDelayMs(thrown, attempts, policy.random);
      if (policy.clock.monotonicMs() + waitMs >= policy.deadlineMs) throw thrown;
      await policy.clock.sleep(waitMs, policy.signal);
    }
  }
}

/** @returns an exponential back-off with jitter, so that many clients do not retry at the same time. */
export function backOffMs(
  attempts: number,
  random: Random,
  firstMs = FIRST_BACK_OFF_MS,
  maxMs = MAX_BACK_OFF_MS,
): number {
  const span = Math.min(maxMs, firstMs * 2 ** (attempts - 1));
  return span / 2 + (span / 2) * randomFraction(random);
}

/** A rate-limited request was not processed, so it is safe to repeat without an idempotency key. */
function isRateLimited(thrown: unknown): boolean {
  return thrown instanceof ApiError && thrown.status === 429;
}

function isRetryable(thrown: unknown, attempts: number): boolean {
  if (thrown instanceof ApiError) return thrown.retryable;
  return thrown instanceof UnreachableError && thrown.retryable && attempts < MAX_UNREACHABLE_ATTEMPTS;
}

/** Retry-After is the minimum; the back-off is added to it. */
function retryDelayMs(thrown: unknown, attempts: number, random: Random): number {
  const retryAfterMs = thrown instanceof ApiError ? (thrown.retryAfterSeconds ?? 0) * 1000 : 0;
  return retryAfterMs + backOffMs(attempts, random);
}
