import * as z from 'zod';
import type { components, operations } from '../../../contract/api.gen.ts';
import { teamsOf } from '../../kernel/access/team-access.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Db, Queryable } from '../../kernel/db/db.ts';
import { Listing } from '../../kernel/listing.ts';
import { dollars } from '../../kernel/usage/money.ts';
import { reportPeriod } from '../../kernel/usage/report-period.ts';
import { roundCost, usageHours } from '../../kernel/usage/usage-sums.ts';
import { allowReportMemory } from '../store/usage.sql.ts';
import {
  type KindGroup,
  type KindSums,
  type KindUsage,
  kindsOfReport,
  type UsageKind,
  type UsagePage,
  type UsageWindow,
  usageOfKind,
  usageOfKindByDay,
} from './usage-groups.ts';

type Schemas = components['schemas'];
type ReportQuery = NonNullable<operations['reportUsage']['parameters']['query']>;

/** The period of the first page: later ones are of the same, also when it ended with the time of that request. */
const cursorSchema = z.strictObject({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  offset: z.int().min(1).max(100_000_000),
});
const USAGE = new Listing('usage', cursorSchema);

/** Usage of the caller's teams in a period: of clusters, and of applications by the intervals of the kernel (G14, G17). */
export async function reportUsage(
  db: Db,
  caller: Caller,
  query: ReportQuery,
): Promise<Schemas['UsageReport']> {
  const { groupBy = 'team', timezone = 'UTC', limit = 50, team } = query;
  const kinds = kindsOfReport(groupBy, query.kind);
  const after = USAGE.decodeCursor(query.cursor, caller.principal);
  const { from, to } = await reportPeriod(db, after ?? query);
  const offset = after?.offset ?? 0;
  const window = { from, to, teams: teamsOf(caller, team) };
  const { groups, totals } = await db.tx(async (tx) => {
    await tx.query(allowReportMemory, {});
    const page = { offset, limit: limit + 1 };
    return groupBy === 'day'
      ? byDay(tx, kinds, window, timezone, page)
      : byGroup(tx, kinds, window, groupBy, page);
  });
  const page = USAGE.page(groups, limit, caller.principal, () => ({
    from: from.toISOString(),
    to: to.toISOString(),
    offset: offset + limit,
  }));
  return {
    from: from.toISOString(),
    to: to.toISOString(),
    timezone: groupBy === 'day' ? timezone : 'UTC',
    groupBy,
    currency: 'USD',
    basis: 'estimate',
    items: page.rows.map(({ key, name, team, kind, ...sums }) => ({
      ...{ key, name, team, kind },
      ...presentSums([{ kind, ...sums }]),
    })),
    totals: presentSums(totals),
    nextCursor: page.nextCursor,
  };
}

interface Groups {
  readonly groups: readonly KindGroup[];
  readonly totals: readonly KindSums[];
}

async function byGroup(
  db: Queryable,
  kinds: readonly UsageKind[],
  window: UsageWindow,
  groupBy: Exclude<Schemas['UsageGroupBy'], 'day'>,
  { offset, limit }: UsagePage,
): Promise<Groups> {
  const [first, ...others] = kinds;
  if (first !== undefined && others.length === 0) {
    const { groups, total } = await usageOfKind(db, first, window, groupBy, { offset, limit });
    return { groups, totals: [total] };
  }
  // Two kinds are merged: a page of the whole is within the first groups of each. Teams and owners are few.
  const all = { offset: 0, limit: offset + limit };
  const usages: KindUsage[] = [];
  for (const kind of kinds) usages.push(await usageOfKind(db, kind, window, groupBy, all));
  const merged = usages.flatMap(({ groups }) => groups).sort(byCost);
  return { groups: merged.slice(offset, offset + limit), totals: usages.map(({ total }) => total) };
}

async function byDay(
  db: Queryable,
  kinds: readonly UsageKind[],
  window: UsageWindow,
  timezone: string,
  { offset, limit }: UsagePage,
): Promise<Groups> {
  const usages: KindUsage[] = [];
  for (const kind of kinds) usages.push(await usageOfKindByDay(db, kind, window, timezone));
  const [first] = usages;
  const used = usages.filter(({ total }) => total.count > 0);
  // Days without anything are shown, once.
  const shown = used.length > 0 || first === undefined ? used : [first];
  const merged = shown.flatMap(({ groups }) => groups).sort((a, b) => compare(a.key, b.key));
  return { groups: merged.slice(offset, offset + limit), totals: usages.map(({ total }) => total) };
}

function byCost(a: KindGroup, b: KindGroup): number {
  if (a.cost !== b.cost) return a.cost < b.cost ? 1 : -1;
  return compare(a.key, b.key) || compare(a.kind, b.kind);
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

function presentSums(sums: readonly KindSums[]): Schemas['UsageTotals'] {
  const count = (kind: UsageKind) => sums.reduce((sum, one) => sum + (one.kind === kind ? one.count : 0), 0);
  const total = (value: (one: KindSums) => bigint) => sums.reduce((sum, one) => sum + value(one), 0n);
  return {
    clusters: count('cluster'),
    applications: count('application'),
    hours: usageHours(total(({ us }) => us)),
    cost: dollars(roundCost(total(({ cost }) => cost))),
    unpricedHours: usageHours(total(({ unpricedUs }) => unpricedUs)),
  };
}
