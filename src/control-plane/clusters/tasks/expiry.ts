import { shortDuration } from '../../../contract/duration.ts';
import { audit } from '../../kernel/audit/audit.ts';
import { systemActor } from '../../kernel/caller.ts';
import { readDatabaseTime } from '../../kernel/db/clock.sql.ts';
import type { Db, Tx } from '../../kernel/db/db.ts';
import { expiryTask } from '../../kernel/expiry/expiry-task.ts';
import type { PeriodicTask } from '../../kernel/tasks/periodic-task.ts';
import { JANITOR_DESTROY_JOB } from '../job-types.ts';
import type { Profiles } from '../profiles/load-profiles.ts';
import { DEFAULT_WARNING_HOURS, type Profile } from '../profiles/profile.ts';
import { warnOfExpiry } from '../service/cluster-events.ts';
import { publishClusterEvent } from '../service/cluster-notifications.ts';
import type { ClusterServices } from '../service/cluster-services.ts';
import { requestDestroy } from '../service/destroy.ts';
import { UNDER_DESTRUCTION } from '../service/presentation.ts';
import { type ClusterRow, lockCluster } from '../store/clusters.sql.ts';
import { listExpired, listExpiring, listUndestroyed } from '../store/expiry.sql.ts';
import { listUnrenewed } from '../store/keepalive.sql.ts';

const BATCH = 100;
const ACTOR = systemActor('janitor');

type ExpiryServices = Pick<ClusterServices, 'db' | 'queue' | 'secrets'>;

/** Destroys every cluster that has expired, whatever its status (G3); a failed destroy is repeated until it succeeds or is abandoned. */
export function clusterExpiryTask(services: ExpiryServices, intervalMs: number): PeriodicTask {
  const { db, queue } = services;
  return expiryTask(queue, {
    name: 'destroy-expired-clusters',
    intervalMs,
    listExpired: async () => [
      ...(await db.query(listExpired, { limit: BATCH })),
      ...(await db.query(listUnrenewed, { limit: BATCH })),
      ...(await db.query(listUndestroyed, { limit: BATCH })),
    ],
    expire: (tx, id) => destroyExpired(services, tx, id),
  });
}

async function destroyExpired(services: ExpiryServices, tx: Tx, id: string): Promise<boolean> {
  const [cluster] = await tx.query(lockCluster, { id, teams: null });
  if (!cluster || cluster.status === 'DESTROYED' || cluster.status === 'DESTROYING') return false;
  const isRetry = cluster.status === 'DESTROY_FAILED';
  const expiry = expiryOf(cluster);
  // Renewed, extended, abandoned, or destroyed in vain once more since it was listed.
  const dueAt = isRetry ? cluster.destroyRetryAt : expiry.at;
  if (cluster.abandonedAt !== null || (dueAt && dueAt > (await readDatabaseTime(tx)))) return false;
  const reason = isRetry ? 'the last destroy failed' : expiry.reason;
  // A destroy that failed is repeated; the cluster expires no second time.
  if (!isRetry)
    await publishClusterEvent(tx, id, 'cluster.expired', reason, { expiresAt: expiry.at.toISOString() });
  const jobId = await requestDestroy(services, tx, id, {
    type: JANITOR_DESTROY_JOB,
    requestedBy: ACTOR.principal,
    reason,
  });
  await audit(tx, cluster.team, ACTOR, {
    action: isRetry ? 'cluster.destroy.retry' : 'cluster.expire',
    target: id,
    status: 'SUCCESS',
    metadata: { name: cluster.name, reason, jobId },
  });
  return true;
}

/** What ends a cluster first: its deadline, or that no client renewed its keepalive. */
function expiryOf(cluster: ClusterRow): { readonly at: Date; readonly reason: string } {
  const { destroyAt, keepaliveEnd, keepaliveRenewedAt, keepaliveMinutes } = cluster;
  if (keepaliveEnd === null || destroyAt <= keepaliveEnd)
    return { at: destroyAt, reason: `expired at ${destroyAt.toISOString()}` };
  const reason = `keepalive not renewed since ${keepaliveRenewedAt?.toISOString()}: due every ${shortDuration((keepaliveMinutes ?? 0) * 60_000)}`;
  return { at: keepaliveEnd, reason };
}

/** How long before their deadline the clusters of a profile get their warning. */
export function warningThreshold({ name, lifecycle }: Profile): { profile: string; hours: number } {
  return { profile: name, hours: lifecycle.warnBeforeDestroyHours };
}

/** Warns of clusters near their deadline, as early as their profile says: once for each deadline. */
export function expiryWarningTask(db: Db, profiles: Profiles, intervalMs: number): PeriodicTask {
  return {
    name: 'warn-before-expiry',
    intervalMs,
    async run(signal, commit) {
      const thresholds = profiles.list().map(warningThreshold);
      const warned: string[] = [];
      const due = { thresholds, defaultHours: DEFAULT_WARNING_HOURS, limit: BATCH };
      for (const { id, destroyAt, hours } of await db.query(listExpiring, due)) {
        if (signal.aborted) break;
        const isNew = await commit(async (tx) => {
          const [cluster] = await tx.query(lockCluster, { id, teams: null });
          // Extended or destroyed since it was listed.
          if (cluster?.destroyAt.getTime() !== destroyAt.getTime()) return false;
          if (UNDER_DESTRUCTION.has(cluster.status)) return false;
          return warnOfExpiry(tx, cluster, hours);
        });
        if (isNew) warned.push(id);
      }
      return warned.length > 0 ? { warned } : undefined;
    },
  };
}
