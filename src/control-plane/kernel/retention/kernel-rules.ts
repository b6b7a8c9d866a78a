import type { ArtifactStore } from '../artifacts/artifact-store.ts';
import type { Db } from '../db/db.ts';
import { DEBUG_LOG_FOLDER } from '../jobs/debug-log.ts';
import {
  countJobsWithOldEvents,
  countSilentWorkers,
  deleteJobEvents,
  deleteSilentWorkers,
  listJobsWithOldEvents,
} from './retention.sql.ts';
import type { RetentionRule } from './retention-rule.ts';

const BATCH = 50;
const WORKER_DAYS = 7;

/** Events and debug output of ended jobs, and workers that are gone. The rows of jobs stay: they are the history of a resource. */
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
      async removeSome() {
        const jobs = await db.query(listJobsWithOldEvents, { days, limit: BATCH });
        const jobIds = jobs.map(({ id }) => id);
        // Before the events: a job without events is not found again.
        for (const id of jobIds) await removeAll(artifacts, `${DEBUG_LOG_FOLDER}/${id}`);
        if (jobIds.length > 0) await db.query(deleteJobEvents, { jobIds });
        return jobIds.length;
      },
    },
    {
      name: 'workers',
      meaning: 'workers, after their last sign of life',
      days: WORKER_DAYS,
      countDue: async () => (await db.query(countSilentWorkers, { days: WORKER_DAYS }))[0]?.count ?? 0,
      removeSome: async () => (await db.query(deleteSilentWorkers, { days: WORKER_DAYS }))[0]?.count ?? 0,
    },
  ];
}

/** Removes everything below a prefix. */
export async function removeAll(
  artifacts: Pick<ArtifactStore, 'list' | 'remove'>,
  prefix: string,
): Promise<number> {
  const found = await artifacts.list(prefix);
  for (const { key } of found) await artifacts.remove(key);
  return found.length;
}
