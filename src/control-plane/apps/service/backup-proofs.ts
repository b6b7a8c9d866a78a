import type { components } from '../../../contract/api.gen.ts';
import { readableTeams } from '../../kernel/access/team-access.ts';
import { audit } from '../../kernel/audit/audit.ts';
import type { Actor, Caller } from '../../kernel/caller.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { readJob } from '../../kernel/jobs/job-reader.ts';
import { drillOf } from '../databases/postgres-host.ts';
import { VERIFY_DATABASE_JOB } from '../job-types.ts';
import { setVerifyJob } from '../store/backup-proofs.sql.ts';
import type { BackupRow } from '../store/backups.sql.ts';
import type { AppServices } from './app-services.ts';
import { lockOwnBackup, readBackup } from './backups.ts';
import { createDatabase } from './databases.ts';

type Schemas = components['schemas'];

/** Restores into a new database: what is there is not touched. Its environment is made again when it is gone. */
export async function restoreBackup(
  services: AppServices,
  tx: Tx,
  caller: Caller,
  id: string,
  request: Schemas['BackupRestoreRequest'],
): Promise<{ database: Schemas['Database']; job: Schemas['Job'] }> {
  const backup = await lockOwnBackup(tx, caller, id);
  assertAvailable(backup);
  const { team, environmentName: environment, memoryMb, connectionLimit } = backup;
  return createDatabase(
    services,
    tx,
    caller,
    { environment, memoryMb, connectionLimit, ...request, team },
    { backupId: id },
  );
}

/** Asks for a drill: the backup is restored into a server of its own and compared. */
export async function verifyBackup(
  services: AppServices,
  tx: Tx,
  caller: Caller,
  id: string,
): Promise<{ backup: Schemas['DatabaseBackup']; job: Schemas['Job'] }> {
  // The lane before the row, as workers do.
  const seen = await readBackup(tx, id, readableTeams(caller));
  await services.queue.lockLane(tx, drillOf(seen.database.id));
  const backup = await lockOwnBackup(tx, caller, id);
  assertAvailable(backup);
  const { databaseId, databaseName: name, databaseStatus, team } = backup;
  if (databaseStatus !== 'ACTIVE')
    throw new AppError(
      'STATE_CONFLICT',
      `Database ${name} is ${databaseStatus}: restore the backup, which compares it as well.`,
    );
  const database = { id: databaseId, name, team };
  const jobId = await requestVerification(services, tx, caller, { database, backupId: id });
  return { backup: await readBackup(tx, id, null), job: await readJob(tx, jobId, null) };
}

export async function requestVerification(
  { queue }: Pick<AppServices, 'queue'>,
  tx: Tx,
  actor: Actor,
  {
    database: { id, name, team },
    backupId,
  }: { readonly database: { readonly id: string; name: string; team: string }; readonly backupId: string },
): Promise<string> {
  const jobId = await queue.enqueue(tx, {
    ...{ resourceId: drillOf(id), resourceName: name, team, type: VERIFY_DATABASE_JOB },
    ...{ requestedBy: actor.principal, traceparent: actor.traceparent, payload: { backupId } },
  });
  await tx.query(setVerifyJob, { id: backupId, jobId });
  await audit(tx, team, actor, {
    action: 'database.verify',
    target: id,
    status: 'SUCCESS',
    metadata: { name, backupId, jobId },
  });
  return jobId;
}

function assertAvailable({ id, status }: BackupRow): void {
  if (status !== 'AVAILABLE') throw new AppError('STATE_CONFLICT', `Backup ${id} is ${status}.`);
}
