import { ACCOUNT_FAILURES } from './failures/account.ts';
import { CLUSTER_FAILURES } from './failures/cluster.ts';
import type { SimulatedFailure } from './failures/failure.ts';
import { INFRASTRUCTURE_FAILURES } from './failures/infrastructure.ts';
import type { Stage } from './stages.ts';

const FAILURES = { ...INFRASTRUCTURE_FAILURES, ...ACCOUNT_FAILURES, ...CLUSTER_FAILURES };

export type FailureName = keyof typeof FAILURES;
export const FAILURE_NAMES = Object.keys(FAILURES) as [FailureName, ...FailureName[]];

export function failureByName(name: FailureName): SimulatedFailure {
  return FAILURES[name];
}

/** The failure that happens at a stage when a fault names none. */
export function defaultFailure(stage: Stage): FailureName {
  return FAILURE_NAMES.find((name) => FAILURES[name].stage === stage) ?? 'RequestLimitExceeded';
}
