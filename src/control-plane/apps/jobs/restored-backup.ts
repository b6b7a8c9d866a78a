import type { Tx } from '../../kernel/db/db.ts';
import { type JobContext, JobFailure } from '../../kernel/jobs/job.ts';
import { differencesOf, type RowCounts, restoreDump } from '../databases/postgres/dump.ts';
import { assertIntact, openDump } from '../service/backup-artifacts.ts';
import { publishDatabaseEvent } from '../service/notifications.ts';
import { getRowCounts, setBackupUnproven } from '../store/backup-proofs.sql.ts';
import { type BackupRow, getBackup } from '../store/backups.sql.ts';
import type { AppJobContext } from './app-job-context.ts';
import { asStorageFailure } from './backup-database-handler.ts';
import type { StartedServer } from './provision-database-handler.ts';

const MAX_DIFFERENCES = 5;

/** Reads all of a backup before anything is made from it. @throws JobFailure BACKUP_CORRUPT, BACKUP_STORAGE */
export async function checkedBackup(
  context: AppJobContext,
  attempt: JobContext,
  id: string,
): Promise<StoredRow> {
  const backup = await storedBackup(attempt, id);
  await inOurFailures(() => assertIntact(context, attempt.db, backup));
  return backup;
}

/** The row of a backup that is stored. @throws JobFailure BACKUP_CORRUPT */
export async function storedBackup(attempt: JobContext, id: string): Promise<StoredRow> {
  const [row] = await attempt.db.query(getBackup, { id, teams: null });
  if (row?.uri == null || row.sha256 === null)
    throw new JobFailure('BACKUP_CORRUPT', `backup ${id} is gone`, { retryable: false });
  return { ...row, uri: row.uri, sha256: row.sha256 };
}

type StoredRow = BackupRow & { readonly uri: string; readonly sha256: string };

/** Restores a backup into the empty database of a server, and compares it. @throws JobFailure BACKUP_DIFFERS */
export async function restoreInto(
  context: AppJobContext,
  attempt: JobContext,
  { programs, admin }: StartedServer,
  backup: StoredRow,
): Promise<void> {
  const found = await inOurFailures(async () =>
    restoreDump({ programs, admin, signal: attempt.signal }, await openDump(context, attempt.db, backup)),
  );
  const [recorded] = await attempt.db.query(getRowCounts, { id: backup.id });
  const differences = differencesOf((recorded?.rowCounts ?? {}) as RowCounts, found);
  if (differences.length === 0) return;
  const shown = differences.slice(0, MAX_DIFFERENCES).join('; ');
  throw new JobFailure('BACKUP_DIFFERS', `backup ${backup.id} is not what it should be: ${shown}`, {
    retryable: false,
  });
}

/** Records that a backup cannot be trusted, and notifies. */
export async function noteUnproven(tx: Tx, id: string, error: string): Promise<void> {
  const [database] = await tx.query(setBackupUnproven, { id, error });
  if (database) await publishDatabaseEvent(tx, database.id, 'database.verify_failed', error);
}

async function inOurFailures<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw asStorageFailure(error, { isRetryable: false });
  }
}
