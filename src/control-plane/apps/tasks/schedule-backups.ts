import { systemActor } from '../../kernel/caller.ts';
import type { PeriodicTask } from '../../kernel/tasks/periodic-task.ts';
import type { AppServices } from '../service/app-services.ts';
import { requestBackup } from '../service/backups.ts';
import { listDueBackups } from '../store/backup-schedule.sql.ts';

const INTERVAL_MS = 60_000;
const BATCH = 100;

/** Asks for the backups of the schedules. The database allows one of each slot, however many janitors ask. */
export function scheduleBackupsTask(services: Pick<AppServices, 'db' | 'queue' | 'newId'>): PeriodicTask {
  return {
    name: 'schedule-database-backups',
    intervalMs: INTERVAL_MS,
    async run(signal, commit) {
      const requested: string[] = [];
      for (const { schedule, slot, ...database } of await services.db.query(listDueBackups, {
        limit: BATCH,
      })) {
        if (signal.aborted) break;
        const backup = await commit(async (tx) => {
          await services.queue.lockLane(tx, database.id);
          return requestBackup(services, tx, systemActor('janitor'), { database, due: { schedule, slot } });
        });
        if (backup !== undefined) requested.push(backup.backupId);
      }
      return requested.length === 0 ? undefined : { requested };
    },
  };
}
