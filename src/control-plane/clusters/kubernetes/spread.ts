/**
 * Spreads a number of workers evenly over machine sets. The first sets, in the order of their names, get one more: the same number
 * always gives the same sizes, so that a repeated request moves no machine.
 */
export function spreadWorkers(sets: readonly string[], workers: number): ReadonlyMap<string, number> {
  const each = Math.floor(workers / sets.length);
  const rest = workers % sets.length;
  const sorted = [...sets].sort((a, b) => (a < b ? -1 : 1));
  return new Map(sorted.map((name, index) => [name, each + (index < rest ? 1 : 0)]));
}
