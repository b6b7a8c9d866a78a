export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** Full jitter: a random delay up to base x 2^(attempt - 1), never more than the maximum. */
export function backoffDelayMs({ baseMs, maxMs }: Backoff, attempt: number, random: () => number): number {
  return random() * Math.min(maxMs, baseMs * 2 ** (attempt - 1));
}
