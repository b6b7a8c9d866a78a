import { Temporal } from 'temporal-polyfill';
import { DAYS, type Day } from '../../../contract/working-hours.ts';

/** The working hours of a team; all other hours are off-hours. */
export interface Schedule {
  /** A name of the time zone database, or UTC. */
  readonly timezone: string;
  /** HH:MM */
  readonly start: string;
  /** HH:MM; not after the start: on the next day. 24:00 is the end of the day. */
  readonly end: string;
  /** On which the hours start. */
  readonly days: readonly Day[];
  /** Dates, YYYY-MM-DD, on which no hours start. */
  readonly holidays: readonly string[];
}

/** The working hours, or the off-hours, in which a time lies. */
export interface SchedulePeriod {
  readonly isWorking: boolean;
  /** Undefined: it has always been so. */
  readonly since: Date | undefined;
  /** Undefined: it stays so. */
  readonly until: Date | undefined;
}

/** Hours in milliseconds of the epoch, the end exclusive. */
export interface Hours {
  readonly startMs: number;
  readonly endMs: number;
}

/** How far hours are looked for: longer than a year of holidays. */
const REACH_DAYS = 400;
const MINUTES_PER_DAY = 1_440;

/**
 * The period of a schedule in which an instant lies. Hours belong to the day on which they start: with 22:00-06:00 from Monday to Friday the
 * last ones end on Saturday. A start that the clock skips is the first time after the gap, one that it repeats the first of the two; an
 * end that it repeats is the last of the two.
 */
export function periodAt(schedule: Schedule, at: Date): SchedulePeriod {
  const nowMs = at.getTime();
  const today = Temporal.Instant.fromEpochMilliseconds(nowMs)
    .toZonedDateTimeISO(schedule.timezone)
    .toPlainDate();
  if (isNeverOff(schedule, today)) return { isWorking: true, since: undefined, until: undefined };
  let current: Hours | undefined;
  let nextMs: number | undefined;
  // Two days back: hours may last a day, and begin on the day before.
  for (const hours of hoursFrom(schedule, today.subtract({ days: 2 }), 1)) {
    if (hours.endMs <= nowMs) continue;
    if (current !== undefined && hours.startMs <= current.endMs) current = { ...current, endMs: hours.endMs };
    else if (current !== undefined || hours.startMs > nowMs) {
      nextMs = hours.startMs;
      break;
    } else current = hours;
  }
  let sinceMs = current?.startMs;
  for (const hours of hoursFrom(schedule, today.add({ days: 1 }), -1)) {
    if (hours.startMs > nowMs || (current !== undefined && hours.startMs >= (sinceMs ?? 0))) continue;
    if (sinceMs === undefined) {
      sinceMs = hours.endMs;
      break;
    }
    if (hours.endMs < sinceMs) break;
    sinceMs = hours.startMs;
  }
  // Without a gap as far as it was looked for, the hours have no begin or end.
  const reachMs = (REACH_DAYS - 3) * MINUTES_PER_DAY * 60_000;
  const dateOf = (ms: number | undefined) =>
    ms === undefined || Math.abs(ms - nowMs) > reachMs ? undefined : new Date(ms);
  return {
    isWorking: current !== undefined,
    since: dateOf(sinceMs),
    until: dateOf(current?.endMs ?? nextMs),
  };
}

/** Whether the hours have no end as far as they would be looked for: whole days, each day, without a holiday. */
function isNeverOff({ start, end, days, holidays }: Schedule, today: Temporal.PlainDate): boolean {
  if (start !== '00:00' || end !== '24:00' || DAYS.some((day) => !days.includes(day))) return false;
  const first = today.subtract({ days: REACH_DAYS }).toString();
  const last = today.add({ days: REACH_DAYS }).toString();
  return holidays.every((date) => date < first || date > last);
}

/** The working hours between two times, oldest first, none counted twice. */
export function workingHours(schedule: Schedule, from: Date, to: Date): Hours[] {
  const first = Temporal.Instant.fromEpochMilliseconds(from.getTime()).toZonedDateTimeISO(schedule.timezone);
  const found: Hours[] = [];
  let coveredMs = from.getTime();
  for (const hours of hoursFrom(schedule, first.toPlainDate().subtract({ days: 2 }), 1)) {
    if (hours.startMs >= to.getTime()) break;
    const startMs = Math.max(hours.startMs, coveredMs);
    const endMs = Math.min(hours.endMs, to.getTime());
    if (startMs < endMs) found.push({ startMs, endMs });
    coveredMs = Math.max(coveredMs, endMs);
  }
  return found;
}

/** The hours of the days from a date on, forwards or backwards. */
function* hoursFrom(schedule: Schedule, first: Temporal.PlainDate, step: 1 | -1): Generator<Hours> {
  const days = new Set(schedule.days);
  const holidays = new Set(schedule.holidays);
  let date = first;
  for (let count = 0; count <= REACH_DAYS; count++) {
    const day = DAYS[date.dayOfWeek - 1];
    if (day !== undefined && days.has(day) && !holidays.has(date.toString())) {
      const hours = hoursOf(schedule, date);
      // The clock may skip all of them.
      if (hours.startMs < hours.endMs) yield hours;
    }
    date = date.add({ days: step });
  }
}

function hoursOf({ timezone, start, end }: Schedule, date: Temporal.PlainDate): Hours {
  const [from, to] = [minuteOf(start), minuteOf(end)];
  const lastDate = to <= from ? date.add({ days: 1 }) : date;
  return {
    startMs: epochMs(timezone, date, from, 'earlier'),
    endMs: epochMs(timezone, lastDate, to, 'later'),
  };
}

/** @param occurrence of a time that the clock repeats. A time that it skips is the first one after the gap. */
function epochMs(
  timeZone: string,
  date: Temporal.PlainDate,
  minute: number,
  occurrence: 'earlier' | 'later',
): number {
  const day = date.add({ days: Math.floor(minute / MINUTES_PER_DAY) });
  const wanted = day.toPlainDateTime({
    hour: Math.floor((minute % MINUTES_PER_DAY) / 60),
    minute: minute % 60,
  });
  const found = wanted.toZonedDateTime(timeZone, { disambiguation: occurrence });
  if (found.toPlainDateTime().equals(wanted)) return found.epochMilliseconds;
  const before = wanted.toZonedDateTime(timeZone, { disambiguation: 'earlier' });
  return (before.getTimeZoneTransition('next') ?? found).epochMilliseconds;
}

function minuteOf(time: string): number {
  const [hour = 0, minute = 0] = time.split(':').map(Number);
  return hour * 60 + minute;
}

/** A boundary of a schedule: its hours begin or end. */
export interface Boundary {
  readonly at: Date;
  readonly isWorking: boolean;
}

/** The next boundaries after an instant; fewer if there are no more. @param current the period in which it lies */
export function nextBoundaries(
  schedule: Schedule,
  after: Date,
  count: number,
  current: SchedulePeriod = periodAt(schedule, after),
): Boundary[] {
  const boundaries: Boundary[] = [];
  let period = current;
  while (period.until !== undefined && boundaries.length < count) {
    boundaries.push({ at: period.until, isWorking: !period.isWorking });
    period = periodAt(schedule, period.until);
  }
  return boundaries;
}

/** An instant in a time zone: `2026-11-30T08:00:00+01:00`. */
export function localTime(at: Date, timezone: string): string {
  const zoned = Temporal.Instant.fromEpochMilliseconds(at.getTime()).toZonedDateTimeISO(timezone);
  return zoned.toString({ timeZoneName: 'never', smallestUnit: 'second' });
}

/** @returns whether the calendar has the date YYYY-MM-DD */
export function isDate(text: string): boolean {
  try {
    return Temporal.PlainDate.from(text, { overflow: 'reject' }).toString() === text;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
