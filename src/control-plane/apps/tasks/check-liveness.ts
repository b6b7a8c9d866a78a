import type { PeriodicTask } from '../../kernel/tasks/periodic-task.ts';
import type { AppJobContext } from '../jobs/app-job-context.ts';
import { checkInstance } from '../jobs/check-instance.ts';
import { releaseSettings } from '../policy/service-settings.ts';
import { listServingInstances, setFailedChecks } from '../store/instances.sql.ts';

/** P11: an instance that fails this often in a row is stopped; the reconciler starts another one. */
const MAX_FAILED_CHECKS = 3;
const STOP_GRACE_MS = 10_000;

/** Asks every instance that serves whether it still does. */
export function checkLivenessTask(context: AppJobContext, intervalMs: number): PeriodicTask {
  return {
    name: 'check-application-liveness',
    scope: 'host',
    intervalMs,
    async run() {
      const { db, domain, host } = context;
      const stopped: string[] = [];
      const rows = await db.query(listServingInstances, { host: host.name });
      const check = async (row: (typeof rows)[number]) => {
        if (row.addressHost === null || row.addressPort === null) return;
        const { healthPath: path } = releaseSettings.parse(row.settings);
        const address = { host: row.addressHost, port: row.addressPort };
        const result = await checkInstance(address, { path, hostName: `${row.hostLabel}.${domain}` });
        const failedChecks = result.isOk ? 0 : row.failedChecks + 1;
        if (failedChecks !== row.failedChecks) await db.query(setFailedChecks, { id: row.id, failedChecks });
        if (failedChecks < MAX_FAILED_CHECKS) return;
        const { runtime } = await host.drivers();
        await runtime.stop(row.id, STOP_GRACE_MS);
        stopped.push(row.id);
      };
      await Promise.all(rows.map(check));
      return stopped.length > 0 ? { stopped } : undefined;
    },
  };
}
