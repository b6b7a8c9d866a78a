import type { PeriodicTask } from '../../kernel/tasks/periodic-task.ts';
import type { AppJobContext } from '../jobs/app-job-context.ts';
import { collectLog } from '../jobs/collect-logs.ts';
import { listInstancesOfHost } from '../store/instances.sql.ts';

/** Stores what the instances of this host wrote, so that every API server can show it. */
export function collectLogsTask(context: AppJobContext, intervalMs: number): PeriodicTask {
  return {
    name: 'collect-application-logs',
    scope: 'host',
    intervalMs,
    async run(signal) {
      const rows = await context.db.query(listInstancesOfHost, { host: context.host.name });
      if (rows.length === 0) return undefined;
      const { runtime } = await context.host.drivers();
      for (const row of rows) {
        if (signal.aborted) break;
        await collectLog(context, context.db, runtime, row);
      }
      return undefined;
    },
  };
}
