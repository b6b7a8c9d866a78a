import { audit } from '../../kernel/audit/audit.ts';
import { systemActor } from '../../kernel/caller.ts';
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
  /** Time after a failed destroy before the deadline orders the next one. */
  readonly retryMinutes: number;
}

/** Ends every cluster whose deadline has passed, whatever its status (G3); a failed destroy is ordered again and again. */
export function expiryTask(
  db: Db,
  queue: JobQueue,
  { intervalMs, retryMinutes }: ExpiryTaskOptions,
): PeriodicTask {
  const actor = systemActor('janitor');
  const end = (id: string) =>
    db.tx(async (tx) => {
      await queue.lockLane(tx, id);
      const [cluster] = await tx.query(lockCluster, { id, teams: null });
      if (!cluster || cluster.status === 'DESTROYED' || cluster.status === 'DESTROYING') return false;
      const jobId = await requestDestroy(queue, tx, id, {
        type: 'JANITOR_DESTROY',
        requestedBy: actor.principal,
        reason: `the deadline ${cluster.destroyAt.toISOString()} has passed`,
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
      const ended: string[] = [];
      for (const { id } of expired) {
        if (signal.aborted) break;
        try {
          if (await end(id)) ended.push(id);
        } catch (error) {
          // Somebody moved it meanwhile; the next round sees what is left to do.
          if (!(error instanceof AppError)) throw error;
        }
      }
      return ended.length > 0 ? { clusters: ended } : undefined;
    },
  };
}
