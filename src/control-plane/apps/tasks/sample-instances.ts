import type { PeriodicTask } from '../../kernel/tasks/periodic-task.ts';
import type { AppJobContext } from '../jobs/app-job-context.ts';
import { listInstancesOfHost } from '../store/instances.sql.ts';
import { addUsage } from '../store/samples.sql.ts';

/** P17: records what the instances of this host use. */
export function sampleInstancesTask(
  { db, host }: Pick<AppJobContext, 'db' | 'host'>,
  intervalMs: number,
): PeriodicTask {
  return {
    name: 'sample-application-instances',
    scope: 'host',
    intervalMs,
    async run() {
      const rows = await db.query(listInstancesOfHost, { host: host.name });
      if (rows.length === 0) return undefined;
      const { runtime } = await host.drivers();
      await db.query(addUsage, { usage: await runtime.stats() });
      return undefined;
    },
  };
}
