import * as z from 'zod';
import { SCALE_PHASES } from '../../../contract/statuses.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import {
  type ClaimedJob,
  type JobContext,
  JobFailure,
  type JobHandler,
  type JobIdentity,
  type JobRequest,
  type JobResult,
  JobStoppedError,
} from '../../kernel/jobs/job.ts';
import { runPhases } from '../../kernel/jobs/run-phases.ts';
import { SCALE_JOB } from '../job-types.ts';
import { readClusterAccess } from '../kubernetes/cluster-access.ts';
import { type ClusterApi, ClusterApiError, openClusterApi } from '../kubernetes/cluster-api.ts';
import { publishClusterEvent } from '../service/cluster-notifications.ts';
import { transition } from '../service/cluster-transitions.ts';
import { overrideSchedule } from '../service/offhours-state.ts';
import { type ClusterRow, lockCluster } from '../store/clusters.sql.ts';
import { clearLastFailedJob, setLastFailedJob } from '../store/last-jobs.sql.ts';
import { restoreRequestedWorkers, setWorkers } from '../store/workers.sql.ts';
import type { ClusterJobContext } from './cluster-job-context.ts';
import {
  awaitWorkers,
  requestWorkers,
  SCALE_INTERVALS,
  type ScaleIntervals,
  type ScaleRun,
} from './scale-workers.ts';

/**
 * `from`: the workers when the scale was accepted; `before` (in SQL): what was asked for until then; `reason`: why, if no user asked for it.
 */
const payloadSchema = z.object({
  from: z.int().min(0),
  workers: z.int().min(0),
  reason: z.string().optional(),
});
/** For connecting and asking, beside the limit of the wait. */
const OVERHEAD_MS = 5 * 60_000;

/**
 * Changes the number of workers through the cluster's own API. The number of the cluster and its cost follow what exists in the cloud,
 * while it changes. However it ends, the cluster is READY again (G9).
 */
export class ScaleHandler implements JobHandler {
  readonly type = SCALE_JOB;
  readonly timeoutMs: number;
  readonly #context: ClusterJobContext;
  readonly #intervals: ScaleIntervals;

  constructor(context: ClusterJobContext, intervals: ScaleIntervals = SCALE_INTERVALS) {
    this.#context = context;
    this.#intervals = intervals;
    this.timeoutMs = context.scaleTimeoutMinutes * 60_000 + OVERHEAD_MS;
  }

  async run(attempt: JobContext): Promise<JobResult> {
    const { from, workers, reason: why } = payloadSchema.parse(attempt.job.payload);
    const cluster = await this.#begin(attempt, workers);
    const step = runPhases(attempt, SCALE_PHASES);
    try {
      const run = await step('connect', 'Connecting to the API server of the cluster', async () =>
        this.#prepare(attempt, cluster, workers, await this.#open(attempt, cluster)),
      );
      const target = await step('request', 'Changing the machine sets', () => requestWorkers(run));
      await step('wait', 'Waiting for the workers', () => awaitWorkers(run, target));
    } catch (error) {
      if (isCancelled(attempt)) {
        const message = `stopped waiting; what was changed stays: the machine sets may ask for ${workers} workers`;
        attempt.event({ kind: 'log', level: 'warn', message });
      }
      throw error instanceof ClusterApiError && !attempt.signal.aborted ? unavailable(error) : error;
    }
    return {
      write: async (tx) => {
        const reason = `scaled from ${from} to ${workers} workers${why === undefined ? '' : `: ${why}`}`;
        await tx.query(clearLastFailedJob, { id: cluster.id });
        const isReady = await backToReady(tx, attempt.job, reason, attempt.job.fence);
        if (isReady) await overrideSchedule(tx, cluster.id, attempt.job.id);
        if (isReady && from !== workers)
          await publishClusterEvent(tx, cluster.id, 'cluster.scaled', reason, { from, to: workers });
      },
    };
  }

  async onFailed(tx: Tx, job: ClaimedJob, failure: JobFailure): Promise<void> {
    await tx.query(restoreRequestedWorkers, { id: job.resourceId, jobId: job.id });
    await tx.query(setLastFailedJob, { id: job.resourceId, jobId: job.id });
    await backToReady(tx, job, `scale failed: ${failure.message}`.slice(0, 1000), job.fence);
  }

  async onCancelled(tx: Tx, job: JobIdentity): Promise<void> {
    await tx.query(restoreRequestedWorkers, { id: job.resourceId, jobId: job.id });
    await backToReady(tx, job, 'scale cancelled', undefined);
  }

  async onRetryRequested(_tx: Tx, { job }: JobRequest): Promise<string> {
    throw new AppError(
      'STATE_CONFLICT',
      `Job ${job.id} is ${job.status}: a scale that has ended is not retried. Scale ${job.resourceName} again.`,
    );
  }

  #begin(attempt: JobContext, workers: number): Promise<ClusterRow> {
    const { job } = attempt;
    return attempt.commit(async (tx) => {
      const [cluster] = await tx.query(lockCluster, { id: job.resourceId, teams: null });
      if (cluster?.status === 'SCALING') return cluster;
      if (cluster?.status === 'DESTROYING') throw new JobStoppedError('cancelled');
      if (cluster?.status !== 'READY') {
        const message = `the cluster is ${cluster?.status ?? 'unknown'}, not READY`;
        throw new JobFailure('STATE_CONFLICT', message, { retryable: false });
      }
      const reason = `scale from ${cluster.workerReplicas} to ${workers} workers claimed`;
      const by = { jobId: job.id, fence: job.fence };
      await transition(tx, cluster.id, { from: 'READY', to: 'SCALING', reason, ...by });
      return cluster;
    });
  }

  async #open(attempt: JobContext, { id }: ClusterRow): Promise<ClusterApi> {
    const { secrets, redactor } = this.#context;
    const kubeconfig = await secrets.open(attempt.db, { ownerId: id, kind: 'kubeconfig' });
    if (kubeconfig === undefined) {
      const message = 'the kubeconfig of the cluster cannot be used: there is none';
      throw new JobFailure('KUBECONFIG_UNUSABLE', message, { retryable: false });
    }
    const text = kubeconfig.toString('utf8');
    redactor.register(text);
    const access = readClusterAccess(text);
    const { credentials } = access;
    redactor.register('token' in credentials ? credentials.token : credentials.key);
    return openClusterApi(id, access, attempt.signal);
  }

  #prepare(attempt: JobContext, cluster: ClusterRow, workers: number, api: ClusterApi): ScaleRun {
    const { clock, scaleTimeoutMinutes } = this.#context;
    let recorded = cluster.workerReplicas;
    return {
      ...{ api, workers, clock, name: cluster.name, intervals: this.#intervals, signal: attempt.signal },
      timeoutMs: scaleTimeoutMinutes * 60_000,
      event: (event) => attempt.event(event),
      record: async (existing) => {
        if (existing === recorded) return;
        await attempt.commit((tx) => tx.query(setWorkers, { id: cluster.id, workers: existing }));
        recorded = existing;
      },
    };
  }
}

function isCancelled({ signal }: JobContext): boolean {
  return signal.reason instanceof JobStoppedError && signal.reason.reason === 'cancelled';
}

function unavailable(error: ClusterApiError): JobFailure {
  if (error.status === 404) {
    const message = `the cluster has no machine API: ${error.message}`;
    return new JobFailure('MACHINE_SETS_MISSING', message, { retryable: false, cause: error });
  }
  const what = error.status === 0 ? 'does not answer' : 'cannot be used';
  const message = `the API server of the cluster ${what}: ${error.message}`;
  return new JobFailure('CLUSTER_API_UNAVAILABLE', message, { retryable: true, cause: error });
}

/** @returns false if a destroy has changed the status meanwhile */
async function backToReady(
  tx: Tx,
  job: JobIdentity,
  reason: string,
  fence: number | undefined,
): Promise<boolean> {
  const [cluster] = await tx.query(lockCluster, { id: job.resourceId, teams: null });
  if (cluster?.status !== 'SCALING') return false;
  const by = fence === undefined ? { jobId: job.id } : { jobId: job.id, fence };
  await transition(tx, job.resourceId, { from: 'SCALING', to: 'READY', reason, ...by });
  return true;
}
