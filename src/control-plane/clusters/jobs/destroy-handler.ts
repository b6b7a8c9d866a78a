import type { DsseEnvelope } from '../../../contract/dsse.ts';
import { DESTROY_PHASES } from '../../../contract/statuses.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import {
  apiJobType,
  type ClaimedJob,
  type HostProblem,
  type JobContext,
  JobFailure,
  type JobHandler,
  type JobRequest,
  type JobResult,
} from '../../kernel/jobs/job.ts';
import { runPhases } from '../../kernel/jobs/run-phases.ts';
import { endOrphanedProcesses } from '../../kernel/process/terminate-tree.ts';
import { CloudError } from '../clouds/cloud.ts';
import type { InstallDirs } from '../installer/install-dir.ts';
import { DESTROY_JOB, type DestroyJobType } from '../job-types.ts';
import { PROFILE_CREDENTIALS, SECRET_KINDS } from '../service/cluster-services.ts';
import { transition } from '../service/cluster-transitions.ts';
import { requestDestroy } from '../service/destroy.ts';
import { listInfraIds } from '../store/artifacts.sql.ts';
import { setCloudCredentialsRemoved } from '../store/cloud-credentials.sql.ts';
import { type ClusterRow, getCluster, lockCluster } from '../store/clusters.sql.ts';
import { insertDestroyProof } from '../store/destroy-proofs.sql.ts';
import { scheduleDestroyRetry } from '../store/expiry.sql.ts';
import { clearLastFailedJob, setLastFailedJob } from '../store/last-jobs.sql.ts';
import { removeCloudCredentials } from './cloud-credentials-undo.ts';
import type { ClusterJobContext } from './cluster-job-context.ts';
import { toToolFailure } from './create-failure.ts';
import { proveDestroyed } from './destroy-proof.ts';
import type { InstallerRun } from './installer-run.ts';
import {
  assertAccount,
  assertNoResidue,
  createUndoDirs,
  discardDirs,
  type ReadBack,
  readBack,
  restore,
  uninstall,
} from './undo.ts';

/** A failed destroy is repeated at least once a day, until nothing is left or an admin abandons the cluster (G3). */
const MAX_RETRY_MINUTES = 24 * 60;

/** Destroys a cluster: restore, uninstall, read-back. It is DESTROYED only when the read-back found nothing (G2). */
export class DestroyHandler implements JobHandler {
  readonly type: DestroyJobType;
  readonly timeoutMs: number;
  readonly #context: ClusterJobContext;

  constructor(context: ClusterJobContext, type: DestroyJobType) {
    this.#context = context;
    this.type = type;
    this.timeoutMs = context.destroyTimeoutMs * 1.5;
  }

  hostProblem(): Promise<HostProblem | undefined> {
    return this.#context.host.destroyProblem();
  }

  async run(attempt: JobContext): Promise<JobResult> {
    const context = this.#context;
    const cluster = await getDestroyingCluster(attempt);
    await endOrphanedProcesses(cluster.id, context.killAfterMs, context.clock);
    let dirs: InstallDirs | undefined;
    try {
      const undoDirs = await createUndoDirs(context, attempt);
      dirs = undoDirs;
      if (await mayHaveResources(attempt, cluster)) await assertAccount(context, cluster);
      const step = runPhases(attempt, DESTROY_PHASES);
      let run: InstallerRun | undefined;
      const { infraId } = cluster;
      if (infraId !== null) {
        const how = await step('restore', 'Restoring the install directory', () =>
          restore(context, attempt, cluster, infraId, undoDirs),
        );
        attempt.event({
          kind: 'log',
          level: 'info',
          message:
            how === 'snapshot'
              ? 'restored from the newest snapshot'
              : 'rebuilt metadata.json from the database',
        });
        run = await step('destroy', 'Uninstalling', async () => {
          const uninstalled = await uninstall(context, attempt, cluster, undoDirs);
          await removeCloudCredentials(context, attempt, cluster, undoDirs);
          return uninstalled;
        });
      }
      const proof = await step('read-back', 'Checking that nothing is left', async () => {
        const found = await this.#readBack(attempt, cluster);
        assertNoResidue(attempt, found?.found ?? [], run);
        return proveDestroyed(context, attempt, cluster, found, run);
      });
      await step('finish', 'Nothing is left', async () => {});
      return { write: (tx) => this.#destroyed(tx, attempt.job, proof) };
    } catch (error) {
      if (attempt.signal.aborted) throw error;
      throw (await context.host.failureOf(error, cluster.cloud)) ?? toToolFailure(error);
    } finally {
      if (dirs) await discardDirs(attempt, dirs);
    }
  }

  async onFailed(tx: Tx, job: ClaimedJob, failure: JobFailure): Promise<void> {
    await tx.query(setLastFailedJob, { id: job.resourceId, jobId: job.id });
    await transition(tx, job.resourceId, {
      from: 'DESTROYING',
      to: 'DESTROY_FAILED',
      reason: failure.message.slice(0, 1000),
      jobId: job.id,
      fence: job.fence,
    });
    await tx.query(scheduleDestroyRetry, {
      id: job.resourceId,
      baseMinutes: this.#context.destroyRetryMinutes,
      maxMinutes: MAX_RETRY_MINUTES,
    });
  }

  /** A destroy is never superseded: a second request returns the same job. */
  async onCancelled(): Promise<void> {}

  async onCancelRequested(_tx: Tx, { job }: JobRequest): Promise<void> {
    throw new AppError(
      'STATE_CONFLICT',
      `Job ${job.id} is a ${apiJobType(job.type)} job, which cannot be cancelled. To keep a cluster longer, extend it before it expires.`,
    );
  }

  /** A destroy that failed for good is requested again, as a new job. */
  async onRetryRequested(tx: Tx, { job, caller, reason }: JobRequest): Promise<string> {
    const [cluster] = await tx.query(lockCluster, { id: job.resourceId, teams: null });
    const again =
      job.status === 'FAILED' && cluster?.status === 'DESTROY_FAILED'
        ? await requestDestroy(this.#context, tx, cluster.id, {
            type: DESTROY_JOB,
            requestedBy: caller.principal,
            reason,
            traceparent: caller.traceparent,
          })
        : null;
    if (again !== null) return again;
    throw new AppError(
      'STATE_CONFLICT',
      `Job ${job.id} is ${job.status} and its cluster is ${cluster?.status ?? 'gone'}: there is nothing to retry.`,
    );
  }

  /** When no attempt reached its checkpoint nothing was created (G1), so a cloud that does not answer does not matter. */
  async #readBack(attempt: JobContext, cluster: ClusterRow): Promise<ReadBack | undefined> {
    try {
      return await readBack(this.#context, attempt, cluster);
    } catch (error) {
      if (!(error instanceof CloudError) || (await mayHaveResources(attempt, cluster))) throw error;
      const message = `no read-back, because nothing was created: no attempt reached its checkpoint (${error.message})`;
      attempt.event({ kind: 'log', level: 'warn', message });
      return undefined;
    }
  }

  async #destroyed(tx: Tx, job: ClaimedJob, proof: DsseEnvelope): Promise<void> {
    await tx.query(insertDestroyProof, { clusterId: job.resourceId, jobId: job.id, envelope: proof });
    await transition(tx, job.resourceId, {
      from: 'DESTROYING',
      to: 'DESTROYED',
      reason: 'read-back found nothing',
      jobId: job.id,
      fence: job.fence,
    });
    await tx.query(setCloudCredentialsRemoved, { clusterId: job.resourceId });
    await tx.query(clearLastFailedJob, { id: job.resourceId });
    for (const kind of [...SECRET_KINDS, PROFILE_CREDENTIALS])
      await this.#context.secrets.remove(tx, { ownerId: job.resourceId, kind });
  }
}

/** @returns whether an attempt may have created anything in the cloud. */
async function mayHaveResources({ db }: JobContext, { id, infraId }: ClusterRow): Promise<boolean> {
  return infraId !== null || (await db.query(listInfraIds, { clusterId: id })).length > 0;
}

async function getDestroyingCluster({ db, job }: JobContext): Promise<ClusterRow> {
  const [cluster] = await db.query(getCluster, { id: job.resourceId, teams: null });
  if (cluster?.status === 'DESTROYING') return cluster;
  throw new JobFailure('STATE_CONFLICT', `the cluster is ${cluster?.status ?? 'unknown'}, not DESTROYING`, {
    retryable: false,
  });
}
