import type { ClusterStatus } from '../../../contract/statuses.ts';
import { type TransitionTable, transitionsOf } from '../../kernel/transitions.ts';
import { applyTransition } from '../store/transitions.sql.ts';
import { eventOfTransition, publishClusterEvent } from './cluster-notifications.ts';

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

/** Changes a cluster's status by the table (G9), records why, and publishes what others wait for. */
export const transition = transitionsOf<ClusterStatus>('cluster', CLUSTER_TRANSITIONS, async (tx, row) => {
  const moved = await tx.query(applyTransition, row);
  const event = eventOfTransition(row.from, row.to);
  if (moved.length > 0 && event !== undefined) await publishClusterEvent(tx, row.id, event, row.reason);
  return moved;
});
