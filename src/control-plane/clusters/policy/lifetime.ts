import type { FieldProblem } from '../../../contract/error-codes.ts';
import type { Profile } from '../profiles/profile.ts';
import { estimatedHourlyCost } from './workers.ts';

/** 36 seconds: enough for tests and demos in the sandbox. */
const MIN_TTL_HOURS = 0.01;

/**
 * Checks a total lifetime, from creation to expiry, against a profile. Extend calls it with the total lifetime that
 * the cluster would have.
 */
export function lifetimeProblems(profile: Profile, ttlHours: number, workers: number): FieldProblem[] {
  const { maxTTLHours, defaultTTLHours, allowCustomTTL } = profile.lifecycle;
  const problem = (code: string, message: string, allowed: string[]): FieldProblem[] => [
    { field: 'ttlHours', code, message, allowed },
  ];
  if (!allowCustomTTL && ttlHours !== defaultTTLHours) {
    const message = `this profile has a fixed lifetime of ${formatHours(defaultTTLHours)}`;
    return problem('NOT_ALLOWED', message, [String(defaultTTLHours)]);
  }
  // Negated so that NaN is rejected.
  if (!(ttlHours >= MIN_TTL_HOURS && ttlHours <= maxTTLHours)) {
    const message = `the lifetime must be between ${formatHours(MIN_TTL_HOURS)} and ${formatHours(maxTTLHours)}`;
    return problem('OUT_OF_RANGE', message, [`${MIN_TTL_HOURS}..${maxTTLHours}`]);
  }
  return costProblems(profile, ttlHours, workers);
}

/** @returns the latest possible expiry, in hours from creation. */
export function maxLifetimeHours(profile: Profile, workers: number): number {
  const { maxTTLHours, defaultTTLHours, allowCustomTTL } = profile.lifecycle;
  return allowCustomTTL ? Math.min(maxTTLHours, affordableHoursOf(profile, workers)) : defaultTTLHours;
}

function affordableHoursOf(profile: Profile, workers: number): number {
  const hourly = estimatedHourlyCost(profile, workers);
  // A division of decimals may end just below a whole number.
  return Math.floor(profile.costControls.maxMonthlyCost / hourly + 1e-9);
}

function costProblems(profile: Profile, ttlHours: number, workers: number): FieldProblem[] {
  const affordableHours = affordableHoursOf(profile, workers);
  if (ttlHours <= affordableHours) return [];
  const hourly = estimatedHourlyCost(profile, workers).toFixed(2);
  const message = `at about $${hourly} per hour this would exceed the profile's limit of $${profile.costControls.maxMonthlyCost}`;
  return [
    { field: 'ttlHours', code: 'COST_LIMIT', message, allowed: [`${MIN_TTL_HOURS}..${affordableHours}`] },
  ];
}

/** @returns for example `36 seconds`, `90 minutes`, `72 hours (3 days)`. */
function formatHours(hours: number): string {
  if (hours * 60 < 1) return pluralise(Math.round(hours * 3600), 'second');
  if (!Number.isInteger(hours)) return pluralise(Math.round(hours * 60), 'minute');
  return hours % 24 === 0
    ? `${pluralise(hours, 'hour')} (${pluralise(hours / 24, 'day')})`
    : pluralise(hours, 'hour');
}

function pluralise(count: number, unit: string): string {
  return `${count} ${unit}${count === 1 ? '' : 's'}`;
}
