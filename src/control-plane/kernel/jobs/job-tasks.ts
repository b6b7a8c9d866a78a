import type { Db } from '../db/db.ts';
import type { PeriodicTask } from '../tasks/periodic-task.ts';
import type { Dispatcher } from './dispatcher.ts';
import { appendUnrunnableEvents } from './events.sql.ts';
import { reclaimExpiredLeases } from './lease.sql.ts';

/** Reclaims the lanes of workers whose lease has expired (G7): any worker can claim them at once. */
export function reclaimExpiredLeasesTask(
  db: Db,
  dispatcher: Pick<Dispatcher, 'wake' | 'announceEvents'>,
  intervalMs: number,
): PeriodicTask {
  return {
    name: 'reclaim-expired-leases',
    intervalMs,
    async run() {
      const reclaimed = await db.query(reclaimExpiredLeases, {});
      if (reclaimed.length === 0) return undefined;
      const jobs = reclaimed.map(({ jobId }) => jobId);
      dispatcher.announceEvents(jobs);
      dispatcher.wake(reclaimed.map(({ resourceId }) => resourceId));
      return {
        jobs,
        workers: [...new Set(reclaimed.map(({ workerId }) => workerId))],
      };
    },
  };
}

/** Adds an event to jobs that have been ready for a whole interval while no running worker can run their type. */
export function reportUnrunnableJobsTask(
  db: Db,
  dispatcher: Pick<Dispatcher, 'announceEvents'>,
  intervalMs: number,
): PeriodicTask {
  return {
    name: 'report-unrunnable-jobs',
    intervalMs,
    async run() {
      const reported = await db.query(appendUnrunnableEvents, { afterMs: intervalMs });
      const jobs = reported.map(({ jobId }) => jobId);
      dispatcher.announceEvents(jobs);
      return jobs.length > 0 ? { jobs } : undefined;
    },
  };
}
