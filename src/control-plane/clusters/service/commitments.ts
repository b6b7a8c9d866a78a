import type { Queryable } from '../../kernel/db/db.ts';
import { type MicroDollars, microDollars } from '../../kernel/usage/money.ts';
import { sumCommittedIntervals } from '../../kernel/usage/usage-intervals.sql.ts';
import { roundCost } from '../../kernel/usage/usage-sums.ts';
import { type OffhoursState, SCALED_STATUSES, wantedWorkers } from '../offhours/next-action.ts';
import { type Hours, workingHours } from '../offhours/schedule.ts';
import { scheduleOf } from '../offhours/team-hours.ts';
import { sumCommitted } from '../store/budgets.sql.ts';
import { type ClusterRow, listScheduledClusters } from '../store/clusters.sql.ts';
import { listSchedules } from '../store/offhours.sql.ts';
import { OffhoursReader } from './offhours-state.ts';

const MS_PER_HOUR = 3_600_000;

/**
 * What the clusters and applications of a team will cost until they expire, or until a time. One that opted in to off-hours counts with its workers in the
 * working hours, also while it has none, so that bringing them back exceeds no budget.
 */
export async function committedCost(
  db: Queryable,
  team: string,
  now: Date,
  until: Date,
): Promise<MicroDollars> {
  const [rest] = await db.query(sumCommitted, { team, until });
  const [others] = await db.query(sumCommittedIntervals, { team, until });
  const unscheduled = roundCost(BigInt(rest?.exact ?? '0') + BigInt(others?.exact ?? '0'));
  const rows = await db.query(listScheduledClusters, { teams: [team] });
  if (rows.length === 0) return unscheduled;
  const reader = await OffhoursReader.read(db, rows, now);
  const hours = await teamWorkingHours(db, team, now, until);
  return rows.reduce((sum, row) => sum + commitmentOf(row, reader.stateOf(row), hours, until), unscheduled);
}

/** The working hours of a team between two times; undefined: it has no schedule. */
export async function teamWorkingHours(
  db: Queryable,
  team: string,
  from: Date,
  to: Date,
): Promise<readonly Hours[] | undefined> {
  const [row] = await db.query(listSchedules, { teams: [team] });
  return row && workingHours(scheduleOf(row), from, to);
}

/** What one cluster will cost. @param hours of its team until then */
function commitmentOf(
  row: Pick<ClusterRow, 'hourlyCost' | 'workerHourlyCost' | 'workerReplicas'>,
  state: OffhoursState,
  hours: readonly Hours[] | undefined,
  until: Date,
): MicroDollars {
  const { cluster, now } = state;
  const end = Math.min(cluster.destroyAt.getTime(), until.getTime());
  const left = Math.max(0, end - now.getTime()) / MS_PER_HOUR;
  const perWorker = microDollars(row.workerHourlyCost);
  const rest = microDollars(row.hourlyCost) - perWorker * row.workerReplicas;
  return Math.round(rest * left + perWorker * workerHours(state, hours ?? [], end));
}

/** How much more one cluster will cost after a change. @param changed its state after it */
export async function costOfChange(
  db: Queryable,
  row: ClusterRow,
  { now, until }: { readonly now: Date; readonly until: Date },
  changed: (state: OffhoursState) => OffhoursState,
): Promise<MicroDollars> {
  const state = (await OffhoursReader.read(db, [row], now)).stateOf(row);
  const hours = await teamWorkingHours(db, row.team, now, until);
  return commitmentOf(row, changed(state), hours, until) - commitmentOf(row, state, hours, until);
}

/** Workers x hours from now to an end. */
function workerHours(state: OffhoursState, hours: readonly Hours[], end: number): number {
  const { cluster, done, period, now } = state;
  const existing = Math.max(cluster.workerReplicas, cluster.requestedWorkers);
  const left = Math.max(0, end - now.getTime()) / MS_PER_HOUR;
  if (!SCALED_STATUSES.has(cluster.status)) return cluster.workerReplicas * left;
  // What a profile forbids does not happen at night.
  if (period === undefined || done?.blocked != null) return (wantedInPeriod(state) ?? existing) * left;
  const boundary = Math.min(end, period.until?.getTime() ?? end);
  const untilBoundary = Math.max(0, boundary - now.getTime()) / MS_PER_HOUR;
  const inHours = done?.workers ?? existing;
  return (wantedWorkers(state) ?? existing) * untilBoundary + inHours * hoursBetween(hours, boundary, end);
}

function wantedInPeriod(state: OffhoursState): number | undefined {
  const wanted = wantedWorkers(state);
  return wanted === 0 ? undefined : wanted;
}

export function hoursBetween(hours: readonly Hours[], from: number, to: number): number {
  const parts = hours.map(({ startMs, endMs }) => Math.max(0, Math.min(endMs, to) - Math.max(startMs, from)));
  return parts.reduce((sum, ms) => sum + ms, 0) / MS_PER_HOUR;
}
