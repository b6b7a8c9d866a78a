import type { ClusterStatus } from '../../contract/statuses.ts';
import type { TransitionTable } from '../kernel/transitions.ts';

/** The database holds the same table (migration 0002) and refuses anything else. */
export const CLUSTER_TRANSITIONS: TransitionTable<ClusterStatus> = {
  PENDING: ['CREATING', 'DESTROYED'],
  CREATING: ['READY', 'FAILED', 'DESTROYING'],
  READY: ['SCALING', 'DESTROYING'],
  SCALING: ['READY', 'DESTROYING'],
  FAILED: ['DESTROYING', 'DESTROYED'],
  DESTROYING: ['DESTROYED', 'DESTROY_FAILED'],
  DESTROY_FAILED: ['DESTROYING'],
  DESTROYED: [],
};
