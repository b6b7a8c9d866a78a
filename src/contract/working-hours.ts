/** From Monday: the number of a day is its index plus 1, as ISO 8601 counts. */
export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Day = (typeof DAYS)[number];

/**
 * A local time to be read: `2026-11-30 08:00 Europe/Berlin`.
 * @param local the time in that zone, as the API has it: `2026-11-30T08:00:00+01:00`
 */
export function localTimeText(local: string, timezone: string): string {
  return `${local.slice(0, 16).replace('T', ' ')} ${timezone}`;
}
