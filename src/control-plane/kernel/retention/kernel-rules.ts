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
import { itemRule, type RetentionRule, rowRule } from './retention-rule.ts';

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
    itemRule(
      db,
      { name: 'job-events', meaning: 'events and debug output of jobs, after their end', days },
      {
        ...{ count: countJobsWithOldEvents, list: listJobsWithOldEvents, limit: BATCH },
        async remove(jobId) {
          // Before the events: a job whose events are removed is not found again.
          await removeBelow(artifacts, `${DEBUG_LOG_FOLDER}/${jobId}`);
          await db.query(deleteJobEvents, { jobId });
        },
      },
    ),
    rowRule(
      db,
      { name: 'workers', meaning: 'workers, after their last heartbeat', days: WORKER_DAYS },
      { count: countSilentWorkers, remove: deleteSilentWorkers },
    ),
    rowRule(
      db,
      {
        name: 'notification-events',
        meaning: 'events of notifications and their deliveries',
        days: NOTIFICATION_DAYS,
      },
      { count: countOldEvents, remove: deleteOldEvents },
    ),
  ];
}
