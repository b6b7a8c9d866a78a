/** Upper bounds of counts of answers by the time until their first byte, in milliseconds; a last count has no bound. */
export const LATENCY_BOUNDS_MS: readonly number[] = [
  1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000,
];

/**
 * @param counts one more than there are bounds
 * @param share 0.95 for the time within which 95 % were answered
 * @returns milliseconds, as if the answers of a count were spread evenly between its bounds; what is beyond the last bound counts as that
 *   bound; null without answers
 */
export function latencyOf(counts: readonly number[], share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  let left = total * share;
  for (const [index, count] of counts.entries()) {
    const above = LATENCY_BOUNDS_MS[index];
    if (above === undefined) break;
    if (count > 0 && left <= count) {
      const below = LATENCY_BOUNDS_MS[index - 1] ?? 0;
      return below + (above - below) * (left / count);
    }
    left -= count;
  }
  return LATENCY_BOUNDS_MS.at(-1) ?? null;
}
