import { Temporal } from 'temporal-polyfill';
import { timezoneProblem } from '../../../contract/time-zone.ts';
import { AppError } from '../errors.ts';

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
export function localDays(from: Date, to: Date, timezone: string): LocalDay[] {
  const problem = timezoneProblem(timezone);
  if (problem !== undefined) throw unprocessable('timezone', problem);
  const zoned = Temporal.Instant.fromEpochMilliseconds(from.getTime()).toZonedDateTimeISO(timezone);
  const days: LocalDay[] = [{ date: zoned.toPlainDate().toString(), start: from }];
  let next = zoned.startOfDay().add({ days: 1 }).startOfDay();
  while (next.epochMilliseconds < to.getTime()) {
    if (days.length === MAX_DAYS) throw unprocessable('from', `a report by day has at most ${MAX_DAYS} days`);
    days.push({ date: next.toPlainDate().toString(), start: new Date(next.epochMilliseconds) });
    next = next.add({ days: 1 }).startOfDay();
  }
  return days;
}

function unprocessable(field: string, message: string): AppError {
  return new AppError('POLICY_VIOLATION', `The report cannot be made: ${message}.`, {
    errors: [{ field, code: 'INVALID', message }],
  });
}
