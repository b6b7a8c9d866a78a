const SPARKS = '▁▂▃▄▅▆▇█';

/** One cell for each value, as high as its part of the highest; a space where nothing is known. */
export function sparkline(values: readonly (number | null)[]): string {
  const most = Math.max(...values.map((value) => value ?? 0), 0);
  const height = (value: number) => (most === 0 ? 0 : Math.ceil((value / most) * SPARKS.length) - 1);
  return values.map((value) => (value === null ? ' ' : SPARKS[Math.max(0, height(value))])).join('');
}
