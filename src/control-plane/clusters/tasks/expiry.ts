import { audit, systemActor } from '../../kernel/audit/audit.ts';
import type { Db } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import type { JobQueue } from '../../kernel/jobs/queue.ts';
import type { PeriodicTask } from '../../kernel/tasks/periodic-task.ts';
import { requestDestroy } from '../service/destroy.ts';
import { lockCluster } from '../store/clusters.ts';
import { listExpired, listUndestroyed } from '../store/expiry.ts';

const BATCH = 100;

export interface ExpiryTaskOptions {
  readonly intervalMs: number;
  /** Time between a failed destroy of an expired cluster and the next one. */
  readonly retryMinutes: number;
}

/** Destroys every expired cluster, whatever its status (G3). A failed destroy is repeated until it succeeds or is abandoned. */
export function expiryTask(
  db: Db,
  queue: JobQueue,
  { intervalMs, retryMinutes }: ExpiryTaskOptions,
): PeriodicTask {
  const actor = systemActor('janitor');
  const requestDestroyOf = (id: string) =>
    db.tx(async (tx) => {
      await queue.lockLane(tx, id);
      const [cluster] = await tx.query(lockCluster, { id, teams: null });
      if (!cluster || cluster.status === 'DESTROYED' || cluster.status === 'DESTROYING') return false;
      const jobId = await requestDestroy(queue, tx, id, {
        type: 'JANITOR_DESTROY',
        requestedBy: actor.principal,
        reason: `expired at ${cluster.destroyAt.toISOString()}`,
      });
      await audit(tx, cluster.team, actor, {
        action: 'cluster.expire',
        target: id,
        status: 'SUCCESS',
        metadata: { name: cluster.name, jobId },
      });
      return true;
    });
  return {
    name: 'destroy-expired',
    intervalMs,
    async run(signal) {
      const expired = [
        ...(await db.query(listExpired, { limit: BATCH })),
        ...(await db.query(listUndestroyed, { minutes: retryMinutes, limit: BATCH })),
      ];
      const requested: string[] = [];
      for (const { id } of expired) {
        if (signal.aborted) break;
        try {
          if (await requestDestroyOf(id)) requested.push(id);
        } catch (error) {
          // Its status changed meanwhile; the next run decides again.
          if (!(error instanceof AppError)) throw error;
        }
      }
      return requested.length > 0 ? { clusters: requested } : undefined;
    },
  };
}
