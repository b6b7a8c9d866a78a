import { readableTeams } from '../kernel/access/team-access.ts';
import { type HandlersOf, query } from '../kernel/api/handler.ts';
import type { Caller } from '../kernel/caller.ts';
import type { AppServices } from './service/app-services.ts';
import { restoreBackup, verifyBackup } from './service/backup-proofs.ts';
import { changeBackupSchedule, createBackup, pageBackups, readBackup } from './service/backups.ts';

export type BackupOperation =
  | 'setBackupSchedule'
  | 'createDatabaseBackup'
  | 'listDatabaseBackups'
  | 'getDatabaseBackup'
  | 'restoreDatabaseBackup'
  | 'verifyDatabaseBackup';

/**
 * Those of backups of databases.
 * @param ofDatabase whether the caller may still read the database of a stored answer
 */
export function backupOperations(
  services: AppServices,
  ofDatabase: (caller: Caller, answer: unknown) => Promise<void>,
): HandlersOf<BackupOperation> {
  const { db } = services;
  const ofBackup = async (caller: Caller, answer: unknown) =>
    void (await readBackup(db, (answer as { backup: { id: string } }).backup.id, readableTeams(caller)));
  const command = { kind: 'command', status: 202 } as const;
  return {
    setBackupSchedule: {
      ...command,
      action: 'database.schedule',
      status: 200,
      authorizeReplay: ofDatabase,
      run: (tx, { caller, path, body }) => changeBackupSchedule(tx, caller, path.id, body),
    },
    createDatabaseBackup: {
      ...command,
      action: 'database.backup',
      authorizeReplay: ofBackup,
      run: (tx, { caller, path }) => createBackup(services, tx, caller, path.id),
    },
    listDatabaseBackups: query(({ caller, query }) => pageBackups(db, caller, query)),
    getDatabaseBackup: query(({ caller, path }) => readBackup(db, path.id, readableTeams(caller))),
    restoreDatabaseBackup: {
      ...command,
      action: 'database.restore',
      authorizeReplay: ofDatabase,
      run: (tx, { caller, path, body }) => restoreBackup(services, tx, caller, path.id, body),
    },
    verifyDatabaseBackup: {
      ...command,
      action: 'database.verify',
      authorizeReplay: ofBackup,
      run: (tx, { caller, path }) => verifyBackup(services, tx, caller, path.id),
    },
  };
}
