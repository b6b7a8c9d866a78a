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
import { DESTROY_VOLUME_JOB } from '../job-types.ts';
import { endVolumeDestroy, failVolumeDestroy, getVolume, type VolumeRow } from '../store/volumes.sql.ts';
import type { AppJobContext } from './app-job-context.ts';
import { AppJobHandler } from './app-job-handler.ts';
import type { HostDrivers } from './host-drivers.ts';

const TIMEOUT_MS = 30 * 60_000;

/** Ends a volume with its data, and looks at the host before it says so (A9). */
export class DestroyVolumeHandler extends AppJobHandler {
  constructor(context: AppJobContext) {
    super(context, { type: DESTROY_VOLUME_JOB, timeoutMs: TIMEOUT_MS });
  }

  protected override async work(attempt: JobContext): Promise<JobResult> {
    const { resourceId: id } = attempt.job;
    const [row] = await attempt.db.query(getVolume, { id, teams: null });
    if (!row || row.status === 'DESTROYED') return {};
    const drivers = await this.context.host.drivers();
    const step = runPhases(attempt, DESTROY_DATA_PHASES);
    await step('remove', 'Removing the data', () => removeVolume(drivers, row));
    await step('read-back', 'Looking for what is left on the host', async () => {
      const [first] = await drivers.volumes.residueOf(id);
      if (first !== undefined)
        throw new JobFailure('RESIDUE_FOUND', `still on the host: ${first}`, { retryable: true });
    });
    return { write: async (tx) => void (await tx.query(endVolumeDestroy, { id })) };
  }

  override async onFailed(
    tx: Tx,
    { resourceId: id }: ClaimedJob,
    { code, message }: JobFailure,
  ): Promise<void> {
    await tx.query(failVolumeDestroy, { id, code, message });
  }

  override async onCancelled(tx: Tx, { resourceId: id }: JobIdentity): Promise<void> {
    await tx.query(failVolumeDestroy, { id, code: 'CANCELLED', message: 'the job was cancelled' });
  }

  /** @throws AppError STATE_CONFLICT: it would leave half a volume */
  async onCancelRequested(_tx: Tx, { job }: JobRequest): Promise<void> {
    throw new AppError('STATE_CONFLICT', `Job ${job.id} destroys a volume: that is not cancelled.`);
  }
}

/** @throws JobFailure VOLUME_UNUSABLE: another runtime has its data, so that nothing here would prove that it is gone */
export async function removeVolume(
  { volumes, runtime }: Pick<HostDrivers, 'volumes' | 'runtime'>,
  { id, name, driver }: Pick<VolumeRow, 'id' | 'name' | 'driver'>,
): Promise<void> {
  if (driver !== null && driver !== runtime.name)
    throw new JobFailure(
      'VOLUME_UNUSABLE',
      `the data of volume ${name} is kept by the runtime ${driver}, and ${runtime.name} is selected`,
      { retryable: false },
    );
  await volumes.remove(id);
}
