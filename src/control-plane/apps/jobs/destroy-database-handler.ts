import { DESTROY_DATA_PHASES } from '../../../contract/statuses.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import {
  type ClaimedJob,
  type JobContext,
  JobFailure,
  type JobIdentity,
  type JobRequest,
  type JobResult,
} from '../../kernel/jobs/job.ts';
import { runPhases } from '../../kernel/jobs/run-phases.ts';
import { DESTROY_DATABASE_JOB } from '../job-types.ts';
import { removeDatabasePasswords } from '../service/database-secrets.ts';
import { endDatabaseDestroy, failDatabaseDestroy, getDatabase } from '../store/databases.sql.ts';
import type { AppJobContext } from './app-job-context.ts';
import { AppJobHandler } from './app-job-handler.ts';

const TIMEOUT_MS = 30 * 60_000;

/** Ends a database with its data, and looks at the host before it says so (A9). */
export class DestroyDatabaseHandler extends AppJobHandler {
  constructor(context: AppJobContext) {
    super(context, { type: DESTROY_DATABASE_JOB, timeoutMs: TIMEOUT_MS });
  }

  protected override async work(attempt: JobContext): Promise<JobResult> {
    const { resourceId: id } = attempt.job;
    const [row] = await attempt.db.query(getDatabase, { id, teams: null });
    if (!row || row.status === 'DESTROYED') return {};
    const { databases } = await this.context.host.drivers();
    const step = runPhases(attempt, DESTROY_DATA_PHASES);
    await step('remove', 'Stopping the server and removing its data', () => databases.remove(id));
    await step('read-back', 'Looking for what is left on the host', async () => {
      const [first] = await databases.residueOf(id);
      if (first !== undefined)
        throw new JobFailure('RESIDUE_FOUND', `still on the host: ${first}`, { retryable: true });
    });
    return { write: (tx) => endDatabase(this.context, tx, id) };
  }

  override async onFailed(
    tx: Tx,
    { resourceId: id }: ClaimedJob,
    { code, message }: JobFailure,
  ): Promise<void> {
    await tx.query(failDatabaseDestroy, { id, code, message });
  }

  override async onCancelled(tx: Tx, { resourceId: id }: JobIdentity): Promise<void> {
    await tx.query(failDatabaseDestroy, { id, code: 'CANCELLED', message: 'the job was cancelled' });
  }

  /** @throws AppError STATE_CONFLICT: it would leave half a database */
  async onCancelRequested(_tx: Tx, { job }: JobRequest): Promise<void> {
    throw new AppError('STATE_CONFLICT', `Job ${job.id} destroys a database: that is not cancelled.`);
  }
}

/** Its data is gone: so are its passwords. */
export async function endDatabase(
  { secrets }: Pick<AppJobContext, 'secrets'>,
  tx: Tx,
  id: string,
): Promise<void> {
  await tx.query(endDatabaseDestroy, { id });
  await removeDatabasePasswords(secrets, tx, id);
}
