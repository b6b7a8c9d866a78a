import type { components } from '../../contract/api.gen.ts';
import { DAYS, type Day } from '../../contract/working-hours.ts';
import { UsageError } from '../errors/cli-error.ts';

const ORDER: readonly string[] = DAYS;

export interface ScheduleFlags {
  readonly timezone: string;
  readonly hours: string;
  readonly days: string;
  readonly holidays?: string | undefined;
  readonly 'no-holidays'?: boolean | undefined;
}

/** The schedule that the flags describe, and what to tell about its holidays. @throws UsageError that names the flag */
export async function scheduleFromFlags(
  flags: ScheduleFlags,
  now: Date,
): Promise<{
  readonly schedule: Omit<components['schemas']['NewOffhours'], 'team'>;
  readonly notes: readonly string[];
}> {
  const schedule = { timezone: flags.timezone, ...parseHours(flags.hours), days: parseDays(flags.days) };
  if (flags['no-holidays']) return { schedule: { ...schedule, holidays: [] }, notes: [] };
  if (flags.holidays === undefined) return { schedule, notes: [] };
  // 150 kB that only this flag needs.
  const { readHolidays } = await import('./holidays.ts');
  const { dates, notes } = await readHolidays(flags.holidays, now);
  return { schedule: { ...schedule, holidays: dates }, notes };
}

/** Also without a leading zero, as people write it: 8:00-19:00. */
export function parseHours(text: string): { start: string; end: string } {
  const [, startHour, startMinute, endHour, endMinute] =
    /^(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})$/.exec(text.trim()) ?? [];
  const start = timeOf(startHour, startMinute);
  const end = timeOf(endHour, endMinute);
  if (start === undefined || start === '24:00' || end === undefined)
    throw new UsageError(`invalid value "${text}" for --hours: use HH:MM-HH:MM, for example 08:00-19:00`);
  if (start === end)
    throw new UsageError(`invalid value "${text}" for --hours: the hours have no length`, {
      hint: 'use for example 08:00-19:00, or 00:00-24:00 for whole days',
    });
  return { start, end };
}

function timeOf(hour = '', minute = ''): string | undefined {
  const time = `${hour.padStart(2, '0')}:${minute}`;
  return /^(([01]\d|2[0-3]):[0-5]\d|24:00)$/.test(time) ? time : undefined;
}

/** Days and ranges, over the end of the week as well: `sun-thu`, `fri-mon`, `mon-wed,sat`. */
export function parseDays(text: string): Day[] {
  const days = new Set<Day>();
  for (const part of text.toLowerCase().split(',')) {
    const [first, last = first, ...more] = part.trim().split('-');
    const from = ORDER.indexOf(first ?? '');
    const to = ORDER.indexOf(last ?? '');
    if (from < 0 || to < 0 || more.length > 0)
      throw new UsageError(
        `invalid value "${text}" for --days: "${part.trim()}" is not one of ${DAYS.join(', ')} or a range such as mon-fri`,
      );
    for (let index = from; ; index = (index + 1) % DAYS.length) {
      const day = DAYS[index];
      if (day !== undefined) days.add(day);
      if (index === to) break;
    }
  }
  return DAYS.filter((day) => days.has(day));
}
