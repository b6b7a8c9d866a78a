import { AppError } from '../../kernel/errors.ts';

/** A day of a time zone, or the part of it that lies in a period. */
export interface LocalDay {
  /** YYYY-MM-DD */
  readonly date: string;
  readonly start: Date;
}

/** Days of one report. */
const MAX_DAYS = 400;

/**
 * The days of a period in a time zone, of 23, 24 or 25 hours; the first one begins with the period.
 * @throws AppError POLICY_VIOLATION for an unknown zone, and for more than 400 days
 */
export async function localDays(from: Date, to: Date, timezone: string): Promise<LocalDay[]> {
  // 20 kB that only these reports need.
  const { Temporal } = await import('temporal-polyfill');
  const zoned = zonedOf(
    () => Temporal.Instant.fromEpochMilliseconds(from.getTime()).toZonedDateTimeISO(timezone),
    timezone,
  );
  const days: LocalDay[] = [{ date: zoned.toPlainDate().toString(), start: from }];
  let next = zoned.startOfDay().add({ days: 1 }).startOfDay();
  while (next.epochMilliseconds < to.getTime()) {
    if (days.length === MAX_DAYS) throw unprocessable('from', `a report by day has at most ${MAX_DAYS} days`);
    days.push({ date: next.toPlainDate().toString(), start: new Date(next.epochMilliseconds) });
    next = next.add({ days: 1 }).startOfDay();
  }
  return days;
}

/** Abbreviations are refused: EST means Panama, IST Calcutta to the time zone database. */
function zonedOf<T>(convert: () => T, timezone: string): T {
  try {
    if (timezone === 'UTC' || timezone.includes('/')) return convert();
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw unprocessable(
    'timezone',
    `"${timezone}" is not a time zone: use UTC, or a name such as Europe/Berlin`,
  );
}

function unprocessable(field: string, message: string): AppError {
  return new AppError('POLICY_VIOLATION', `The report cannot be made: ${message}.`, {
    errors: [{ field, code: 'INVALID', message }],
  });
}
