import { readFile, stat } from 'node:fs/promises';
import { RRuleTemporal } from 'rrule-temporal';
import { convertIcsCalendar, generateIcsRecurrenceRule, type IcsEvent } from 'ts-ics';
import { UsageError } from '../errors/cli-error.ts';
import { unreadableFile } from '../input-file.ts';
import { calendarFault } from './calendar-fault.ts';
import { additionalDays } from './calendar-lines.ts';

/** Calendars of holidays have some kilobytes. */
const MAX_BYTES = 5_000_000;
/** What the API takes. */
const MAX_DATES = 1_000;
/** Of one event since its start: a century has 36,525 days. */
const MAX_OCCURRENCES = 40_000;
/** Recurring holidays are sent as dates, of this and the next years. */
const YEARS_AHEAD = 5;
const MS_PER_DAY = 86_400_000;

/**
 * The dates of the all-day events of an iCalendar file, from today on. Events that recur are taken for five years.
 * @throws UsageError with the path, if it is no calendar or has no such dates
 */
export async function readHolidays(
  path: string,
  now: Date,
): Promise<{ readonly dates: string[]; readonly notes: readonly string[] }> {
  const events = eventsOf(path, await readCalendar(path));
  const from = Math.floor(now.getTime() / MS_PER_DAY) * MS_PER_DAY;
  const to = new Date(from);
  to.setUTCFullYear(to.getUTCFullYear() + YEARS_AHEAD);
  if (events.length === 0) throw unusable(path, 'it has no events, or only cancelled ones');
  const allDay = events.filter(({ start }) => start.type === 'DATE');
  if (allDay.length === 0) throw unusable(path, `none of its ${events.length} events lasts a whole day`);
  const dates = new Set<string>();
  for (const event of allDay) {
    for (const start of startsOf(path, event, to)) addDays(path, dates, start, daysOf(event), from);
  }
  if (dates.size === 0)
    throw unusable(path, `all its events are over: the last day is before ${dateOf(from)}`);
  const timed = events.length - allDay.length;
  const isRecurring = allDay.some(({ recurrenceRule }) => recurrenceRule !== undefined);
  return {
    dates: [...dates].sort(),
    notes: [
      ...(timed > 0 ? [`${timed} events of ${path} with a time of day are no holidays.`] : []),
      ...(isRecurring
        ? [`Recurring events were taken until ${dateOf(to.getTime())}: set them again before.`]
        : []),
    ],
  };
}

async function readCalendar(path: string): Promise<string> {
  try {
    const { size } = await stat(path);
    if (size <= MAX_BYTES) return await readFile(path, 'utf8');
  } catch (error) {
    throw unreadableFile(path, error);
  }
  throw unusable(path, `it has more than ${MAX_BYTES} bytes`);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

type CalendarEvent = IcsEvent & {
  /** On which it starts besides, in milliseconds. */
  readonly additionalDays: readonly number[];
};

/** The events that are not cancelled. An exception of an event that recurs replaces one occurrence of it. */
function eventsOf(path: string, text: string): CalendarEvent[] {
  const fault = calendarFault(text);
  if (fault !== undefined) throw unusable(path, fault);
  const days = additionalDays(text);
  const events = (parse(path, text).events ?? []).map((event, index) => ({
    ...event,
    additionalDays: days[index] ?? [],
  }));
  for (const event of events) {
    // Absent in a broken file, whatever the type of the library says.
    const start: unknown = event.start;
    if (start === undefined) throw unusable(path, `event "${event.summary}" has no DTSTART`);
    if (event.recurrenceId === undefined) continue;
    const series = events.find(({ uid, recurrenceId }) => uid === event.uid && recurrenceId === undefined);
    if (series) series.exceptionDates = [...(series.exceptionDates ?? []), event.recurrenceId.value];
  }
  return events.filter(({ status }) => status !== 'CANCELLED');
}

function parse(path: string, text: string) {
  try {
    return convertIcsCalendar(undefined, text);
  } catch (error) {
    throw unusable(path, messageOf(error), error);
  }
}

/** The days on which an event starts, in milliseconds. The library gives dates as midnight in UTC, whatever the zone of this host. */
function startsOf(path: string, event: CalendarEvent, to: Date): number[] {
  const exceptions = new Set((event.exceptionDates ?? []).map(({ date }) => dateOf(date.getTime())));
  const starts = [...occurrencesOf(path, event, to), ...event.additionalDays];
  return starts.filter((ms) => !exceptions.has(dateOf(ms)));
}

/** Those of its rule; its start, if it has none. */
function occurrencesOf(path: string, { start, recurrenceRule }: CalendarEvent, to: Date): number[] {
  if (recurrenceRule === undefined) return [start.date.getTime()];
  const rule = generateIcsRecurrenceRule(recurrenceRule).trim();
  try {
    const series = new RRuleTemporal({
      rruleString: `DTSTART:${utcStamp(start.date)}\n${rule}`,
      maxIterations: MAX_OCCURRENCES,
    });
    return series.between(start.date, to, true).map(({ epochMilliseconds }) => epochMilliseconds);
  } catch (error) {
    throw unusable(path, `${rule}: ${messageOf(error)}`, error);
  }
}

/** `20261225T000000Z` */
function utcStamp(date: Date): string {
  return `${date.toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

/** How many days an event lasts. The end is exclusive. */
function daysOf({ start, end, duration }: IcsEvent): number {
  if (end) return Math.max(1, Math.round((end.date.getTime() - start.date.getTime()) / MS_PER_DAY));
  return Math.max(1, (duration?.weeks ?? 0) * 7 + (duration?.days ?? 0));
}

/** Adds the days from a start on, those before `from` left out. */
function addDays(path: string, dates: Set<string>, start: number, days: number, from: number): void {
  for (let ms = Math.max(start, from); ms < start + days * MS_PER_DAY; ms += MS_PER_DAY) {
    dates.add(dateOf(ms));
    if (dates.size > MAX_DATES) throw unusable(path, `it has more than ${MAX_DATES} holidays to come`);
  }
}

const dateOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);

function unusable(path: string, why: string, cause?: unknown): UsageError {
  return new UsageError(`${path} cannot be used for --holidays: ${why.split('\n')[0]}`, {
    hint: 'use an iCalendar file (.ics) with all-day events',
    cause,
  });
}
