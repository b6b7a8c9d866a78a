import * as z from 'zod';
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
import { drillOf } from '../databases/postgres-host.ts';
import { DESTROY_DATABASE_JOB } from '../job-types.ts';
import { removeBackupKey, removeDumps, storedDumpsOf } from '../service/backup-artifacts.ts';
import { removeDatabasePasswords } from '../service/database-secrets.ts';
import { findOpenDrill } from '../store/backup-proofs.sql.ts';
import { beginBackupRemovals } from '../store/backups.sql.ts';
import { endDatabaseDestroy, failDatabaseDestroy, getDatabase } from '../store/databases.sql.ts';
import type { AppJobContext } from './app-job-context.ts';
import { AppJobHandler } from './app-job-handler.ts';

const destroyPayload = z.object({ keepBackups: z.boolean().default(false) });
const DRILL_STOP_MS = 60_000;
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
    const { keepBackups } = destroyPayload.parse(attempt.job.payload ?? {});
    const { databases } = await this.context.host.drivers();
    const step = runPhases(attempt, DESTROY_DATA_PHASES);
    await step('remove', 'Stopping the server and removing its data', async () => {
      await untilNoDrill(this.context, attempt, id);
      await databases.remove(id);
      if (!keepBackups) await removeDumps(this.context, id);
    });
    await step('read-back', 'Looking for what is left', async () => {
      const dumps = keepBackups ? [] : await residueOfBackups(this.context, id);
      const [first] = [...(await databases.residueOf(id)), ...dumps];
      if (first !== undefined)
        throw new JobFailure('RESIDUE_FOUND', `still there: ${first}`, { retryable: true });
    });
    return { write: (tx) => endDatabase(this.context, tx, { id, keepBackups }) };
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

/** A drill that is asked to stop removes its server by itself. @throws JobFailure RESIDUE_FOUND */
export async function untilNoDrill(
  { clock, pollMs }: Pick<AppJobContext, 'clock' | 'pollMs'>,
  attempt: JobContext,
  id: string,
): Promise<void> {
  const endMs = clock.monotonicMs() + DRILL_STOP_MS;
  while ((await attempt.db.query(findOpenDrill, { lane: drillOf(id) })).length > 0) {
    if (clock.monotonicMs() > endMs)
      throw new JobFailure('RESIDUE_FOUND', `still there: a restore drill of database ${id}`, {
        retryable: true,
      });
    await clock.sleep(pollMs, attempt.signal);
  }
}

/** Artifacts of its backups. */
export async function residueOfBackups(
  { artifacts, secrets }: Pick<AppJobContext, 'artifacts' | 'secrets'>,
  id: string,
): Promise<string[]> {
  return (await storedDumpsOf({ artifacts, secrets }, id)).map((key) => `backup of database ${id}: ${key}`);
}

/** Its data is gone: so are its passwords, and the keys of its backups unless these are kept. */
export async function endDatabase(
  context: Pick<AppJobContext, 'artifacts' | 'secrets'>,
  tx: Tx,
  { id, keepBackups }: { readonly id: string; readonly keepBackups: boolean },
): Promise<void> {
  await tx.query(endDatabaseDestroy, { id });
  await removeDatabasePasswords(context.secrets, tx, id);
  for (const backup of await tx.query(beginBackupRemovals, { databaseId: id, kept: keepBackups }))
    await removeBackupKey(context, tx, backup.id);
}
