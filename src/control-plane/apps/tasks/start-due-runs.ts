import type { PeriodicTask } from '../../kernel/tasks/periodic-task.ts';
import type { AppServices } from '../service/app-services.ts';
import { queueDueRun } from '../service/runs.ts';
import { listDueServices } from '../store/runs.sql.ts';
import { lockService } from '../store/services.sql.ts';

/** Starts the runs whose time has come. */
export function startDueRunsTask(
  services: Pick<AppServices, 'db' | 'queue' | 'newId'>,
  intervalMs: number,
): PeriodicTask {
  const { db, queue } = services;
  return {
    name: 'start-due-runs',
    intervalMs,
    async run(signal, commit) {
      const started: string[] = [];
      for (const { id } of await db.query(listDueServices, {})) {
        if (signal.aborted) break;
        const isNew = await commit(async (tx) => {
          await queue.lockLane(tx, id);
          const [service] = await tx.query(lockService, { id, teams: null });
          return service !== undefined && queueDueRun(services, tx, service);
        });
        if (isNew) started.push(id);
      }
      return started.length > 0 ? { started } : undefined;
    },
  };
}
