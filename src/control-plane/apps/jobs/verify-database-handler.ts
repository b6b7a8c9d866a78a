import { randomBytes } from 'node:crypto';
import { VERIFY_DATABASE_PHASES } from '../../../contract/statuses.ts';
import type { Tx } from '../../kernel/db/db.ts';
import {
  type ClaimedJob,
  type JobContext,
  JobFailure,
  type JobIdentity,
  type JobResult,
} from '../../kernel/jobs/job.ts';
import { runPhases } from '../../kernel/jobs/run-phases.ts';
import { ensureRoles } from '../databases/postgres/postgres-roles.ts';
import { postgresInstance } from '../databases/postgres/postgres-server.ts';
import { adminOf, drillOf, type PostgresHost } from '../databases/postgres-host.ts';
import { VERIFY_DATABASE_JOB } from '../job-types.ts';
import { clearDrillInstance, setBackupProven, setDrillInstance } from '../store/backup-proofs.sql.ts';
import type { BackupRow } from '../store/backups.sql.ts';
import type { AppJobContext } from './app-job-context.ts';
import { AppJobHandler } from './app-job-handler.ts';
import { backupOf } from './backup-database-handler.ts';
import type { StartedServer } from './provision-database-handler.ts';
import { checkedBackup, noteUnproven, restoreInto } from './restored-backup.ts';
import { freeDatabasePort } from './start-database.ts';

const TIMEOUT_MS = 4 * 3_600_000;

/** The restore drill (A7): restores a backup into a server of its own, compares it with what was dumped, and removes the server. */
export class VerifyDatabaseHandler extends AppJobHandler {
  constructor(context: AppJobContext) {
    super(context, { type: VERIFY_DATABASE_JOB, timeoutMs: TIMEOUT_MS });
  }

  protected override async work(attempt: JobContext): Promise<JobResult> {
    const id = backupOf(attempt.job);
    const { databases } = await this.context.host.drivers();
    const step = runPhases(attempt, VERIFY_DATABASE_PHASES);
    const backup = await step('check', 'Reading the backup', () => checkedBackup(this.context, attempt, id));
    const drill = drillOf(backup.databaseId);
    try {
      const server = await step('start', 'Starting a server for it', () =>
        this.#start(attempt, databases, backup),
      );
      await step('restore', 'Restoring and comparing', () =>
        restoreInto(this.context, attempt, server, backup),
      );
      await step('remove', 'Removing the server', () => databases.removeServer(drill));
    } catch (error) {
      await databases.removeServer(drill);
      throw error;
    }
    return { write: async (tx) => void (await tx.query(setBackupProven, { id })) };
  }

  async #start(attempt: JobContext, databases: PostgresHost, backup: BackupRow): Promise<StartedServer> {
    const { environmentId, databaseId, memoryMb, connectionLimit } = backup;
    const drill = drillOf(databaseId);
    await databases.removeServer(drill);
    const password = randomBytes(24).toString('base64url');
    this.context.redactor.register(password);
    const programs = await databases.programs(backup.version);
    const instanceId = this.context.newId('ins');
    const [set] = await attempt.commit((tx) => tx.query(setDrillInstance, { id: backup.id, instanceId }));
    if (!set)
      throw new JobFailure('DATABASE_FAILED', 'the database is being destroyed', { retryable: false });
    await databases.ensureData(drill, programs, password);
    const port = await freeDatabasePort(attempt.db);
    await databases.runtime.ensure(
      postgresInstance(programs, {
        ...{ instanceId, environmentId, databaseId: drill, name: drill, port, memoryMb, connectionLimit },
        ...{ volume: databases.volumes.path(drill), cpus: this.context.defaults.cpus },
      }),
    );
    const admin = adminOf(port, password);
    await databases.untilReady(port, password, instanceId, attempt.signal);
    await ensureRoles(admin, [], connectionLimit);
    return { programs, admin };
  }

  override async onFailed(tx: Tx, job: ClaimedJob, { message }: JobFailure): Promise<void> {
    await noteUnproven(tx, backupOf(job), message);
  }

  override async onCancelled(tx: Tx, { id: jobId }: JobIdentity): Promise<void> {
    await tx.query(clearDrillInstance, { jobId });
  }
}
