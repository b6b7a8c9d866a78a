/** Delays between the tries of one thing. */
export interface Backoff {
  readonly baseMs: number;
  readonly maxMs: number;
}

/** Full jitter: a random delay up to base x 2^(attempt - 1), never more than the maximum. */
export function fullJitterMs({ baseMs, maxMs }: Backoff, attempt: number, random: () => number): number {
  return random() * Math.min(maxMs, baseMs * 2 ** (attempt - 1));
}

/** Equal jitter: half of base x 2^(attempt - 1), at most half of the maximum, and up to as much again at random. */
export function equalJitterMs({ baseMs, maxMs }: Backoff, attempt: number, random: () => number): number {
  const half = Math.min(maxMs, baseMs * 2 ** (attempt - 1)) / 2;
  return Math.round(half + half * random());
}
