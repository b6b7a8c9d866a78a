import * as z from 'zod';
import { RUN_PHASES } from '../../../contract/statuses.ts';
import type { Tx } from '../../kernel/db/db.ts';
import type { ClaimedJob, JobContext, JobFailure, JobIdentity, JobResult } from '../../kernel/jobs/job.ts';
import { runPhases } from '../../kernel/jobs/run-phases.ts';
import { RUN_JOB } from '../job-types.ts';
import { noteRunEnd } from '../service/runs.ts';
import { cancelRunOfJob, getRun, setRunStarted } from '../store/runs.sql.ts';
import { getService } from '../store/services.sql.ts';
import type { AppJobContext } from './app-job-context.ts';
import { AppJobHandler } from './app-job-handler.ts';
import { openRelease, startReplica } from './instance-starter.ts';

const payloadSchema = z.object({ runId: z.string() });
const TIMEOUT_MS = 10 * 60_000;

/**
 * Starts the instance of a run. A later attempt finds the one that an earlier attempt started. Its end is noted by the task that follows
 * runs: a run of hours holds neither a slot of the worker nor the lane of its service.
 */
export class RunHandler extends AppJobHandler {
  constructor(context: AppJobContext) {
    super(context, { type: RUN_JOB, timeoutMs: TIMEOUT_MS });
  }

  protected override async work(attempt: JobContext): Promise<JobResult> {
    const { runId } = payloadSchema.parse(attempt.job.payload);
    const [run] = await attempt.db.query(getRun, { id: runId, teams: null });
    const [service] = await attempt.db.query(getService, { id: attempt.job.resourceId, teams: null });
    // Cancelled while it waited.
    if (run?.state !== 'QUEUED' || service?.status !== 'ACTIVE') return {};
    const drivers = await this.context.host.drivers();
    const release = await openRelease(this.context, drivers, attempt, service.liveReleaseId ?? '');
    const step = runPhases(attempt, RUN_PHASES);
    await step('starting', `Starting run ${run.number}`, async () => {
      await drivers.runtime.ensureEnvironment(service.environmentId);
      await startReplica(this.context, drivers, attempt, {
        ...{ service, release, rolloutId: run.id, replica: 0, volume: undefined, runId: run.id },
      });
    });
    return { write: async (tx) => void (await tx.query(setRunStarted, { id: run.id })) };
  }

  override async onFailed(tx: Tx, job: ClaimedJob, failure: JobFailure): Promise<void> {
    const { runId } = payloadSchema.parse(job.payload);
    await noteRunEnd(tx, { id: runId, exitCode: null, failure: failure.message });
  }

  override async onCancelled(tx: Tx, { id: jobId }: JobIdentity): Promise<void> {
    await tx.query(cancelRunOfJob, { jobId });
  }
}
