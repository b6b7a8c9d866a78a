import { ApiError, UnreachableError } from './api-error.ts';
import { type ClientClock, type Random, randomFraction } from './client-clock.ts';

interface RetryPolicy {
  readonly clock: ClientClock;
  readonly random: Random;
  /** On the monotonic clock: no attempt starts later. */
  readonly deadlineMs: number;
  /** False for a mutation that nobody could recognise as a repeat. */
  readonly repeatable: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** A server that does not answer at all is given up sooner than one that asks for patience. */
const MAX_UNREACHABLE_ATTEMPTS = 3;
const FIRST_BACK_OFF_MS = 200;
const MAX_BACK_OFF_MS = 5000;

/**
 * Runs `attempt` until it succeeds, fails for good, or the next try would start after the deadline.
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

/** @returns a random part of a span that doubles with each attempt, so that many clients do not come back together. */
export function backOffMs(
  attempts: number,
  random: Random,
  firstMs = FIRST_BACK_OFF_MS,
  maxMs = MAX_BACK_OFF_MS,
): number {
  const span = Math.min(maxMs, firstMs * 2 ** (attempts - 1));
  return span / 2 + (span / 2) * randomFraction(random);
}

/** Over a limit, nothing was begun: even what nobody could recognise as a repeat may come again. */
function isRateLimited(thrown: unknown): boolean {
  return thrown instanceof ApiError && thrown.status === 429;
}

function isRetryable(thrown: unknown, attempts: number): boolean {
  if (thrown instanceof ApiError) return thrown.retryable;
  return thrown instanceof UnreachableError && thrown.retryable && attempts < MAX_UNREACHABLE_ATTEMPTS;
}

/** What the server asks for is a minimum; the back-off comes on top of it. */
function retryDelayMs(thrown: unknown, attempts: number, random: Random): number {
  const retryAfterMs = thrown instanceof ApiError ? (thrown.retryAfterSeconds ?? 0) * 1000 : 0;
  return retryAfterMs + backOffMs(attempts, random);
}
