import type { FieldProblem } from '../../../contract/error-codes.ts';
import type { Profile } from '../profiles/profile.ts';

/** @returns how many workers a request can ask for; without bounds in the profile, only the default */
export function workerBounds({ compute }: Profile): { readonly min: number; readonly max: number } {
  const { replicas, minReplicas, maxReplicas } = compute.workers;
  return { min: minReplicas ?? replicas, max: maxReplicas ?? replicas };
}

/** Checks a number of workers against the bounds of a profile. */
export function workerProblems(profile: Profile, workers: number): FieldProblem[] {
  const { min, max } = workerBounds(profile);
  if (workers >= min && workers <= max) return [];
  if (min === max) {
    const message = `${workers} workers are not allowed: this profile has a fixed number of ${min}`;
    return [{ field: 'workers', code: 'NOT_ALLOWED', message, allowed: [String(min)] }];
  }
  const message = `${workers} workers are not allowed: use ${min} to ${max}`;
  return [{ field: 'workers', code: 'OUT_OF_RANGE', message, allowed: [`${min}..${max}`] }];
}

/** @returns what one machine costs per hour by the profile's estimate, which counts all the same */
export function estimatedMachineCost(profile: Profile): number {
  return profile.costControls.estimatedHourlyCost / machinesOf(profile, profile.compute.workers.replicas);
}

/** @returns the profile's estimate for a number of workers */
export function estimatedHourlyCost(profile: Profile, workers: number): number {
  return estimatedMachineCost(profile) * machinesOf(profile, workers);
}

function machinesOf({ compute: { controlPlane, pools = [] } }: Profile, workers: number): number {
  return controlPlane.replicas + workers + pools.reduce((sum, { replicas }) => sum + replicas, 0);
}
