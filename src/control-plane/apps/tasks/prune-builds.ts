import type { PeriodicTask } from '../../kernel/tasks/periodic-task.ts';
import type { AppJobContext } from '../jobs/app-job-context.ts';
import { listUnneededBuilds, setBuildRemoved } from '../store/builds.sql.ts';

const INTERVAL_MS = 10 * 60_000;
const BATCH = 50;

/** Removes builds that no release needs; in the database first, so that no rollback begins with one that is gone (P22). */
export function pruneBuildsTask(context: AppJobContext, keep: number): PeriodicTask {
  return {
    name: 'prune-builds',
    scope: 'host',
    intervalMs: INTERVAL_MS,
    async run(signal) {
      if (!(await context.host.isMine())) return undefined;
      const removed: string[] = [];
      for (const { digest } of await context.db.query(listUnneededBuilds, { keep, limit: BATCH })) {
        if (signal.aborted || digest === null) break;
        const { builder } = await context.host.drivers();
        await context.db.query(setBuildRemoved, { digest });
        await builder.remove(digest);
        removed.push(digest);
      }
      return removed.length > 0 ? { removed } : undefined;
    },
  };
}
