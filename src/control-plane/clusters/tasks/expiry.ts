import { audit } from '../../kernel/audit/audit.ts';
import { systemActor } from '../../kernel/caller.ts';
import type { Db, Tx } from '../../kernel/db/db.ts';
import { expiryTask } from '../../kernel/expiry/expiry-task.ts';
import type { JobQueue } from '../../kernel/jobs/queue.ts';
import type { PeriodicTask } from '../../kernel/tasks/periodic-task.ts';
import { JANITOR_DESTROY_JOB } from '../job-types.ts';
import { publishClusterEvent } from '../service/cluster-notifications.ts';
import { requestDestroy } from '../service/destroy.ts';
import { lockCluster } from '../store/clusters.sql.ts';
import { listExpired, listUndestroyed } from '../store/expiry.sql.ts';

const BATCH = 100;
const ACTOR = systemActor('janitor');

export interface ClusterExpiryOptions {
  readonly intervalMs: number;
  /** Time after a failed destroy before the next one is requested. */
  readonly retryMinutes: number;
}

/** Destroys every cluster that has expired, whatever its status (G3); a failed destroy is repeated until it succeeds or is abandoned. */
export function clusterExpiryTask(
  db: Db,
  queue: JobQueue,
  { intervalMs, retryMinutes }: ClusterExpiryOptions,
): PeriodicTask {
  return expiryTask(queue, {
    name: 'destroy-expired-clusters',
    intervalMs,
    listExpired: async () => [
      ...(await db.query(listExpired, { limit: BATCH })),
      ...(await db.query(listUndestroyed, { minutes: retryMinutes, limit: BATCH })),
    ],
    expire: (tx, id) => destroyExpired(queue, tx, id),
  });
}

async function destroyExpired(queue: JobQueue, tx: Tx, id: string): Promise<boolean> {
  const [cluster] = await tx.query(lockCluster, { id, teams: null });
  if (!cluster || cluster.status === 'DESTROYED' || cluster.status === 'DESTROYING') return false;
  const reason = `expired at ${cluster.destroyAt.toISOString()}`;
  // Once: a destroy that failed is repeated, and the cluster expires no second time.
  if (cluster.status !== 'DESTROY_FAILED') await publishClusterEvent(tx, id, 'cluster.expired', reason);
  const jobId = await requestDestroy(queue, tx, id, {
    type: JANITOR_DESTROY_JOB,
    requestedBy: ACTOR.principal,
    reason,
  });
  await audit(tx, cluster.team, ACTOR, {
    action: 'cluster.expire',
    target: id,
    status: 'SUCCESS',
    metadata: { name: cluster.name, jobId },
  });
  return true;
}
