import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ClusterStatus } from '../../../../src/contract/statuses.ts';
import {
  costOf,
  exactCost,
  type RateChange,
  roundCost,
  type StatusChange,
} from '../../../../src/control-plane/clusters/usage/cost.ts';

const HOUR = 3_600_000;
const at = (hours: number) => new Date(Date.UTC(2026, 10, 22) + hours * HOUR);
const change = (to: ClusterStatus, hours: number): StatusChange => ({ to, at: at(hours) });
const rate = (hourlyCost: number, hours: number): RateChange => ({ hourlyCost, from: at(hours) });
const flat = [rate(1_980_000, 0)];

describe('G17: cost is rate x time of the billed statuses', () => {
  const life = [
    change('PENDING', 0),
    change('CREATING', 1),
    change('READY', 2),
    change('DESTROYING', 10),
    change('DESTROYED', 11),
  ];

  test.each([
    ['nothing while it waits', 1, 0],
    ['half an hour into the create', 1.5, 990_000],
    ['the end, long after', 500, 19_800_000],
  ])('%s', (_, now, expected) => expect(costOf(life, flat, at(now))).toBe(expected));

  test('a cluster that never began costs nothing', () => {
    expect(costOf([change('PENDING', 0), change('DESTROYED', 5)], flat, at(9))).toBe(0);
    expect(costOf([], flat, at(9))).toBe(0);
  });

  test('a failed cluster costs until it is proven gone', () => {
    const failed = [change('PENDING', 0), change('CREATING', 0), change('FAILED', 1)];
    expect(costOf(failed, flat, at(5))).toBe(9_900_000);
    expect(costOf([...failed, change('DESTROYED', 3)], flat, at(5))).toBe(5_940_000);
  });

  test('a scale changes the rate from then on', () => {
    const rates = [rate(1_000_000, 0), rate(3_000_000, 4), rate(2_000_000, 6)];
    expect(costOf([change('CREATING', 1)], rates, at(8))).toBe(3_000_000 + 6_000_000 + 4_000_000);
  });

  test('until the first rate change its rate holds already: a late record makes nothing free', () => {
    expect(costOf([change('CREATING', 1)], [rate(1_000_000, 2)], at(3))).toBe(2_000_000);
  });

  test('a window cuts out its part', () => {
    expect(roundCost(exactCost(life, flat, { from: at(9), to: at(24) }))).toBe(2 * 1_980_000);
  });
});

/** Histories as the table of statuses allows them, in milliseconds, with rates that change at any time. */
const statuses: ClusterStatus[] = [
  'CREATING',
  'READY',
  'SCALING',
  'READY',
  'FAILED',
  'DESTROYING',
  'DESTROYED',
];
const instants = fc.uniqueArray(fc.integer({ min: 0, max: 1_000 * HOUR }), { minLength: 1, maxLength: 7 });
const histories = instants.map((times) =>
  times.toSorted((a, b) => a - b).map((ms, i) => ({ to: statuses[i] ?? 'DESTROYED', at: new Date(ms) })),
);
const rateLists = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 1_000 * HOUR }), fc.integer({ min: 0, max: 50_000_000 })), {
    minLength: 1,
  })
  .map((list) =>
    list.toSorted(([a], [b]) => a - b).map(([ms, hourlyCost]) => ({ hourlyCost, from: new Date(ms) })),
  );
const moments = fc.integer({ min: 0, max: 1_200 * HOUR }).map((ms) => new Date(ms));

describe('G17: whatever the history', () => {
  test('the parts of a window add up to the whole, exactly', () => {
    fc.assert(
      fc.property(
        histories,
        rateLists,
        fc.array(moments, { minLength: 2, maxLength: 8 }),
        (history, rates, cuts) => {
          const sorted = cuts.toSorted((a, b) => a.getTime() - b.getTime());
          const [first, last] = [sorted[0] as Date, sorted.at(-1) as Date];
          const parts = sorted
            .slice(1)
            .map((to, i) => exactCost(history, rates, { from: sorted[i] as Date, to }));
          expect(parts.reduce((sum, part) => sum + part, 0n)).toBe(
            exactCost(history, rates, { from: first, to: last }),
          );
        },
      ),
    );
  });

  test('later transitions and rates never change the cost of the past', () => {
    fc.assert(
      fc.property(histories, rateLists, fc.nat(), fc.nat(), (history, rates, cutHistory, cutRates) => {
        const known = history.slice(0, 1 + (cutHistory % history.length));
        const knownRates = rates.slice(0, 1 + (cutRates % rates.length));
        const nextTimes = [history[known.length]?.at, rates[knownRates.length]?.from].flatMap(
          (next) => next ?? [],
        );
        const until = new Date(Math.min(...nextTimes.map((time) => time.getTime()), 1_000 * HOUR));
        expect(exactCost(history, rates, { to: until })).toBe(exactCost(known, knownRates, { to: until }));
      }),
    );
  });

  test('cost never falls as time goes by', () => {
    fc.assert(
      fc.property(histories, rateLists, moments, moments, (history, rates, a, b) => {
        const [earlier, later] = a < b ? [a, b] : [b, a];
        expect(exactCost(history, rates, { to: earlier }) <= exactCost(history, rates, { to: later })).toBe(
          true,
        );
      }),
    );
  });
});
