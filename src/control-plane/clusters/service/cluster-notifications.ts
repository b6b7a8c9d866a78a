import type { ClusterStatus } from '../../../contract/statuses.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { publishNotification } from '../../kernel/notifications/publish.ts';
import { getCluster } from '../store/clusters.sql.ts';

export type ClusterEventType =
  | 'cluster.ready'
  | 'cluster.failed'
  | 'cluster.scaled'
  | 'cluster.offhours_blocked'
  | 'cluster.expiring'
  | 'cluster.expired'
  | 'cluster.destroyed'
  | 'cluster.destroy_failed';

/** The event of a change of status. READY after SCALING does not tell whether the scale succeeded: its job publishes that. */
export function eventOfTransition(from: string, to: string): ClusterEventType | undefined {
  if (to === 'READY' && from === 'CREATING') return 'cluster.ready';
  const events: Partial<Record<string, ClusterEventType>> = {
    FAILED: 'cluster.failed',
    DESTROYED: 'cluster.destroyed',
    DESTROY_FAILED: 'cluster.destroy_failed',
  } satisfies Partial<Record<ClusterStatus, ClusterEventType>>;
  return events[to];
}

/**
 * Tells the targets of notifications what happened to a cluster, with what it is and who pays for it.
 * @param reason one sentence, as the timeline of the cluster has it
 * @param facts of this type of event
 */
export async function publishClusterEvent(
  tx: Tx,
  id: string,
  type: ClusterEventType,
  reason: string,
  facts: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const [cluster] = await tx.query(getCluster, { id, teams: null });
  if (!cluster) return;
  const { name, team, status, platform, profile, region, owner, costCenter, workerReplicas } = cluster;
  await publishNotification(tx, {
    type,
    team,
    subject: id,
    subjectName: name,
    data: {
      clusterId: id,
      ...{ name, team, status, platform, profile, region, owner, costCenter, workerReplicas, reason },
      expiresAt: cluster.destroyAt.toISOString(),
      hourlyCost: cluster.hourlyCost,
      mode: cluster.cloud === 'sandbox' ? 'sandbox' : 'real',
      ...facts,
    },
  });
}
