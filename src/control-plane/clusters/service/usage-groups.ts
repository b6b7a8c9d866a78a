import type { components } from '../../../contract/api.gen.ts';
import type { Queryable } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { type LocalDay, localDays } from '../../kernel/usage/local-days.ts';
import { sumIntervals, sumIntervalsByDay } from '../../kernel/usage/usage-intervals.sql.ts';
import { type UsageSums, usageByPart } from '../../kernel/usage/usage-sums.ts';
import { sumUsage, sumUsageByDay } from '../store/usage.sql.ts';

type Schemas = components['schemas'];
export type UsageKind = Schemas['UsageKind'];
type GroupBy = Schemas['UsageGroupBy'];

export interface KindSums extends UsageSums {
  readonly kind: UsageKind;
  /** The part of the time that had no price. */
  readonly unpricedUs: bigint;
}
export interface KindGroup extends KindSums {
  readonly key: string;
  readonly name: string;
  readonly team: string | null;
}
/** The groups of one kind, and its totals. */
export interface KindUsage {
  readonly groups: readonly KindGroup[];
  readonly total: KindSums;
}

export interface UsageWindow {
  readonly from: Date;
  readonly to: Date;
  readonly teams: string[] | null;
}
export interface UsagePage {
  readonly offset: number;
  readonly limit: number;
}

const OF_CLUSTERS: ReadonlySet<GroupBy> = new Set([
  'cost-center',
  'platform',
  'profile',
  'region',
  'cluster',
]);
const OF_APPLICATIONS: ReadonlySet<GroupBy> = new Set(['environment', 'service']);

/** The kinds that a report is of. @throws AppError POLICY_VIOLATION for a kind that cannot be grouped so */
export function kindsOfReport(groupBy: GroupBy, kind: UsageKind | undefined): readonly UsageKind[] {
  const possible: readonly UsageKind[] = OF_CLUSTERS.has(groupBy)
    ? ['cluster']
    : OF_APPLICATIONS.has(groupBy)
      ? ['application']
      : ['cluster', 'application'];
  if (kind === undefined) return possible;
  if (possible.includes(kind)) return [kind];
  const message = `${kind}s have no ${groupBy}; group by team, owner or day`;
  throw new AppError('POLICY_VIOLATION', `The report cannot be made: ${message}.`, {
    errors: [{ field: 'groupBy', code: 'INVALID', message }],
  });
}

/** One page of the groups of a kind, most expensive first. */
export async function usageOfKind(
  db: Queryable,
  kind: UsageKind,
  window: UsageWindow,
  groupBy: Exclude<GroupBy, 'day'>,
  page: UsagePage,
): Promise<KindUsage> {
  const query = { ...window, ...page, groupBy };
  const rows =
    kind === 'cluster'
      ? (await db.query(sumUsage, query)).map(({ clusters: count, hours: us, ...row }) => ({
          ...{ ...row, count, us, unpricedUs: '0' },
        }))
      : await db.query(sumIntervals, query);
  const groups = rows.map(({ isTotal, key, name, team, count, ...sums }) => ({
    ...{ isTotal, key, name: name ?? key, team, kind, count },
    ...{ us: BigInt(sums.us), cost: BigInt(sums.cost), unpricedUs: BigInt(sums.unpricedUs) },
  }));
  const total = groups.find(({ isTotal }) => isTotal) ?? nothing(kind);
  return { groups: groups.filter(({ isTotal }) => !isTotal), total };
}

/** All days of a kind; none when it had no usage at all. */
export async function usageOfKindByDay(
  db: Queryable,
  kind: UsageKind,
  window: UsageWindow,
  timezone: string,
): Promise<KindUsage> {
  const days = localDays(window.from, window.to, timezone);
  const starts = days.map(({ start }) => start);
  if (kind === 'cluster') {
    const { parts, total } = usageByPart(
      await db.query(sumUsageByDay, { ...window, days: starts }),
      starts,
      window.to,
    );
    const priced = (sums: UsageSums): KindSums => ({ ...sums, kind, unpricedUs: 0n });
    return { groups: parts.map((sums, day) => dayGroup(days[day], priced(sums))), total: priced(total) };
  }
  const rows = await db.query(sumIntervalsByDay, { ...window, days: starts });
  const { total } = await usageOfKind(db, kind, window, 'team', { offset: 0, limit: 0 });
  const sumsOf = (part: number): KindSums => {
    const row = rows.find((one) => one.part === part);
    if (row === undefined) return nothing(kind);
    const { count, us, cost, unpricedUs } = row;
    return { kind, count, us: BigInt(us), cost: BigInt(cost), unpricedUs: BigInt(unpricedUs) };
  };
  return { groups: days.map((day, index) => dayGroup(day, sumsOf(index + 1))), total };
}

function dayGroup(day: LocalDay | undefined, sums: KindSums): KindGroup {
  const date = day?.date ?? '';
  return { key: date, name: date, team: null, ...sums };
}

const nothing = (kind: UsageKind): KindSums => ({ kind, count: 0, us: 0n, cost: 0n, unpricedUs: 0n });
