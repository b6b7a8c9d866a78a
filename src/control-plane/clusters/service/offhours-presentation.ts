import type { components } from '../../../contract/api.gen.ts';
import { readDatabaseTime } from '../../kernel/db/clock.sql.ts';
import type { Queryable } from '../../kernel/db/db.ts';
import { localTime, nextBoundaries } from '../offhours/schedule.ts';
import { scheduleOf, TeamHours } from '../offhours/team-hours.ts';
import { countOptedIn, type ScheduleRow } from '../store/offhours.sql.ts';
import { nextScales } from './offhours-scales.ts';

type Offhours = components['schemas']['Offhours'];

const SHOWN_BOUNDARIES = 3;

export interface ShownScales {
  /** Whether to show the scales that follow when the schedule is removed. */
  readonly isCleared: boolean;
}

/** A schedule as the API shows it. */
export async function presentTeamSchedule(
  db: Queryable,
  row: ScheduleRow,
  shown?: ShownScales,
): Promise<Offhours> {
  const [offhours] = await presentTeamSchedules(db, [row], shown);
  if (!offhours) throw new TypeError('each row is presented');
  return offhours;
}

/** The same of several: as many statements for a page as for one. */
export async function presentTeamSchedules(
  db: Queryable,
  rows: readonly ScheduleRow[],
  { isCleared }: ShownScales = { isCleared: false },
): Promise<Offhours[]> {
  const now = await readDatabaseTime(db);
  const teams = rows.map(({ team }) => team);
  const hours = new Map(rows.map((row) => [row.team, new TeamHours(scheduleOf(row), now)]));
  const counts = new Map((await db.query(countOptedIn, { teams })).map(({ team, count }) => [team, count]));
  const scales = await nextScales(db, teams, isCleared ? new Map() : hours, now);
  return rows.map((row) => {
    const { schedule, period } = hours.get(row.team) ?? new TeamHours(scheduleOf(row), now);
    return {
      team: row.team,
      timezone: schedule.timezone,
      start: schedule.start,
      end: schedule.end,
      days: [...schedule.days],
      holidays: [...schedule.holidays],
      isWorking: period.isWorking,
      next: nextBoundaries(schedule, now, SHOWN_BOUNDARIES, period).map(({ at, isWorking }) => ({
        at: at.toISOString(),
        local: localTime(at, schedule.timezone),
        isWorking,
      })),
      clusters: counts.get(row.team) ?? 0,
      scales: scales.get(row.team) ?? [],
      updatedAt: row.updatedAt.toISOString(),
      updatedBy: row.updatedBy,
    };
  });
}
