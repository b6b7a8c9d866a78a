import type { FieldProblem } from '../../../contract/error-codes.ts';
import type { Profile } from '../profiles/profile.ts';
import { maxLifetimeHours } from './lifetime.ts';
import { estimatedHourlyCost, workerBounds, workerProblems } from './workers.ts';

/**
 * Checks another number of workers of a cluster against its profile: the bounds, whether something can run workloads, and the cost
 * limit for its whole lifetime with that number. Fewer workers never exceed the limit.
 */
export function scaleProblems(
  profile: Profile,
  workers: number,
  { ttlHours, current }: { readonly ttlHours: number; readonly current: number },
): FieldProblem[] {
  if (workers === 0 && profile.compute.workers.scaleToZero === true) return [];
  const outside = workerProblems(profile, workers);
  if (workers === 0 && outside.length > 0 && !profile.compute.controlPlane.schedulable) {
    const { min, max } = workerBounds(profile);
    const message =
      'without workers, ingress, console and login stop: the control plane of this profile runs no workloads, and the profile does not set scaleToZero';
    return [{ field: 'workers', code: 'NOT_ALLOWED', message, allowed: [`${min}..${max}`] }];
  }
  if (outside.length > 0 || workers <= current) return outside;
  return costProblems(profile, workers, ttlHours);
}

function costProblems(profile: Profile, workers: number, ttlHours: number): FieldProblem[] {
  const limit = profile.costControls.maxMonthlyCost;
  const hourly = estimatedHourlyCost(profile, workers);
  if (hourly * ttlHours <= limit + 1e-9) return [];
  const { min, max } = workerBounds(profile);
  const affordable = numbersDown(max, min).find(
    (count) => estimatedHourlyCost(profile, count) * ttlHours <= limit,
  );
  const message = `at about $${hourly.toFixed(2)} per hour until its expiry this would exceed the profile's limit of $${limit}, which is enough for ${maxLifetimeHours(profile, workers)} hours`;
  const allowed = affordable === undefined ? [] : [`${min}..${affordable}`];
  return [{ field: 'workers', code: 'COST_LIMIT', message, allowed }];
}

function numbersDown(from: number, to: number): number[] {
  return Array.from({ length: from - to + 1 }, (_, index) => from - index);
}
