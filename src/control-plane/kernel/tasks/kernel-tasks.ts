import { purgeNonces } from '../access/nonces.sql.ts';
import { purgeSecretAccesses } from '../approvals/secret-access-quota.sql.ts';
import type { Db } from '../db/db.ts';
import { purgeIdempotencyRecords } from '../idempotency/once.sql.ts';
import type { Dispatcher } from '../jobs/dispatcher.ts';
import { reclaimExpiredLeases } from '../jobs/lease.sql.ts';
import { purgeRates } from '../limits/rate.sql.ts';
import type { PeriodicTask } from './periodic-task.ts';

/** Reclaims the lanes of workers whose lease has expired (G7): any worker can claim them at once. */
export function reclaimExpiredLeasesTask(db: Db, dispatcher: Dispatcher, intervalMs: number): PeriodicTask {
  return {
    name: 'reclaim-expired-leases',
    intervalMs,
    async run() {
      const taken = await db.query(reclaimExpiredLeases, {});
      if (taken.length === 0) return undefined;
      dispatcher.wake(taken.map(({ resourceId }) => resourceId));
      return {
        jobs: taken.map(({ jobId }) => jobId),
        workers: [...new Set(taken.map(({ workerId }) => workerId))],
      };
    },
  };
}

/** Removes idempotency records after 24 hours, nonces after the time window of their signatures, and idle rate limits. */
export function purgeExpiredTask(db: Db, intervalMs: number): PeriodicTask {
  return {
    name: 'purge-expired',
    intervalMs,
    async run() {
      const [records] = await db.query(purgeIdempotencyRecords, {});
      const [nonces] = await db.query(purgeNonces, {});
      await db.query(purgeRates, {});
      const [accesses] = await db.query(purgeSecretAccesses, {});
      const removed = {
        idempotencyRecords: records?.count ?? 0,
        nonces: nonces?.count ?? 0,
        secretAccesses: accesses?.count ?? 0,
      };
      return Object.values(removed).some((count) => count > 0) ? removed : undefined;
    },
  };
}
