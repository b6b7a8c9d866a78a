/** So much at once, and then one after the other: the generic cell rate algorithm. */
export interface Rate {
  /** In the long run. */
  readonly perMinute: number;
  /** At once, from rest. */
  readonly burst: number;
}

/** What is left of a rate for one who used it. */
export interface Budget {
  readonly rate: Rate;
  readonly allowed: boolean;
  /** How many more would pass now. */
  readonly remaining: number;
  /** Until everything is free again. */
  readonly resetSeconds: number;
  /** Until the next one passes; 0 when one passes now. */
  readonly retryAfterSeconds: number;
}

/** Between two, in the long run. */
export function intervalSeconds({ perMinute }: Rate): number {
  return 60 / perMinute;
}

/**
 * Reads a budget off the only thing that is remembered: how far the theoretical arrival time lies ahead of now.
 * @param aheadSeconds after the request, when it was allowed; without it, when it was not
 */
export function budgetOf(rate: Rate, aheadSeconds: number, allowed: boolean): Budget {
  const interval = intervalSeconds(rate);
  const ahead = Math.max(0, aheadSeconds);
  const free = rate.burst - ahead / interval;
  return {
    rate,
    allowed,
    // A microsecond is lost in each addition.
    remaining: Math.max(0, Math.min(rate.burst, Math.floor(free + 1e-4))),
    resetSeconds: ahead,
    retryAfterSeconds: Math.max(0, (1 - free) * interval),
  };
}
