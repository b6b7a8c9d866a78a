import { RESTORE_DATABASE_PHASES } from '../../../contract/statuses.ts';
import type { Tx } from '../../kernel/db/db.ts';
import type { ClaimedJob, JobContext, JobFailure } from '../../kernel/jobs/job.ts';
import { RESTORE_DATABASE_JOB } from '../job-types.ts';
import { setBackupProven } from '../store/backup-proofs.sql.ts';
import type { AppJobContext } from './app-job-context.ts';
import { backupOf } from './backup-database-handler.ts';
import {
  ProvisionDatabaseHandler,
  type RunPhase,
  type StartedServer,
  type Write,
} from './provision-database-handler.ts';
import { checkedBackup, noteUnproven, restoreInto, storedBackup } from './restored-backup.ts';

const TIMEOUT_MS = 4 * 3_600_000;
const ABOUT_THE_BACKUP = new Set(['BACKUP_CORRUPT', 'BACKUP_DIFFERS']);

/** Makes a new database from a backup. It is ACTIVE when its rows are those of the dump, which proves the backup as well. */
export class RestoreDatabaseHandler extends ProvisionDatabaseHandler {
  /** Of one that is ACTIVE already, the data would be replaced. */
  protected override statuses = ['PROVISIONING'];
  protected override phases = RESTORE_DATABASE_PHASES;

  constructor(context: AppJobContext) {
    super(context, RESTORE_DATABASE_JOB, TIMEOUT_MS);
  }

  protected override async before(attempt: JobContext, step: RunPhase): Promise<void> {
    const id = backupOf(attempt.job);
    await step('check', 'Reading the backup', () => checkedBackup(this.context, attempt, id));
  }

  protected override async fill(attempt: JobContext, step: RunPhase, server: StartedServer): Promise<Write> {
    const id = backupOf(attempt.job);
    // This attempt has read all of it before.
    await step('restore', 'Restoring and comparing', async () =>
      restoreInto(this.context, attempt, server, await storedBackup(attempt, id)),
    );
    return async (tx) => void (await tx.query(setBackupProven, { id }));
  }

  override async onFailed(tx: Tx, job: ClaimedJob, failure: JobFailure): Promise<void> {
    await super.onFailed(tx, job, failure);
    if (ABOUT_THE_BACKUP.has(failure.code)) await noteUnproven(tx, backupOf(job), failure.message);
  }
}
