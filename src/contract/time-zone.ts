/** A name of the time zone database with its area. Abbreviations mislead: EST means Panama, IST Calcutta to the database. */
const ZONE_NAME = /^[a-z][a-z0-9_+-]*(\/[a-z0-9_+-]+)+$/i;

/** Why a time zone cannot be used; undefined if it can. */
export function timezoneProblem(timezone: string): string | undefined {
  if (timezone === 'UTC' || (ZONE_NAME.test(timezone) && isKnownZone(timezone))) return undefined;
  return `"${timezone}" is not a time zone: use UTC, or a name such as Europe/Berlin`;
}

function isKnownZone(timeZone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}
