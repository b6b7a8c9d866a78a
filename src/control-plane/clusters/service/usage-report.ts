import * as z from 'zod';
import type { components, operations } from '../../../contract/api.gen.ts';
import { teamsOf } from '../../kernel/access/team-access.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Db, Queryable } from '../../kernel/db/db.ts';
import { Listing } from '../../kernel/listing.ts';
import { localDays } from '../../kernel/usage/local-days.ts';
import { dollars } from '../../kernel/usage/money.ts';
import { reportPeriod } from '../../kernel/usage/report-period.ts';
import { roundCost, type UsageSums, usageByPart, usageHours } from '../../kernel/usage/usage-sums.ts';
import { allowReportMemory, sumUsage, sumUsageByDay } from '../store/usage.sql.ts';

type Schemas = components['schemas'];
type ReportQuery = NonNullable<operations['reportUsage']['parameters']['query']>;

/** The period of the first page: later ones are of the same, also when it ended with the time of that request. */
const cursorSchema = z.strictObject({
  from: z.iso.datetime(),
  to: z.iso.datetime(),
  offset: z.int().min(1).max(100_000_000),
});
const USAGE = new Listing('usage', cursorSchema);

interface Window {
  readonly from: Date;
  readonly to: Date;
  readonly teams: string[] | null;
}

/** Usage of the caller's teams in a period (G14, G17). */
export async function reportUsage(
  db: Db,
  caller: Caller,
  query: ReportQuery,
): Promise<Schemas['UsageReport']> {
  const { groupBy = 'team', timezone = 'UTC', limit = 50, team } = query;
  const after = USAGE.decodeCursor(query.cursor, caller.principal);
  const { from, to } = await reportPeriod(db, after ?? query);
  const offset = after?.offset ?? 0;
  const window = { from, to, teams: teamsOf(caller, team) };
  const { groups, total } = await db.tx(async (tx) => {
    await tx.query(allowReportMemory, {});
    return groupBy === 'day'
      ? byDay(tx, window, timezone, offset, limit + 1)
      : byGroup(tx, window, groupBy, offset, limit + 1);
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
    items: page.rows.map(({ key, name, team, ...sums }) => ({ key, name, team, ...presentSums(sums) })),
    totals: presentSums(total),
    nextCursor: page.nextCursor,
  };
}

interface Groups {
  readonly groups: (UsageSums & {
    readonly key: string;
    readonly name: string;
    readonly team: string | null;
  })[];
  readonly total: UsageSums;
}

async function byGroup(
  db: Queryable,
  window: Window,
  groupBy: string,
  offset: number,
  limit: number,
): Promise<Groups> {
  const rows = (await db.query(sumUsage, { ...window, groupBy, offset, limit })).map(
    ({ isTotal, key, name, team, clusters, hours, cost }) => ({
      isTotal,
      key,
      name: name ?? key,
      team,
      count: clusters,
      us: BigInt(hours),
      cost: BigInt(cost),
    }),
  );
  const total = rows.find(({ isTotal }) => isTotal) ?? { count: 0, us: 0n, cost: 0n };
  return { groups: rows.filter(({ isTotal }) => !isTotal), total };
}

async function byDay(
  db: Queryable,
  window: Window,
  timezone: string,
  offset: number,
  limit: number,
): Promise<Groups> {
  const days = localDays(window.from, window.to, timezone);
  const bins = await db.query(sumUsageByDay, { ...window, days: days.map(({ start }) => start) });
  const { parts, total } = usageByPart(
    bins,
    days.map(({ start }) => start),
    window.to,
  );
  const groups = parts.map((sums, day) => {
    const date = days[day]?.date ?? '';
    return { key: date, name: date, team: null, ...sums };
  });
  return { groups: groups.slice(offset, offset + limit), total };
}

function presentSums({ count, us, cost }: UsageSums): Schemas['UsageTotals'] {
  return { clusters: count, hours: usageHours(us), cost: dollars(roundCost(cost)) };
}
