import fc from 'fast-check';
import { Temporal } from 'temporal-polyfill';
import { describe, expect, test, vi } from 'vitest';
import { DAYS } from '../../../../src/contract/working-hours.ts';
import {
  nextBoundaries,
  periodAt,
  type Schedule,
  workingHours,
} from '../../../../src/control-plane/clusters/offhours/schedule.ts';

const MINUTE = 60_000;
const schedule = (changes: Partial<Schedule> = {}): Schedule => ({
  timezone: 'Europe/Berlin',
  start: '08:00',
  end: '19:00',
  days: ['mon', 'tue', 'wed', 'thu', 'fri'],
  holidays: [],
  ...changes,
});
const boundaries = (rules: Schedule, after: string, count: number) =>
  nextBoundaries(rules, new Date(after), count).map(
    ({ at, isWorking }) => `${at.toISOString().slice(0, 16)}Z ${isWorking ? 'working' : 'off'}`,
  );

/** Both changes of the clock in 2026, in four zones: an hour, north and south, half an hour, and far from UTC. */
const CHANGES = [
  { timezone: 'Europe/Berlin', days: ['2026-03-29', '2026-10-25'] },
  { timezone: 'America/New_York', days: ['2026-03-08', '2026-11-01'] },
  { timezone: 'Australia/Lord_Howe', days: ['2026-04-05', '2026-10-04'] },
  { timezone: 'Pacific/Auckland', days: ['2026-04-05', '2026-09-27'] },
] as const;

interface Minute {
  readonly at: number;
  readonly date: string;
  /** Date and time, as they sort. */
  readonly local: string;
}

/** Each minute of a week around a day in local time, by Intl, which the schedule does not use. */
function localMinutes(timezone: string, day: string): Minute[] {
  const format = new Intl.DateTimeFormat('sv-SE', {
    timeZone: timezone,
    dateStyle: 'short',
    timeStyle: 'short',
  });
  const first = Date.parse(`${day}T00:00:00Z`) - 4 * 1_440 * MINUTE;
  return Array.from({ length: 8 * 1_440 }, (_, index) => {
    const at = first + index * MINUTE;
    const local = format.format(at);
    return { at, local, date: local.slice(0, 10) };
  });
}

/** The other day in the calendar, without a zone. */
const shifted = (date: string, days: number) =>
  new Date(Date.parse(`${date}T00:00:00Z`) + days * 86_400_000).toISOString().slice(0, 10);

/**
 * Working minutes, minute by minute: hours last from the first minute whose local time is the start or later, to the last one whose local
 * time is the end, or where the clock skips that, to the first one after it.
 */
function workingMinutes(rules: Schedule, minutes: readonly Minute[]): Set<number> {
  const working = new Set<number>();
  const dates = new Set(minutes.map(({ date }) => date));
  for (const date of dates) {
    const weekday = DAYS[(new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7];
    if (weekday === undefined || !rules.days.includes(weekday) || rules.holidays.includes(date)) continue;
    const begin = `${date} ${rules.start}`;
    const isNextDay = rules.end === '24:00' || rules.end <= rules.start;
    const end = `${isNextDay ? shifted(date, 1) : date} ${rules.end === '24:00' ? '00:00' : rules.end}`;
    const first = minutes.find(({ local }) => local >= begin);
    const last = minutes.findLast(({ local }) => local === end) ?? minutes.find(({ local }) => local >= end);
    if (first === undefined || last === undefined) continue;
    for (let at = first.at; at < last.at; at += MINUTE) working.add(at);
  }
  return working;
}

const time = fc
  .integer({ min: 0, max: 95 })
  .map(
    (quarter) =>
      `${String(Math.floor(quarter / 4)).padStart(2, '0')}:${String((quarter % 4) * 15).padStart(2, '0')}`,
  );

describe.each(CHANGES.flatMap(({ timezone, days }) => days.map((day) => ({ timezone, day }))))(
  'around the change of the clock in $timezone on $day',
  ({ timezone, day }) => {
    const minutes = localMinutes(timezone, day);
    test('any hours are the same as minute by minute', () => {
      fc.assert(
        fc.property(
          fc.record({
            start: fc.oneof(time, fc.constantFrom('01:30', '02:00', '02:15', '02:30', '03:00')),
            end: fc.oneof(time, fc.constantFrom('01:45', '02:00', '02:30', '02:45', '03:00', '24:00')),
            days: fc.subarray([...DAYS]),
            holidays: fc.subarray([-2, -1, 0, 1].map((days) => shifted(day, days))),
          }),
          (hours) => {
            fc.pre(hours.start !== hours.end);
            const rules = schedule({ timezone, ...hours });
            const working = workingMinutes(rules, minutes);
            // The first and last days lack the hours of the days around them.
            const inner = minutes.slice(2 * 1_440, -3 * 1_440);
            const [from = 0, to = 0] = [inner[0]?.at, inner.at(-1)?.at];
            const found = workingHours(rules, new Date(from), new Date(to));
            const ms = found.reduce((sum, { startMs, endMs }) => sum + endMs - startMs, 0);
            expect(ms / MINUTE).toBe(inner.slice(0, -1).filter((minute) => working.has(minute.at)).length);
            let period = periodAt(rules, new Date(from));
            for (const { at, local } of inner) {
              // At its boundary the next period begins; everything up to it is as the period says.
              if (at >= (period.until?.getTime() ?? Number.POSITIVE_INFINITY)) {
                expect(period.until).toEqual(new Date(at));
                period = periodAt(rules, new Date(at));
                expect([local, period.since]).toEqual([local, new Date(at)]);
              }
              if (working.has(at) !== period.isWorking)
                expect([local, period.isWorking]).toEqual([local, working.has(at)]);
            }
          },
        ),
        { numRuns: 20 },
      );
    });
  },
);

describe('the next boundaries', () => {
  test('skip week ends and holidays', () => {
    const rules = schedule({ holidays: ['2026-12-25', '2026-12-28'] });
    expect(boundaries(rules, '2026-12-24T12:00:00Z', 3)).toEqual([
      '2026-12-24T18:00Z off',
      '2026-12-29T07:00Z working',
      '2026-12-29T18:00Z off',
    ]);
  });

  test('over midnight belong to the day of the start: Friday ends on Saturday, Monday begins on Monday', () => {
    const rules = schedule({ start: '22:00', end: '06:00' });
    expect(boundaries(rules, '2026-11-27T20:00:00Z', 4)).toEqual([
      '2026-11-27T21:00Z working',
      '2026-11-28T05:00Z off',
      '2026-11-30T21:00Z working',
      '2026-12-01T05:00Z off',
    ]);
  });

  test('take the weekday in the zone of the hours: Monday 06:30 in Auckland is Sunday in UTC', () => {
    const rules = schedule({ timezone: 'Pacific/Auckland', start: '06:30', end: '18:00' });
    expect(boundaries(rules, '2026-11-29T00:00:00Z', 1)).toEqual(['2026-11-29T17:30Z working']);
  });

  test('of whole days are one period', () => {
    const rules = schedule({ start: '00:00', end: '24:00' });
    expect(boundaries(rules, '2026-11-25T00:00:00Z', 2)).toEqual([
      '2026-11-27T23:00Z off',
      '2026-11-29T23:00Z working',
    ]);
    const always = periodAt(schedule({ start: '00:00', end: '24:00', days: DAYS }), new Date('2026-11-25'));
    expect(always).toEqual({ isWorking: true, since: undefined, until: undefined });
  });

  test('are none for hours that never end, which is seen without looking at each day; a holiday ends them', () => {
    const conversions = vi.spyOn(Temporal.PlainDateTime.prototype, 'toZonedDateTime');
    const rules = schedule({
      start: '00:00',
      end: '24:00',
      days: DAYS,
      holidays: ['2020-01-01', '2099-01-01'],
    });
    expect(boundaries(rules, '2026-11-25T00:00:00Z', 2)).toEqual([]);
    expect(conversions).not.toHaveBeenCalled();
    conversions.mockRestore();
    expect(boundaries({ ...rules, holidays: ['2026-12-25'] }, '2026-11-25T00:00:00Z', 2)).toEqual([
      '2026-12-24T23:00Z off',
      '2026-12-25T23:00Z working',
    ]);
  });

  test('of a start that the clock skips is the first time after the gap; of an end that it repeats the last', () => {
    const night = schedule({ start: '02:30', end: '05:00', days: DAYS });
    expect(boundaries(night, '2026-03-28T23:00:00Z', 1)).toEqual(['2026-03-29T01:00Z working']);
    const late = schedule({ start: '20:00', end: '02:30', days: DAYS });
    expect(boundaries(late, '2026-10-24T20:00:00Z', 1)).toEqual(['2026-10-25T01:30Z off']);
  });

  test('are none where every day is a holiday', () => {
    expect(periodAt(schedule({ days: [] }), new Date('2026-11-25'))).toEqual({
      isWorking: false,
      since: undefined,
      until: undefined,
    });
  });
});
