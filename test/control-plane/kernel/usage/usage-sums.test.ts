import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  roundCost,
  type StepBin,
  type UsageSums,
  usageByPart,
  usageHours,
} from '../../../../src/control-plane/kernel/usage/usage-sums.ts';

const HOUR = 3_600_000;

/** Something that costs `rate` from a time to another, both in milliseconds. */
interface Interval {
  readonly rate: number;
  readonly start: number;
  readonly end: number;
}

/** As the statements add steps up, for a period that begins at 0. */
function binsOf(intervals: readonly Interval[], starts: readonly Date[], to: number): StepBin[] {
  const steps = intervals
    .flatMap(({ rate, start, end }) => [
      { at: start, rate, count: 1 },
      { at: end, rate: -rate, count: -1 },
    ])
    .filter(({ at }) => at < to);
  return [0, ...starts.map((_, part) => part + 1)].flatMap((bin) => {
    const inBin = steps.filter(({ at, count }) => {
      const time = count < 0 ? at - 0.001 : at;
      return starts.filter((start) => start.getTime() <= time).length === bin;
    });
    if (inBin.length === 0) return [];
    const us = (at: number) => BigInt(to - Math.max(at, 0)) * 1000n;
    const sum = (value: (step: (typeof steps)[number]) => bigint) =>
      String(inBin.reduce((total, step) => total + value(step), 0n));
    return [
      {
        bin,
        begun: inBin.filter(({ count }) => count === 1).length,
        ended: inBin.filter(({ count }) => count === -1).length,
        rate: sum(({ rate }) => BigInt(rate)),
        cost: sum(({ at, rate }) => BigInt(rate) * us(at)),
        running: sum(({ count }) => BigInt(count)),
        us: sum(({ at, count }) => BigInt(count) * us(at)),
      },
    ];
  });
}

/** A second implementation: each interval, cut to the part. */
function usageOf(intervals: readonly Interval[], from: number, to: number): UsageSums {
  const cut = intervals
    .map(({ rate, start, end }) => ({ rate, ms: Math.min(end, to) - Math.max(start, from) }))
    .filter(({ ms }) => ms > 0);
  return {
    count: cut.length,
    us: cut.reduce((sum, { ms }) => sum + BigInt(ms) * 1000n, 0n),
    cost: cut.reduce((sum, { rate, ms }) => sum + BigInt(rate) * BigInt(ms) * 1000n, 0n),
  };
}

const intervals = fc.array(
  fc
    .record({
      rate: fc.nat(50_000_000),
      start: fc.integer({ min: -20 * HOUR, max: 30 * HOUR }),
      ms: fc.integer({ min: 1, max: 40 * HOUR }),
    })
    .map(({ rate, start, ms }) => ({ rate, start, end: start + ms })),
  { maxLength: 8 },
);

test('G17: the hours of a period add up to the whole, and each is what a second implementation finds', () => {
  fc.assert(
    fc.property(intervals, fc.integer({ min: 1, max: 30 * HOUR }), (drawn, to) => {
      const starts = Array.from({ length: Math.ceil(to / HOUR) }, (_, hour) => new Date(hour * HOUR));
      const { parts, total } = usageByPart(binsOf(drawn, starts, to), starts, new Date(to));
      expect(total).toEqual(usageOf(drawn, 0, to));
      expect(parts).toEqual(
        starts.map((start, hour) => usageOf(drawn, start.getTime(), Math.min((hour + 1) * HOUR, to))),
      );
      expect(parts.reduce((sum, { cost }) => sum + cost, 0n)).toBe(total.cost);
      expect(parts.reduce((sum, { us }) => sum + us, 0n)).toBe(total.us);
    }),
  );
});

test('amounts are rounded once, half up; hours have four decimals', () => {
  const microDollar = 3_600_000_000n;
  expect(roundCost(microDollar / 2n)).toBe(1);
  expect(roundCost(microDollar / 2n - 1n)).toBe(0);
  expect(usageHours(5_400_000_000n)).toBe(1.5);
  expect(usageHours(180_000n)).toBe(0.0001);
});
