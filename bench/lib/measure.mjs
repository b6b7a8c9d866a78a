/** @returns the middle of the numbers; of an even count the mean of the two */
export function median(numbers) {
  return quantile(numbers, 0.5);
}

export function quantile(numbers, q) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (sorted.length - 1) * q;
  const below = sorted[Math.floor(at)] ?? Number.NaN;
  return below + ((sorted[Math.ceil(at)] ?? below) - below) * (at - Math.floor(at));
}

/** Median and spread of one figure over the rounds. */
export function summary(numbers) {
  return { median: median(numbers), lowest: Math.min(...numbers), highest: Math.max(...numbers) };
}

/**
 * Measures systems in turn, so that what slows the machine for a while slows all of them. The order moves by one from round to round.
 * @param {Record<string, () => Promise<Record<string, number>>>} systems
 * @returns {Promise<Record<string, Record<string, number[]>>>} by system, each figure of each round
 */
export async function interleave(systems, rounds, onMeasured = () => {}) {
  const names = Object.keys(systems);
  const seen = Object.fromEntries(names.map((name) => [name, {}]));
  for (let round = 0; round < rounds; round++)
    for (const [i] of names.entries()) {
      const name = names[(i + round) % names.length];
      const figures = await systems[name]();
      onMeasured(name, round, figures);
      for (const [figure, value] of Object.entries(figures))
        seen[name][figure] = [...(seen[name][figure] ?? []), value];
    }
  return seen;
}

/** The median of the ratios of the same rounds: what slowed one of them slowed the other. */
export function ratioOf(ours, theirs) {
  return median(ours.map((value, round) => value / theirs[round]));
}
