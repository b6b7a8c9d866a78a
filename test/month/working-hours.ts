/** The working hours of a team, as the simulation plans them. */
export interface WorkingHours {
  readonly timezone: string;
  readonly start: string;
  readonly end: string;
  readonly days: readonly string[];
}

const MINUTE_MS = 60_000;
const formats = new Map<string, Intl.DateTimeFormat>();

/**
 * A second implementation of working hours, from what clocks on the wall show: it looks back minute by minute for the start of the hours that
 * an instant may be in. Hours whose start or end is in the hour that a change of the clocks skips or repeats are none of its cases.
 */
export function isWorking({ timezone, start, end, days }: WorkingHours, at: Date): boolean {
  const { time, day } = wallClock(timezone, at);
  const inDaytime = start < end && time >= start && time < end;
  if (inDaytime) return days.includes(day);
  if (start < end) return false;
  if (time >= start) return days.includes(day);
  return time < end && days.includes(wallClock(timezone, startBefore(timezone, start, at)).day);
}

/** @returns the next minute after an instant at which the answer of `isWorking` changes */
export function nextChange(hours: WorkingHours, after: Date): Date {
  const now = isWorking(hours, after);
  let at = Math.floor(after.getTime() / MINUTE_MS) * MINUTE_MS;
  do at += MINUTE_MS;
  while (isWorking(hours, new Date(at)) === now);
  return new Date(at);
}

function startBefore(timezone: string, start: string, at: Date): Date {
  let minute = Math.floor(at.getTime() / MINUTE_MS) * MINUTE_MS;
  while (wallClock(timezone, new Date(minute)).time !== start) minute -= MINUTE_MS;
  return new Date(minute);
}

function wallClock(timezone: string, at: Date): { time: string; day: string } {
  const format =
    formats.get(timezone) ??
    new Intl.DateTimeFormat('en-GB', {
      timeZone: timezone,
      weekday: 'short',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
  formats.set(timezone, format);
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return {
    time: `${parts.get('hour')}:${parts.get('minute')}`,
    day: (parts.get('weekday') ?? '').toLowerCase(),
  };
}
