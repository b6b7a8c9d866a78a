import { createHash } from 'node:crypto';
import type { NewResource } from '../cloud/simulated-cloud.ts';

/** The resources of a cluster by the install step that creates them, each list in order of creation. */
export interface ResourcePlan {
  readonly iam: readonly NewResource[];
  readonly network: readonly NewResource[];
  readonly dns: readonly NewResource[];
  /** Deleted when bootstrapping is complete. */
  readonly bootstrap: readonly NewResource[];
  readonly controlPlane: readonly NewResource[];
  /** Created by the cluster itself: workers, the load balancer and the records of its ingress. */
  readonly cluster: readonly NewResource[];
}

/**
 * Hex digits that depend only on the seed. Planning a cluster again gives the same ids, so a later command finds the resources of an
 * earlier one.
 */
export function deterministicHex(seed: string, digits: number): string {
  return createHash('sha256').update(seed).digest('hex').slice(0, digits);
}
