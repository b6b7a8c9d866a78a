import { createHash } from 'node:crypto';
import type { NewResource } from '../cloud/simulated-cloud.ts';

/** The resources of a cluster, by the step of the install that makes them, each list in the order of creation. */
export interface ResourcePlan {
  readonly iam: readonly NewResource[];
  readonly network: readonly NewResource[];
  readonly dns: readonly NewResource[];
  /** Exists until bootstrapping is complete. */
  readonly bootstrap: readonly NewResource[];
  readonly controlPlane: readonly NewResource[];
  /** Made by the cluster itself: workers, the load balancer and the records of its ingress. */
  readonly cluster: readonly NewResource[];
}

/**
 * Hex digits that depend on nothing but the seed: planning a cluster again names the same resources, so that another
 * command can carry on with what the first one made.
 */
export function deterministicHex(seed: string, digits: number): string {
  return createHash('sha256').update(seed).digest('hex').slice(0, digits);
}
