import type { FieldProblem } from '../../../contract/error-codes.ts';
import type { Profile } from '../profiles/profile.ts';

/**
 * What is wrong with a total lifetime (from creation to deadline) under a profile: used by create, and by extend
 * with the hours that the cluster would have lived in all.
 */
export function lifetimeProblems(profile: Profile, ttlHours: number): FieldProblem[] {
  const { maxTTLHours, defaultTTLHours, allowCustomTTL } = profile.lifecycle;
  const problem = (code: string, message: string, allowed: string[]): FieldProblem[] => [
    { field: 'ttlHours', code, message, allowed },
  ];
  if (!allowCustomTTL && ttlHours !== defaultTTLHours) {
    return problem('NOT_ALLOWED', 'this profile has a fixed lifetime', [String(defaultTTLHours)]);
  }
  if (!Number.isInteger(ttlHours) || ttlHours < 1 || ttlHours > maxTTLHours) {
    return problem('OUT_OF_RANGE', `the lifetime must be 1 to ${maxTTLHours} whole hours`, [
      `1..${maxTTLHours}`,
    ]);
  }
  return costProblems(profile, ttlHours);
}

function costProblems(profile: Profile, ttlHours: number): FieldProblem[] {
  const { estimatedHourlyCost, maxMonthlyCost } = profile.costControls;
  const affordableHours = Math.floor(maxMonthlyCost / estimatedHourlyCost);
  if (ttlHours <= affordableHours) return [];
  const message = `at about $${estimatedHourlyCost.toFixed(2)} an hour this would exceed the profile's limit of $${maxMonthlyCost}`;
  return [{ field: 'ttlHours', code: 'COST_LIMIT', message, allowed: [`1..${affordableHours}`] }];
}
