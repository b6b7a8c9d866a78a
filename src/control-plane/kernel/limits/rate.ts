/** A rate limit by the generic cell rate algorithm: a burst at once, then a steady rate. */
export interface Rate {
  /** Steady rate. */
  readonly perMinute: number;
  /** Requests at once, after a pause. */
  readonly burst: number;
}

/** What is left of a rate. */
export interface Budget {
  readonly rate: Rate;
  readonly allowed: boolean;
  /** Requests that would be allowed now. */
  readonly remaining: number;
  /** Until the whole burst is free again. */
  readonly resetSeconds: number;
  /** Until the next request is allowed; 0 when one is allowed now. */
  readonly retryAfterSeconds: number;
}

/** Between two requests at the steady rate. */
export function intervalSeconds({ perMinute }: Rate): number {
  return 60 / perMinute;
}

/**
 * Computes a budget from how far the theoretical arrival time is ahead of now.
 * @param aheadSeconds including this request when it was allowed
 */
export function budgetOf(rate: Rate, aheadSeconds: number, allowed: boolean): Budget {
  const interval = intervalSeconds(rate);
  const ahead = Math.max(0, aheadSeconds);
  const free = rate.burst - ahead / interval;
  return {
    rate,
    allowed,
    // PostgreSQL rounds each addition to a microsecond.
    remaining: Math.max(0, Math.min(rate.burst, Math.floor(free + 1e-4))),
    resetSeconds: ahead,
    retryAfterSeconds: Math.max(0, (1 - free) * interval),
  };
}
