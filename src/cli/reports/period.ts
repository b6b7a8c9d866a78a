import { parseDurationMs } from '../../contract/duration.ts';
import { UsageError } from '../errors/cli-error.ts';

/** `to` is exclusive; undefined: now. */
export interface Period {
  readonly from: Date;
  readonly to: Date | undefined;
}

export interface PeriodFlags {
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly timezone: string;
}

const MONTHS = ['this-month', 'last-month'] as const;

/**
 * The period of a report: dates begin at midnight of the zone, durations count back from now, months are whole.
 * Default: this month.
 * @throws UsageError that names the flag
 */
export async function periodFromFlags(
  { from = 'this-month', to, timezone }: PeriodFlags,
  now: Date,
): Promise<Period> {
  const { Temporal } = await import('temporal-polyfill');
  const today = zoned(
    () => Temporal.Instant.fromEpochMilliseconds(now.getTime()).toZonedDateTimeISO(timezone),
    timezone,
  );
  const firstOfMonth = today.with({ day: 1 }).startOfDay();
  const instant = ({ epochMilliseconds }: { readonly epochMilliseconds: number }) =>
    new Date(epochMilliseconds);
  const monthOf = (word: string) =>
    word === 'last-month' ? firstOfMonth.subtract({ months: 1 }) : firstOfMonth;
  const time = (flag: string, text: string): Date => {
    const back = parseDurationMs(text);
    if (back !== undefined) return new Date(now.getTime() - back);
    if (text === 'now') return now;
    const parsed = parseTime(text, (date) =>
      instant(Temporal.PlainDate.from(date).toZonedDateTime(timezone)),
    );
    if (parsed !== undefined) return parsed;
    throw new UsageError(
      `invalid time "${text}" for --${flag}: use for example 2026-11-01, 30d, last-month or 2026-11-01T18:00:00Z`,
    );
  };
  const isMonth = (text: string) => MONTHS.some((word) => word === text);
  const end = to ?? (from === 'last-month' ? 'last-month' : undefined);
  const period = {
    from: isMonth(from) ? instant(monthOf(from)) : time('from', from),
    to:
      end === undefined
        ? undefined
        : isMonth(end)
          ? instant(monthOf(end).add({ months: 1 }))
          : time('to', end),
  };
  if (period.to === undefined && period.from >= now)
    throw new UsageError(`--from is in the future: ${period.from.toISOString()}`);
  if (period.from >= (period.to ?? now)) {
    throw new UsageError(
      `the period ends (${(period.to ?? now).toISOString()}) before it begins (${period.from.toISOString()})`,
      { hint: '--to is exclusive: for one day use --from 2026-11-01 --to 2026-11-02' },
    );
  }
  return period;
}

function parseTime(text: string, startOfDay: (date: string) => Date): Date | undefined {
  try {
    if (/^\d{4}-\d{2}-\d{2}$/.test(text)) return startOfDay(text);
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
  const isRfc3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})$/.test(text);
  const time = new Date(text);
  return isRfc3339 && !Number.isNaN(time.getTime()) ? time : undefined;
}

/** Abbreviations such as EST are other zones than people expect. */
function zoned<T>(convert: () => T, timezone: string): T {
  try {
    if (timezone === 'UTC' || timezone.includes('/')) return convert();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new UsageError(
    `unknown time zone "${timezone}" for --timezone: use UTC, or a name such as Europe/Berlin`,
  );
}
