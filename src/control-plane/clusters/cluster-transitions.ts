import type { ClusterStatus } from '../../contract/statuses.ts';

/** The only moves that a cluster makes. The database holds the same table (migration 0002) and refuses anything else. */
export const CLUSTER_TRANSITIONS = {
  PENDING: ['CREATING', 'DESTROYED'],
  CREATING: ['READY', 'FAILED', 'DESTROYING'],
  READY: ['SCALING', 'DESTROYING'],
  SCALING: ['READY', 'DESTROYING'],
  FAILED: ['DESTROYING', 'DESTROYED'],
  DESTROYING: ['DESTROYED', 'DESTROY_FAILED'],
  DESTROY_FAILED: ['DESTROYING'],
  DESTROYED: [],
} as const satisfies Record<ClusterStatus, readonly ClusterStatus[]>;

export function canTransition(from: ClusterStatus, to: ClusterStatus): boolean {
  return (CLUSTER_TRANSITIONS[from] as readonly ClusterStatus[]).includes(to);
}
