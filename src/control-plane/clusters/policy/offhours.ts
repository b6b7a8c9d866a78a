import type { FieldProblem } from '../../../contract/error-codes.ts';
import type { Profile } from '../profiles/profile.ts';
import { scaleProblems } from './scale.ts';

/**
 * Why a cluster of a profile cannot opt in to off-hours: outside of the hours it has no workers, which the profile must permit. Said when it
 * opts in, not in the evening.
 * @param name of the profile; undefined as the profile if it is gone from this server
 */
export function optInProblems(profile: Profile | undefined, name: string): FieldProblem[] {
  if (profile === undefined) {
    const message = `profile ${name}, which bounds the workers, is gone from this server`;
    return [{ field: 'offhours', code: 'UNKNOWN_PROFILE', message }];
  }
  const [problem] = scaleProblems(profile, 0, { ttlHours: 0, current: 0 });
  if (problem === undefined) return [];
  const message = `outside of working hours the cluster has no workers, which profile ${name} does not permit: ${problem.message}`;
  return [{ field: 'offhours', code: 'NOT_ALLOWED', message }];
}
