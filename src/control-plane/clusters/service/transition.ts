import type { ClusterStatus } from '../../../contract/statuses.ts';
import { transitionsOf } from '../../kernel/transitions.ts';
import { CLUSTER_TRANSITIONS } from '../cluster-transitions.ts';
import { applyTransition } from '../store/transitions.sql.ts';

/** Changes a cluster's status by the table (G9) and records why. */
export const transition = transitionsOf<ClusterStatus>('cluster', CLUSTER_TRANSITIONS, (db, row) =>
  db.query(applyTransition, row),
);
