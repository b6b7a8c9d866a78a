import * as z from 'zod';
import type { components } from '../../../contract/api.gen.ts';
import type { FieldProblem } from '../../../contract/error-codes.ts';
import { timezoneProblem } from '../../../contract/time-zone.ts';
import { localTimeText } from '../../../contract/working-hours.ts';
import { actingTeams, forbiddenChange, notFound, readableTeams } from '../../kernel/access/team-access.ts';
import { audit } from '../../kernel/audit/audit.ts';
import { type Caller, teamsWith } from '../../kernel/caller.ts';
import { readDatabaseTime } from '../../kernel/db/clock.sql.ts';
import type { Queryable, Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { newTeamWarningsField } from '../../kernel/jobs/team-warnings.ts';
import { Listing } from '../../kernel/listing.ts';
import { requestTask } from '../../kernel/tasks/periodic-task.sql.ts';
import type { OffhoursState } from '../offhours/next-action.ts';
import { isDate, localTime, periodAt } from '../offhours/schedule.ts';
import { scheduleOf } from '../offhours/team-hours.ts';
import { optInProblems } from '../policy/offhours.ts';
import { type ClusterRow, lockCluster } from '../store/clusters.sql.ts';
import { clearSchedule, listSchedules, pageSchedules, setOptIn, setSchedule } from '../store/offhours.sql.ts';
import { lockTeamQuota } from '../store/quotas.sql.ts';
import { assertWithinBudget } from './budgets.ts';
import type { ClusterServices } from './cluster-services.ts';
import { costOfChange } from './commitments.ts';
import { presentTeamSchedule, presentTeamSchedules, type ShownScales } from './offhours-presentation.ts';
import type { ApiCluster } from './presentation.ts';
import { forbiddenOrNotFound, readCluster } from './read.ts';

type Schemas = components['schemas'];
type Offhours = Schemas['Offhours'];
type NewOffhours = Schemas['NewOffhours'];

export const OFFHOURS_TASK = 'off-hours';

/** The working hours of a team. @throws AppError NOT_FOUND */
export async function readSchedule(
  db: Queryable,
  caller: Caller,
  team: string,
  shown?: ShownScales,
): Promise<Offhours> {
  const teams = readableTeams(caller);
  const [row] =
    teams === null || teams.includes(team) ? await db.query(listSchedules, { teams: [team] }) : [];
  if (row) return presentTeamSchedule(db, row, shown);
  throw new AppError(
    'NOT_FOUND',
    `Team ${team} has no off-hours, or you have no role in it. ${howToSet(team)}`,
  );
}

/** Who may set the working hours of a team, and with which command. */
function howToSet(team: string): string {
  return `A platform admin of the team sets them: \`ocpctl offhours set ${team}\`.`;
}

const SCHEDULES = new Listing('offhours', z.string().max(63));

/** The schedules of the teams that the caller may read. */
export async function listTeamSchedules(
  db: Queryable,
  caller: Caller,
  query: { readonly limit?: number; readonly cursor?: string },
): Promise<{ items: Offhours[]; nextCursor: string | null }> {
  const limit = query.limit ?? 50;
  const after = SCHEDULES.decodeCursor(query.cursor, caller.principal) ?? '';
  const rows = await db.query(pageSchedules, { teams: readableTeams(caller), after, limit: limit + 1 });
  const page = SCHEDULES.page(rows, limit, caller.principal, ({ team }) => team);
  const items = await presentTeamSchedules(db, page.rows);
  return { items, nextCursor: page.nextCursor };
}

/** The schedule that would be set; nothing is stored. */
export async function planSchedule(db: Queryable, caller: Caller, wanted: NewOffhours): Promise<Offhours> {
  assertTeamAdmin(caller, wanted.team);
  assertSchedule(wanted);
  const [current] = await db.query(listSchedules, { teams: [wanted.team] });
  const holidays = wanted.holidays === undefined ? (current?.holidays ?? []) : datesOf(wanted.holidays);
  const updatedAt = await readDatabaseTime(db);
  const planned = await presentTeamSchedule(db, {
    ...wanted,
    holidays,
    updatedBy: caller.principal,
    updatedAt,
  });
  return { ...planned, ...(await newTeamWarningsField(db, wanted.team)) };
}

/** Sets the working hours of a team; its clusters that opted in follow at once. */
export async function setTeamSchedule(tx: Tx, caller: Caller, wanted: NewOffhours): Promise<Offhours> {
  assertTeamAdmin(caller, wanted.team);
  assertSchedule(wanted);
  const { team, timezone, start, end, days } = wanted;
  const holidays = wanted.holidays === undefined ? null : datesOf(wanted.holidays);
  const updatedBy = caller.principal;
  const [row] = await tx.query(setSchedule, { team, timezone, start, end, days, holidays, updatedBy });
  if (!row) throw new TypeError('an upsert returns its row');
  await tx.query(requestTask, { name: OFFHOURS_TASK, by: caller.principal });
  await audit(tx, team, caller, {
    action: 'offhours.set',
    target: team,
    status: 'SUCCESS',
    metadata: { timezone, start, end, days, holidays: row.holidays.length },
  });
  return { ...(await presentTeamSchedule(tx, row)), ...(await newTeamWarningsField(tx, team)) };
}

/** The schedule that would be removed, with the workers that would come back. @throws AppError NOT_FOUND */
export async function planClear(db: Queryable, caller: Caller, team: string): Promise<Offhours> {
  assertTeamAdmin(caller, team);
  return readSchedule(db, caller, team, { isCleared: true });
}

/** Removes the schedule of a team; workers that it took away come back at once. @throws AppError NOT_FOUND */
export async function clearTeamSchedule(tx: Tx, caller: Caller, team: string): Promise<Offhours> {
  const shown = await planClear(tx, caller, team);
  await tx.query(clearSchedule, { team });
  await tx.query(requestTask, { name: OFFHOURS_TASK, by: caller.principal });
  await audit(tx, team, caller, { action: 'offhours.clear', target: team, status: 'SUCCESS' });
  return shown;
}

/** Whether the workers of a cluster go outside of the hours of its team. */
export async function setClusterOffhours(
  services: ClusterServices,
  tx: Tx,
  caller: Caller,
  id: string,
  optIn: boolean,
): Promise<{ cluster: ApiCluster }> {
  const [row] = await tx.query(lockCluster, { id, teams: actingTeams(caller) });
  if (!row) throw await forbiddenOrNotFound(tx, caller, id);
  const { name, status, profile, team } = row;
  if (status === 'DESTROYED' || status === 'DESTROYING')
    throw new AppError('STATE_CONFLICT', `Cluster ${name} is ${status}: it has no workers to scale.`);
  const errors = optIn ? optInProblems(services.profiles.get(profile), profile) : [];
  if (errors.length > 0)
    throw new AppError('POLICY_VIOLATION', `Cluster ${name} cannot opt in to off-hours.`, { errors });
  if (!optIn) await assertAffordable(tx, row);
  await tx.query(setOptIn, { id, optIn });
  await tx.query(requestTask, { name: OFFHOURS_TASK, by: caller.principal });
  await audit(tx, team, caller, {
    action: 'cluster.offhours',
    target: id,
    status: 'SUCCESS',
    metadata: { name, optIn },
  });
  return { cluster: await readCluster(tx, id, null) };
}

/** Without its opt-in a cluster has its workers also outside of the hours. @throws AppError BUDGET_EXCEEDED */
async function assertAffordable(tx: Tx, row: ClusterRow): Promise<void> {
  await tx.query(lockTeamQuota, { team: row.team });
  const optedOut = (state: OffhoursState) => ({ ...state, period: undefined });
  await assertWithinBudget(tx, row.team, {
    what: 'the workers outside of its working hours',
    costUntil: (now, until) => costOfChange(tx, row, { now, until }, optedOut),
  });
}

/** What a create that opts in should know: the team may have no hours, or not be in them. */
export async function offhoursWarnings(db: Queryable, team: string): Promise<string[]> {
  const [row] = await db.query(listSchedules, { teams: [team] });
  if (!row)
    return [
      `team ${team} has no off-hours yet, so the workers stay; a platform admin of the team sets them: 'ocpctl offhours set ${team}'`,
    ];
  const { isWorking, until } = periodAt(scheduleOf(row), await readDatabaseTime(db));
  if (isWorking) return [];
  const end =
    until === undefined ? '' : ` until ${localTimeText(localTime(until, row.timezone), row.timezone)}`;
  return [
    `it is outside of the working hours of team ${team}${end}: the workers go when the cluster is READY`,
  ];
}

/** Who may change the policy of a team: its admins. To who has no role in it, it does not exist. @throws AppError */
export function assertTeamAdmin(caller: Caller, team: string): void {
  const admins = teamsWith(caller, ['platform_admin']);
  if (admins === null || admins.includes(team)) return;
  const teams = readableTeams(caller);
  if (teams !== null && !teams.includes(team)) throw notFound('team', team);
  throw forbiddenChange(caller, { what: 'team', name: team, team, role: 'platform_admin' });
}

/** @throws AppError POLICY_VIOLATION with each problem */
function assertSchedule({ timezone, start, end, holidays = [] }: NewOffhours): void {
  const errors: FieldProblem[] = [];
  const timezoneMessage = timezoneProblem(timezone);
  if (timezoneMessage !== undefined)
    errors.push({ field: 'timezone', code: 'INVALID', message: timezoneMessage });
  if (start === end) {
    const message = `${start}-${end} has no length: use for example 08:00-19:00, or 00:00-24:00 for whole days`;
    errors.push({ field: 'end', code: 'INVALID', message });
  }
  for (const [index, date] of holidays.entries())
    if (!isDate(date))
      errors.push({
        field: `holidays.${index}`,
        code: 'INVALID',
        message: `"${date}" is not a date of the calendar`,
      });
  if (errors.length > 0) throw new AppError('POLICY_VIOLATION', 'The off-hours cannot be set.', { errors });
}

function datesOf(holidays: readonly string[]): string[] {
  return [...new Set(holidays)].sort();
}
