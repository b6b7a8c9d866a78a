import { shortDuration } from './duration.ts';

/** Time in a record: the day, the time and the zone, then how far away it is: `2026-01-02 15:04:05Z (in 3h)`. */
export function longTime(at: string, now: Date): string {
  return `${dateTime(at)} (${relativeTime(at, now)})`;
}

/** The day and the time with its zone: `2026-01-02 15:04:05Z`. */
export function dateTime(at: string): string {
  return `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')}Z`;
}

/** How far away a time is: `in 3h10m`, `5m ago`, `now`. */
export function relativeTime(at: string, now: Date): string {
  const distanceMs = new Date(at).getTime() - now.getTime();
  if (Math.abs(distanceMs) < 1000) return 'now';
  return distanceMs > 0 ? `in ${shortDuration(distanceMs)}` : `${shortDuration(-distanceMs)} ago`;
}

/** How long ago a time was, for an AGE column. */
export function age(at: string, now: Date): string {
  return shortDuration(Math.max(0, now.getTime() - new Date(at).getTime()));
}

/** The time of day with its zone, for log lines: `15:04:05Z`. */
export function clockTime(at: string | Date): string {
  return `${new Date(at).toISOString().slice(11, 19)}Z`;
}
