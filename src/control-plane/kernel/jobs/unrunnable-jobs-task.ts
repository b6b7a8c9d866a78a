import type { Db } from '../db/db.ts';
import type { PeriodicTask } from '../tasks/periodic-task.ts';
import type { Dispatcher } from './dispatcher.ts';
import { appendUnrunnableEvents } from './events.sql.ts';

/** Says in jobs that have been ready for a whole interval that no running worker has a handler for them. */
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
