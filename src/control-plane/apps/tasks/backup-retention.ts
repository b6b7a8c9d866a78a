import type { RetentionRule } from '../../kernel/retention/retention-rule.ts';
import type { AppServices } from '../service/app-services.ts';
import { removeBackupKey, removeDump } from '../service/backup-artifacts.ts';
import {
  beginBackupRemoval,
  countDueRemovals,
  deleteBackup,
  listDueRemovals,
} from '../store/backup-schedule.sql.ts';

const BATCH = 20;

export interface BackupRetention {
  readonly backupsDaily: number;
  readonly backupsWeekly: number;
  readonly backupDays: number;
}

/** Backups that nothing needs any more, with what is stored of them. */
export function backupRetention(
  services: Pick<AppServices, 'db' | 'artifacts' | 'secrets'>,
  { backupsDaily: daily, backupsWeekly: weekly, backupDays: days }: BackupRetention,
): RetentionRule {
  const { db } = services;
  const keep = { days, daily, weekly };
  return {
    name: 'database-backups',
    meaning: `backups of databases that failed, were asked for by hand or are of destroyed databases; of the scheduled ones all but ${daily} daily and ${weekly} weekly, whatever their age`,
    days,
    countDue: async () => (await db.query(countDueRemovals, keep))[0]?.count ?? 0,
    async removeSome(failed) {
      const due = await db.query(listDueRemovals, { ...keep, failed: [...failed.keys()], limit: BATCH });
      for (const { id } of due)
        await removeBackup(services, id).catch((error: unknown) => failed.set(id, error));
      return due.length;
    },
  };
}

/** The row last: a removal that is interrupted is found again. */
async function removeBackup(
  services: Pick<AppServices, 'db' | 'artifacts' | 'secrets'>,
  id: string,
): Promise<void> {
  const [row] = await services.db.query(beginBackupRemoval, { id });
  if (!row) return;
  await removeDump(services, { id, databaseId: row.databaseId });
  await services.db.tx(async (tx) => {
    await removeBackupKey(services, tx, id);
    await tx.query(deleteBackup, { id });
  });
}
