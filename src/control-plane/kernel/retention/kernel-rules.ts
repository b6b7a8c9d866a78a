import type { ArtifactStore } from '../artifacts/artifact-store.ts';
import { removeBelow } from '../artifacts/remove-below.ts';
import type { Db } from '../db/db.ts';
import { DEBUG_LOG_FOLDER } from '../jobs/debug-log.ts';
import { countOldEvents, deleteOldEvents } from '../notifications/deliveries.sql.ts';
import {
  countJobsWithOldEvents,
  countSilentWorkers,
  deleteJobEvents,
  deleteSilentWorkers,
  listJobsWithOldEvents,
} from './retention.sql.ts';
import { forEachOf, type RetentionRule } from './retention-rule.ts';

const BATCH = 50;
const WORKER_DAYS = 7;
const NOTIFICATION_DAYS = 30;

/** Events and debug output of ended jobs, lost workers, and events of notifications. Rows of jobs stay: they are the history of a resource. */
export function kernelRetention(
  db: Pick<Db, 'query'>,
  artifacts: Pick<ArtifactStore, 'list' | 'remove'>,
  { jobRetentionDays: days }: { readonly jobRetentionDays: number },
): RetentionRule[] {
  return [
    {
      name: 'job-events',
      meaning: 'events and debug output of jobs, after their end',
      days,
      countDue: async () => (await db.query(countJobsWithOldEvents, { days }))[0]?.count ?? 0,
      async removeSome(failed) {
        const jobs = await db.query(listJobsWithOldEvents, {
          days,
          failed: [...failed.keys()],
          limit: BATCH,
        });
        return forEachOf(
          jobs.map(({ id }) => id),
          failed,
          async (id) => {
            // Before the events: a job whose events are removed is not found again.
            await removeBelow(artifacts, `${DEBUG_LOG_FOLDER}/${id}`);
            await db.query(deleteJobEvents, { jobId: id });
          },
        );
      },
    },
    {
      name: 'workers',
      meaning: 'workers, after their last heartbeat',
      days: WORKER_DAYS,
      countDue: async () => (await db.query(countSilentWorkers, { days: WORKER_DAYS }))[0]?.count ?? 0,
      removeSome: async () => (await db.query(deleteSilentWorkers, { days: WORKER_DAYS }))[0]?.count ?? 0,
    },
    {
      name: 'notification-events',
      meaning: 'events of notifications and their deliveries',
      days: NOTIFICATION_DAYS,
      countDue: async () => (await db.query(countOldEvents, { days: NOTIFICATION_DAYS }))[0]?.count ?? 0,
      removeSome: async () => (await db.query(deleteOldEvents, { days: NOTIFICATION_DAYS }))[0]?.count ?? 0,
    },
  ];
}
