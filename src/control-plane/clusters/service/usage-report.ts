import * as z from 'zod';
import type { components, operations } from '../../../contract/api.gen.ts';
import { readableTeams } from '../../kernel/access/team-access.ts';
import type { Caller } from '../../kernel/caller.ts';
import { readDatabaseTime } from '../../kernel/db/clock.sql.ts';
import type { Db, Queryable } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { Listing } from '../../kernel/listing.ts';
import { allowReportMemory, sumUsage, sumUsageByDay } from '../store/usage.sql.ts';
import { dollars } from '../usage/cost.ts';
import { localDays } from '../usage/local-days.ts';
import { roundUsage, startOfMonth, usageHours } from '../usage/period.ts';

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

/** Exact sums: micro-dollars per hour x microseconds, and microseconds. */
interface Sums {
  readonly clusters: number;
  readonly us: bigint;
  readonly cost: bigint;
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

/** @returns null for all teams; a team that the caller may not read has no clusters */
export function teamsOf(caller: Caller, team: string | undefined): string[] | null {
  const own = readableTeams(caller);
  if (team === undefined) return own;
  return own === null || own.includes(team) ? [team] : [];
}

/** The period that a request means. What is not yet past costs nothing yet. @throws AppError POLICY_VIOLATION when it ends before it begins */
export async function reportPeriod(
  db: Queryable,
  given: { readonly from?: string | undefined; readonly to?: string | undefined },
): Promise<{ from: Date; to: Date }> {
  const now = await readDatabaseTime(db);
  const from = given.from === undefined ? startOfMonth(now, 0) : new Date(given.from);
  const to = given.to === undefined ? now : new Date(given.to);
  if (from > to || (from.getTime() === to.getTime() && given.to !== undefined)) {
    const message = `ends (${to.toISOString()}) before it begins (${from.toISOString()})`;
    throw new AppError('POLICY_VIOLATION', `The period ${message}.`, {
      errors: [{ field: 'to', code: 'INVALID', message }],
    });
  }
  const end = to > now ? now : to;
  return { from: from > end ? end : from, to: end };
}

interface Groups {
  readonly groups: (Sums & { readonly key: string; readonly name: string; readonly team: string | null })[];
  readonly total: Sums;
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
      clusters,
      us: BigInt(hours),
      cost: BigInt(cost),
    }),
  );
  const total = rows.find(({ isTotal }) => isTotal) ?? { clusters: 0, us: 0n, cost: 0n };
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
  const toUs = BigInt(window.to.getTime()) * 1000n;
  /** What everything that began or ended until the end of a day has cost by then. */
  let [rate, rateUntilTo, running, runningUntilTo] = [0n, 0n, 0n, 0n];
  let [begun, ended, endedBefore, index] = [0, 0, 0, 0];
  let before = { us: 0n, cost: 0n };
  const gone = bins.find(({ bin }) => bin === 0)?.ended ?? 0;
  const groups = days.map(({ date }, day) => {
    endedBefore = ended;
    for (let bin = bins[index]; bin !== undefined && bin.bin <= day + 1; bin = bins[++index]) {
      rate += BigInt(bin.rate);
      rateUntilTo += BigInt(bin.cost);
      running += BigInt(bin.running);
      runningUntilTo += BigInt(bin.hours);
      begun += bin.begun;
      ended += bin.ended;
      if (bin.bin === 0) endedBefore = ended;
    }
    const left = toUs - BigInt((days[day + 1]?.start ?? window.to).getTime()) * 1000n;
    const until = { us: runningUntilTo - running * left, cost: rateUntilTo - rate * left };
    const sums = { clusters: begun - endedBefore, us: until.us - before.us, cost: until.cost - before.cost };
    before = until;
    return { key: date, name: date, team: null, ...sums };
  });
  return { groups: groups.slice(offset, offset + limit), total: { ...before, clusters: begun - gone } };
}

function presentSums({ clusters, us, cost }: Sums): Schemas['UsageTotals'] {
  return { clusters, hours: usageHours(us), cost: dollars(roundUsage(cost)) };
}
