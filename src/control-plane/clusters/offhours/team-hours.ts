import { DAYS } from '../../../contract/working-hours.ts';
import type { ScheduleRow } from '../store/offhours.sql.ts';
import { type Boundary, nextBoundaries, periodAt, type Schedule, type SchedulePeriod } from './schedule.ts';

export function scheduleOf({ timezone, start, end, days, holidays }: ScheduleRow): Schedule {
  return { timezone, start, end, holidays, days: DAYS.filter((day) => days.includes(day)) };
}

/** What the schedule of a team wants in the period in which a time lies. */
export class TeamHours {
  readonly schedule: Schedule;
  readonly period: SchedulePeriod;
  readonly #at: Date;
  #next: readonly Boundary[] | undefined;

  constructor(schedule: Schedule, at: Date) {
    this.schedule = schedule;
    this.period = periodAt(schedule, at);
    this.#at = at;
  }

  /** Whether it lies in the same period. */
  holdsAt(time: Date): boolean {
    return time >= this.#at && (this.period.until === undefined || time < this.period.until);
  }

  /** The next two boundaries. */
  get next(): readonly Boundary[] {
    this.#next ??= nextBoundaries(this.schedule, this.#at, 2, this.period);
    return this.#next;
  }
}

/** The hours of schedules, worked out once for all clusters of a team: years of holidays take 0.1 s. */
export class TeamHoursCache {
  readonly #hours = new Map<string, TeamHours>();

  at(row: ScheduleRow, time: Date): TeamHours {
    const schedule = scheduleOf(row);
    const key = JSON.stringify(schedule);
    const known = this.#hours.get(key);
    if (known?.holdsAt(time)) return known;
    const hours = new TeamHours(schedule, time);
    this.#hours.set(key, hours);
    return hours;
  }
}
