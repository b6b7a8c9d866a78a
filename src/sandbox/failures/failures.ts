import type { Stage } from '../faults/stages.ts';
import { ACCOUNT_FAILURES } from './account-failures.ts';
import { CLUSTER_FAILURES } from './cluster-failures.ts';
import { INFRASTRUCTURE_FAILURES } from './infrastructure-failures.ts';
import type { SimulatedFailure } from './simulated-failure.ts';

const FAILURES = { ...INFRASTRUCTURE_FAILURES, ...ACCOUNT_FAILURES, ...CLUSTER_FAILURES };

export type FailureName = keyof typeof FAILURES;
export const FAILURE_NAMES = Object.keys(FAILURES) as [FailureName, ...FailureName[]];

export function failureByName(name: FailureName): SimulatedFailure {
  return FAILURES[name];
}

/** The failure of a stage for faults that name none. */
export function defaultFailure(stage: Stage): FailureName {
  return FAILURE_NAMES.find((name) => FAILURES[name].stage === stage) ?? 'RequestLimitExceeded';
}
