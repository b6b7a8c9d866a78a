import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatDollars, formatUnitPrice } from '../../src/render/format.ts';

const inEnglish = (amount: number, maximumFractionDigits: number) =>
  `$${amount.toLocaleString('en-US', { minimumFractionDigits: 2, maximumFractionDigits })}`;

test('money is written as in English, without the data of all languages', () => {
  const edges = [0, 1.005, 0.285, 2.675, 0.125, 999.995, 0.00005, 1e-7, 1_234_567.891];
  const amount = fc.oneof(
    fc.integer({ min: 0, max: 1e9 }).map((cents) => cents / 100),
    fc.integer({ min: 0, max: 1e9 }).map((parts) => parts / 100_000),
    fc.double({ min: 0, max: 1e9, noNaN: true }),
  );
  fc.assert(
    fc.property(amount, (dollars) => {
      expect(formatDollars(dollars)).toBe(inEnglish(dollars, 2));
      expect(formatUnitPrice(dollars)).toBe(inEnglish(dollars, 4));
    }),
    { numRuns: 2_000, examples: edges.map((edge) => [edge]) },
  );
});
