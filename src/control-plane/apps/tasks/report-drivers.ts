import type { PeriodicTask } from '../../kernel/tasks/periodic-task.ts';
import type { AppHost } from '../startup/app-host.ts';

/** Until a program that an admin installs is shown by `app doctor`. */
const INTERVAL_MS = 5 * 60_000;

/** Keeps what `app doctor` shows: which drivers this host can use. */
export function reportDriversTask(host: AppHost): PeriodicTask {
  return {
    name: 'report-application-drivers',
    scope: 'host',
    intervalMs: INTERVAL_MS,
    async run() {
      if (!(await host.isMine())) return undefined;
      const unusable = await host.reportDrivers();
      return unusable.length > 0 ? { unusable } : undefined;
    },
  };
}
