import * as z from 'zod';
import { BACKUP_DATABASE_PHASES } from '../../../contract/statuses.ts';
import { ArtifactError } from '../../kernel/artifacts/artifact-error.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { messageOf } from '../../kernel/errors.ts';
import {
  type ClaimedJob,
  type JobContext,
  JobFailure,
  type JobIdentity,
  type JobResult,
} from '../../kernel/jobs/job.ts';
import { runPhases } from '../../kernel/jobs/run-phases.ts';
import { dumpDatabase } from '../databases/postgres/dump.ts';
import { adminOf } from '../databases/postgres-host.ts';
import { BACKUP_DATABASE_JOB } from '../job-types.ts';
import { ensureBackupKey, removeDump, storeDump } from '../service/backup-artifacts.ts';
import { openAdminPassword } from '../service/database-secrets.ts';
import { publishDatabaseEvent } from '../service/notifications.ts';
import { type BackupRow, failBackup, getBackup, setBackupAvailable } from '../store/backups.sql.ts';
import { type DatabaseRow, getDatabase } from '../store/databases.sql.ts';
import type { AppJobContext } from './app-job-context.ts';
import { AppJobHandler } from './app-job-handler.ts';
import type { StartedServer } from './provision-database-handler.ts';
import { startDatabase } from './start-database.ts';

const TIMEOUT_MS = 4 * 3_600_000;

const backupPayload = z.object({ backupId: z.string() });
/** The backup that a job is about. */
export const backupOf = ({ payload }: Pick<ClaimedJob, 'payload'>): string =>
  backupPayload.parse(payload).backupId;

/** Dumps a database into the artifact store. It says that a backup is there only after it has read it (A7). */
export class BackupDatabaseHandler extends AppJobHandler {
  constructor(context: AppJobContext) {
    super(context, { type: BACKUP_DATABASE_JOB, timeoutMs: TIMEOUT_MS });
  }

  protected override async work(attempt: JobContext): Promise<JobResult> {
    const [backup] = await attempt.db.query(getBackup, { id: backupOf(attempt.job), teams: null });
    const [database] = await attempt.db.query(getDatabase, { id: attempt.job.resourceId, teams: null });
    if (backup?.status !== 'PENDING' || !database) return {};
    if (database.status !== 'ACTIVE')
      throw new JobFailure('DATABASE_FAILED', `the database is ${database.status}`, { retryable: false });
    const step = runPhases(attempt, BACKUP_DATABASE_PHASES);
    try {
      const source = await step('prepare', 'Removing what an earlier attempt left', async () => {
        await removeDump(this.context, backup);
        await attempt.commit((tx) => ensureBackupKey(this.context, tx, backup.id));
        return this.#source(attempt, database);
      });
      // It is being destroyed.
      return source === undefined ? {} : await this.#dump(attempt, step, backup, source);
    } catch (error) {
      await removeDump(this.context, backup).catch((left: unknown) =>
        attempt.event({
          kind: 'log',
          level: 'warn',
          message: `what was stored is removed later: ${messageOf(left)}`,
        }),
      );
      throw asStorageFailure(error, { isRetryable: true });
    }
  }

  /** The server of the database, which is started if it ended: while a job has its lane, nothing else does that. */
  async #source(attempt: JobContext, row: DatabaseRow): Promise<StartedServer | undefined> {
    const { secrets, redactor, host } = this.context;
    const { databases } = await host.drivers();
    const programs = await databases.programs(row.version);
    const adminPassword = await openAdminPassword(secrets, attempt.db, row.id);
    redactor.register(adminPassword);
    const start = { programs, row, adminPassword };
    const port = await startDatabase(this.context, attempt, databases, start);
    return port === undefined ? undefined : { programs, admin: adminOf(port, adminPassword) };
  }

  async #dump(
    attempt: JobContext,
    step: ReturnType<typeof runPhases<(typeof BACKUP_DATABASE_PHASES)[number]>>,
    backup: BackupRow,
    { programs, admin }: StartedServer,
  ): Promise<JobResult> {
    const target = { programs, admin, signal: attempt.signal };
    const name = `attempt-${attempt.job.attempt}-fence-${attempt.job.fence}`;
    let whenStored = (): void => {};
    const isStored = new Promise<void>((resolve) => {
      whenStored = resolve;
    });
    const work = dumpDatabase(target, (dump) =>
      storeDump(this.context, attempt.db, backup, { name, dump, onStored: () => whenStored() }),
    );
    try {
      await step('dump', 'Dumping the database', () => Promise.race([isStored, work]));
      const { stored, rowCounts } = await step('read-back', 'Reading the backup back', () => work);
      const { uri, sha256, sizeBytes } = stored;
      const facts = { id: backup.id, uri, sha256, sizeBytes, version: programs.version, rowCounts };
      return { write: async (tx) => void (await tx.query(setBackupAvailable, facts)) };
    } finally {
      // Stopped between the two: what is removed then is not written any more.
      await work.catch(() => {});
    }
  }

  override async onFailed(tx: Tx, job: ClaimedJob, { code, message }: JobFailure): Promise<void> {
    const [failed] = await tx.query(failBackup, { jobId: job.id, code, message });
    if (failed) await publishDatabaseEvent(tx, job.resourceId, 'database.backup_failed', message);
  }

  override async onCancelled(tx: Tx, { id: jobId }: JobIdentity): Promise<void> {
    await tx.query(failBackup, { jobId, code: 'CANCELLED', message: 'the job was cancelled' });
  }
}

/**
 * What is wrong with the artifact store, or with an artifact in it.
 * @param isRetryable whether another attempt may find an artifact that is intact
 */
export function asStorageFailure(error: unknown, { isRetryable }: { isRetryable: boolean }): unknown {
  if (!(error instanceof ArtifactError)) return error;
  const { code, message } = error;
  if (code === 'ARTIFACT_CORRUPT' || code === 'ARTIFACT_NOT_FOUND')
    return new JobFailure('BACKUP_CORRUPT', message, { retryable: isRetryable, cause: error });
  return new JobFailure('BACKUP_STORAGE', message, { retryable: true, cause: error });
}
