import { systemActor } from '../../kernel/caller.ts';
import type { PeriodicTask } from '../../kernel/tasks/periodic-task.ts';
import { drillOf } from '../databases/postgres-host.ts';
import type { AppServices } from '../service/app-services.ts';
import { requestVerification } from '../service/backup-proofs.ts';
import { listDueDrills } from '../store/backup-proofs.sql.ts';
import { lockDatabase } from '../store/databases.sql.ts';

const INTERVAL_MS = 10 * 60_000;
const BATCH = 20;

/** Asks for the restore drills: of each database, the newest backup every N days, the first one at once. */
export function scheduleDrillsTask(
  services: Pick<AppServices, 'db' | 'queue'>,
  { backupVerifyDays: days }: { readonly backupVerifyDays: number },
): PeriodicTask {
  return {
    name: 'schedule-restore-drills',
    intervalMs: INTERVAL_MS,
    async run(signal, commit) {
      if (days === 0) return undefined;
      const requested: string[] = [];
      const due = await services.db.query(listDueDrills, { days, databaseId: null, limit: BATCH });
      for (const { id } of due) {
        if (signal.aborted) break;
        const backupId = await commit(async (tx) => {
          await services.queue.lockLane(tx, drillOf(id));
          await tx.query(lockDatabase, { id, teams: null });
          // Another janitor may have asked meanwhile.
          const [still] = await tx.query(listDueDrills, { days, databaseId: id, limit: 1 });
          if (!still) return undefined;
          const { backupId: newest, ...database } = still;
          await requestVerification(services, tx, systemActor('janitor'), { database, backupId: newest });
          return newest;
        });
        if (backupId !== undefined) requested.push(backupId);
      }
      return requested.length === 0 ? undefined : { requested };
    },
  };
}
