import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listCharges } from '../../../../src/control-plane/clusters/service/list-charges.ts';
import { reportUsage } from '../../../../src/control-plane/clusters/service/usage-report.ts';
import { sumClusterCosts } from '../../../../src/control-plane/clusters/store/usage.sql.ts';
import type { Caller } from '../../../../src/control-plane/kernel/caller.ts';
import { roundCost } from '../../../../src/control-plane/kernel/usage/usage-sums.ts';
import { createTestDatabase, type TestDatabase } from '../../../setup/database.ts';
import {
  type ClusterHistory,
  costSecondBySecond,
  EPOCH,
  type HistoryEvent,
  HistoryWriter,
} from './cluster-histories.ts';

let database: TestDatabase;
let writer: HistoryWriter;
beforeAll(async () => {
  database = await createTestDatabase();
  writer = new HistoryWriter(database.url);
  await writer.open();
});
afterAll(async () => {
  await writer.close();
  await database.drop();
});

const auditor = (...teams: string[]): Caller => ({
  principal: 'local:fay',
  authMode: 'local',
  grants: teams.map((team) => ({ role: 'auditor' as const, team })),
  requestId: 'r',
  sourceIp: '127.0.0.1',
  userAgent: 'test',
});
const at = (second: number) => new Date(EPOCH + second * 1000).toISOString();
const report = (query: Parameters<typeof reportUsage>[2], caller = auditor('*')) =>
  reportUsage(database.db, caller, { limit: 200, ...query });

const HOURS = 3_600;
const rate = fc.integer({ min: 0, max: 9_999_999 });
const change = fc.oneof(
  fc.record({ kind: fc.constant('workers' as const), workers: fc.integer({ min: 0, max: 10 }) }),
  fc.record({ kind: fc.constant('prices' as const), perMaster: rate, perWorker: rate }),
);
const randomHistory = fc
  .record({
    times: fc.uniqueArray(fc.integer({ min: 0, max: 6 * HOURS }), { minLength: 1, maxLength: 8 }),
    changes: fc.array(change, { minLength: 8, maxLength: 8 }),
    isDestroyed: fc.boolean(),
    workers: fc.integer({ min: 0, max: 10 }),
    perMaster: rate,
    perWorker: rate,
  })
  .map(({ times, changes, isDestroyed, ...rest }) => {
    const sorted = times.toSorted((a, b) => a - b);
    const events = sorted.flatMap((time, index): HistoryEvent[] => {
      if (index === 0) return [{ at: time, kind: 'CREATING' }];
      if (index === sorted.length - 1 && isDestroyed)
        return [
          { at: time, kind: 'DESTROYING' },
          { at: time, kind: 'DESTROYED' },
        ];
      return [{ at: time, ...(changes[index] ?? { kind: 'workers', workers: 1 }) }];
    });
    return { ...rest, events };
  });

test('G17: the report equals a second implementation, whatever happened to the clusters and whatever the period', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(randomHistory, { minLength: 1, maxLength: 4 }),
      fc.tuple(fc.nat(7 * HOURS), fc.nat(7 * HOURS)).filter(([a, b]) => a !== b),
      async (drawn, bounds) => {
        const team = `team-${run++}`;
        const histories = drawn.map((history, index) => ({ ...history, id: `clu_${run}_${index}`, team }));
        for (const history of histories) await writer.write(history);
        const [from = 0, to = 0] = bounds.toSorted((a, b) => a - b);
        const expected = histories.map((history) => ({
          id: history.id,
          ...costSecondBySecond(history, from, to),
        }));
        const { items, totals } = await report({ groupBy: 'cluster', team, from: at(from), to: at(to) });
        const dollarsOf = (cost: bigint) => Number((cost * 2n + 3_600n) / 7_200n) / 1e6;
        for (const { id, cost, seconds } of expected) {
          const item = items.find(({ key }) => key === id);
          expect(item?.cost ?? 0).toBe(dollarsOf(cost));
          expect(item?.hours ?? 0).toBeCloseTo(seconds / 3_600, 4);
        }
        expect(totals.cost).toBe(dollarsOf(expected.reduce((sum, { cost }) => sum + cost, 0n)));
        expect(totals.clusters).toBe(items.length);
        const clusterIds = histories.map(({ id }) => id);
        const costs = await database.db.query(sumClusterCosts, { clusterIds, until: new Date(at(to)) });
        for (const history of histories) {
          const { cost } = costSecondBySecond(history, 0, to);
          const toDate = costs.find(({ clusterId }) => clusterId === history.id)?.cost ?? '0';
          expect(roundCost(BigInt(toDate))).toBe(Math.round(dollarsOf(cost) * 1e6));
        }
        // Midnight in São Paulo is 03:00 UTC, in the middle of the histories.
        const midnight = 3 * HOURS;
        const days = await report({
          groupBy: 'day',
          team,
          from: at(from),
          to: at(to),
          timezone: 'America/Sao_Paulo',
        });
        expect(days.totals).toEqual(totals);
        const parts = from < midnight && midnight < to ? [from, midnight, to] : [from, to];
        expect(days.items.map(({ cost }) => cost)).toEqual(
          parts.slice(1).map((end, part) => {
            const costs = histories.map((history) => costSecondBySecond(history, parts[part] ?? 0, end).cost);
            return dollarsOf(costs.reduce((sum, cost) => sum + cost, 0n));
          }),
        );
      },
    ),
    { numRuns: 25 },
  );
});

const DAY = 24 * HOURS;
const plain = (
  id: string,
  begin: number,
  end: number | undefined,
  more: Partial<ClusterHistory> = {},
): ClusterHistory => ({
  id,
  team: 'days',
  workers: 1,
  perMaster: 1_000_000,
  perWorker: 500_000,
  events: [
    { at: begin, kind: 'CREATING' },
    ...(end === undefined
      ? []
      : ([
          { at: end, kind: 'DESTROYING' },
          { at: end, kind: 'DESTROYED' },
        ] as const)),
  ],
  ...more,
});

test('G17: days are those of the time zone, of 23 and 25 hours where its clocks change', async () => {
  const start = (Date.UTC(2026, 9, 23) - EPOCH) / 1000;
  await writer.write(plain('clu_dst', start, undefined));
  const query = {
    groupBy: 'day',
    team: 'days',
    from: '2026-10-23T22:00:00Z',
    to: '2026-10-26T23:00:00Z',
  } as const;
  const { items, timezone } = await report({ ...query, timezone: 'Europe/Berlin' });
  expect(timezone).toBe('Europe/Berlin');
  expect(items.map(({ key, clusters, hours, cost }) => [key, clusters, hours, cost])).toEqual([
    ['2026-10-24', 1, 24, 36],
    ['2026-10-25', 1, 25, 37.5],
    ['2026-10-26', 1, 24, 36],
  ]);
  const utc = await report(query);
  expect(utc.items.map(({ key, hours }) => [key, hours])).toEqual([
    ['2026-10-23', 2],
    ['2026-10-24', 24],
    ['2026-10-25', 24],
    ['2026-10-26', 23],
  ]);
  expect(utc.totals).toMatchObject({ clusters: 1, hours: 73, cost: 109.5 });
});

test('a cluster that ends at midnight is one of the day that ends; days without clusters are there', async () => {
  await writer.write(plain('clu_midnight', 10 * DAY, 11 * DAY, { team: 'midnight' }));
  const { items } = await report({ groupBy: 'day', team: 'midnight', from: at(9 * DAY), to: at(12 * DAY) });
  expect(items.map(({ key, clusters, hours }) => [key, clusters, hours])).toEqual([
    ['2026-01-10', 0, 0],
    ['2026-01-11', 1, 24],
    ['2026-01-12', 0, 0],
  ]);
});

test.each(['EST', 'Mars/Olympus', '+02:00', 'europe'])(
  '%s is not accepted as a time zone',
  async (timezone) => {
    await expect(report({ groupBy: 'day', timezone })).rejects.toMatchObject({
      code: 'POLICY_VIOLATION',
      errors: [expect.objectContaining({ field: 'timezone' })],
    });
  },
);

test('a period that ends before it begins, and one of too many days, are refused', async () => {
  await expect(report({ from: at(9), to: at(8) })).rejects.toMatchObject({ code: 'POLICY_VIOLATION' });
  await expect(report({ groupBy: 'day', from: '2020-01-01T00:00:00Z' })).rejects.toThrow('at most 400 days');
});

test('the most expensive group is first; pages are of the same period, whatever the time; totals are those of all', async () => {
  const period = { groupBy: 'owner', team: 'pages', from: at(20 * DAY) } as const;
  for (const [index, owner] of ['ann', 'bob', 'cat'].entries())
    await writer.write(
      plain(`clu_page_${owner}`, 20 * DAY + index * HOURS, undefined, { team: 'pages', owner }),
    );
  const first = await report({ ...period, limit: 2 });
  expect(first.items.map(({ key }) => key)).toEqual(['ann', 'bob']);
  const second = await report({ ...period, limit: 2, ...cursorOf(first) });
  expect(second.items.map(({ key }) => key)).toEqual(['cat']);
  expect(second.nextCursor).toBeNull();
  expect([second.from, second.to]).toEqual([first.from, first.to]);
  expect(second.totals).toEqual(first.totals);
  expect(second.totals.clusters).toBe(3);
});
const cursorOf = ({ nextCursor }: { nextCursor: string | null }) =>
  nextCursor === null ? {} : { cursor: nextCursor };

test('G14: a report has the teams of its reader', async () => {
  await writer.write(plain('clu_mine', 30 * DAY, 31 * DAY, { team: 'mine' }));
  await writer.write(plain('clu_yours', 30 * DAY, 31 * DAY, { team: 'yours' }));
  const period = { from: at(30 * DAY), to: at(31 * DAY) };
  const mine = await report(period, auditor('mine'));
  expect(mine.items.map(({ key }) => key)).toEqual(['mine']);
  expect(mine.totals.clusters).toBe(1);
  expect((await report({ ...period, team: 'yours' }, auditor('mine'))).totals).toEqual({
    applications: 0,
    unpricedHours: 0,
    clusters: 0,
    hours: 0,
    cost: 0,
  });
  expect((await report(period, auditor('*'))).items.map(({ key }) => key)).toEqual(
    expect.arrayContaining(['mine', 'yours']),
  );
});

test('G17: charges have a row for each cluster, UTC day and rate, page by page; their sum is the cost of the report', async () => {
  const begin = 40 * DAY + 12 * HOURS;
  await writer.write(
    plain('clu_charged', begin, undefined, {
      team: 'charged',
      events: [
        { at: begin, kind: 'CREATING' },
        { at: begin + 6 * HOURS, kind: 'workers', workers: 3 },
        { at: begin + 24 * HOURS, kind: 'DESTROYING' },
        { at: begin + 24 * HOURS, kind: 'DESTROYED' },
      ],
    }),
  );
  await writer.write(plain('clu_charged_too', begin, begin + HOURS, { team: 'charged' }));
  const period = { from: at(40 * DAY), to: at(50 * DAY), team: 'charged' };
  const items = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof listCharges>> = await listCharges(database.db, auditor('*'), {
      ...period,
      limit: 1,
      ...cursorOf({ nextCursor: cursor }),
    });
    items.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(
    items.map(({ name, start, hours, hourlyCost, workers }) => [name, start, hours, hourlyCost, workers]),
  ).toEqual([
    ['clu_charged', '2026-02-10T12:00:00.000Z', 6, 1.5, 1],
    ['clu_charged', '2026-02-10T18:00:00.000Z', 6, 2.5, 3],
    ['clu_charged', '2026-02-11T00:00:00.000Z', 12, 2.5, 3],
    ['clu_charged_too', '2026-02-10T12:00:00.000Z', 1, 1.5, 1],
  ]);
  const { totals } = await report(period);
  expect(items.reduce((sum, { cost }) => sum + cost, 0)).toBeCloseTo(totals.cost, 6);
  expect((await listCharges(database.db, auditor('mine'), period)).items).toEqual([]);
});

test('G17: what a cluster cost that is gone cannot be changed', async () => {
  await writer.write(plain('clu_closed', 60 * DAY, 61 * DAY, { team: 'closed' }));
  for (const column of [
    'usage_cost = 0',
    'usage_us = 0',
    'usage_ends_at = null',
    "usage_begins_at = '2026-01-01'",
  ])
    await expect(database.db.script(`update clusters set ${column} where id = 'clu_closed'`)).rejects.toThrow(
      'never changes',
    );
});

test('G17: rates cannot be changed or removed', async () => {
  for (const sql of [
    'update cluster_rates set hourly_micros = 0',
    'delete from cluster_rates',
    'truncate cluster_rates',
  ])
    await expect(database.db.script(sql)).rejects.toThrow(/append-only/);
});
