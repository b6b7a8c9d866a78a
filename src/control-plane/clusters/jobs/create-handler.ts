import { CREATE_PHASES, FAILED_CREATE_PRINCIPAL } from '../../../contract/statuses.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { AppError, messageOf } from '../../kernel/errors.ts';
import {
  type ClaimedJob,
  type HostProblem,
  type JobContext,
  JobFailure,
  type JobHandler,
  type JobRequest,
  type JobResult,
  JobStoppedError,
} from '../../kernel/jobs/job.ts';
import { runPhases } from '../../kernel/jobs/run-phases.ts';
import { endOrphanedProcesses } from '../../kernel/process/terminate-tree.ts';
import { type InstallDirs, prepareInstallDir } from '../installer/install-dir.ts';
import { readMetadata } from '../installer/metadata.ts';
import { readOutputs } from '../installer/outputs.ts';
import { CREATE_JOB, DESTROY_JOB } from '../job-types.ts';
import { transition } from '../service/cluster-transitions.ts';
import { requestDestroy } from '../service/destroy.ts';
import { listInfraIds, putOutputs } from '../store/artifacts.sql.ts';
import { type ClusterRow, lockCluster, setProvenEmpty } from '../store/clusters.sql.ts';
import { setLastFailedJob, setLastJob } from '../store/last-jobs.sql.ts';
import { checkpoint } from './checkpoint.ts';
import { createCloudCredentials } from './cloud-credentials.ts';
import type { ClusterJobContext } from './cluster-job-context.ts';
import { CreateFailure, toCreateFailure } from './create-failure.ts';
import { type InstallInput, prepareInput } from './install-input.ts';
import { runInstallerCommand } from './installer-run.ts';
import { cleanUpPreviousAttempt } from './previous-attempt-cleanup.ts';
import { provision } from './provision.ts';
import { takeSnapshot } from './snapshots.ts';
import { discardDirs, readBack } from './undo.ts';

const WRITE_FILES_TIMEOUT_MS = 10 * 60_000;

/**
 * Creates a cluster in seven phases. Nothing is created in the cloud before the checkpoint, which stores everything that a destroy
 * needs (G1). In credentials mode Manual there are two checkpoints, because ccoctl creates identities before the ignition configs.
 * A retry first proves that nothing of the previous attempt is left.
 */
export class CreateHandler implements JobHandler {
  readonly type = CREATE_JOB;
  readonly timeoutMs: number;
  readonly #context: ClusterJobContext;

  constructor(context: ClusterJobContext) {
    this.#context = context;
    this.timeoutMs = context.createTimeoutMs;
  }

  hostProblem(): Promise<HostProblem | undefined> {
    return this.#context.host.createProblem();
  }

  async run(attempt: JobContext): Promise<JobResult> {
    const cluster = await this.#begin(attempt);
    // Processes of an attempt whose worker and guard died at the same time on this host.
    await endOrphanedProcesses(cluster.id, this.#context.killAfterMs, this.#context.clock);
    try {
      if (cluster.infraId !== null)
        await cleanUpPreviousAttempt(this.#context, attempt, cluster, cluster.infraId);
      return await this.#install(attempt, { ...cluster, infraId: null });
    } catch (error) {
      if (attempt.signal.aborted) throw error;
      const ofHost = await this.#context.host.failureOf(error, cluster.cloud);
      throw ofHost ?? (await this.#withProof(attempt, cluster, toCreateFailure(error)));
    }
  }

  async onFailed(tx: Tx, job: ClaimedJob, failure: JobFailure): Promise<void> {
    const [cluster] = await tx.query(lockCluster, { id: job.resourceId, teams: null });
    if (cluster?.status !== 'PENDING' && cluster?.status !== 'CREATING') return; // a destroy was requested
    const by = { jobId: job.id, fence: job.fence };
    await tx.query(setLastFailedJob, { id: cluster.id, jobId: job.id });
    if (cluster.status === 'PENDING')
      await transition(tx, cluster.id, { from: 'PENDING', to: 'CREATING', reason: 'create claimed', ...by });
    await transition(tx, cluster.id, {
      from: 'CREATING',
      to: 'FAILED',
      reason: failure.message.slice(0, 1000),
      ...by,
    });
    if (failure instanceof CreateFailure && failure.cloudIsEmpty) {
      await tx.query(setProvenEmpty, { id: cluster.id });
      return;
    }
    if (cluster.onFailure === 'preserve') return; // kept until it expires
    const requestedBy = FAILED_CREATE_PRINCIPAL;
    const destroyId = await this.#context.queue.enqueue(tx, {
      resourceId: cluster.id,
      resourceName: cluster.name,
      team: cluster.team,
      type: DESTROY_JOB,
      requestedBy,
      traceparent: job.traceparent,
    });
    await tx.query(setLastJob, { id: cluster.id, jobId: destroyId });
    await transition(tx, cluster.id, {
      from: 'FAILED',
      to: 'DESTROYING',
      reason: 'cleanup of a failed create',
      jobId: destroyId,
    });
  }

  /** Only a destroy cancels a create, and it has changed the cluster's status already. */
  async onCancelled(): Promise<void> {}

  /** What the create has made must not stay: cancelling it requests the destroy (G3). */
  async onCancelRequested(tx: Tx, { job, caller, reason }: JobRequest): Promise<void> {
    await requestDestroy(this.#context, tx, job.resourceId, {
      type: DESTROY_JOB,
      requestedBy: caller.principal,
      reason,
      traceparent: caller.traceparent,
    });
  }

  async onRetryRequested(_tx: Tx, { job }: JobRequest): Promise<string> {
    throw new AppError(
      'STATE_CONFLICT',
      `Job ${job.id} is ${job.status}: a create that has ended is not retried. Create a new cluster; the name is free once nothing of this one exists.`,
    );
  }

  async #begin(attempt: JobContext): Promise<ClusterRow> {
    const { job } = attempt;
    return attempt.commit(async (tx) => {
      const [cluster] = await tx.query(lockCluster, { id: job.resourceId, teams: null });
      if (cluster?.status === 'PENDING') {
        await transition(tx, cluster.id, {
          from: 'PENDING',
          to: 'CREATING',
          reason: 'create claimed',
          jobId: job.id,
          fence: job.fence,
        });
        return cluster;
      }
      if (cluster?.status === 'CREATING') return cluster;
      if (cluster?.status === 'DESTROYING') throw new JobStoppedError('cancelled');
      throw new JobFailure(
        'STATE_CONFLICT',
        `the cluster is ${cluster?.status ?? 'unknown'}, not being created`,
        { retryable: false },
      );
    });
  }

  async #install(attempt: JobContext, cluster: ClusterRow): Promise<JobResult> {
    const context = this.#context;
    const step = runPhases(attempt, CREATE_PHASES);
    let dirs: InstallDirs | undefined;
    try {
      const input = await step('prepare', 'Preparing the installer and its input', async () => {
        dirs = await prepareInstallDir(context.workDir, attempt.job.id, attempt.job.fence);
        return prepareInput(context, attempt, cluster, dirs);
      });
      await step('manifests', 'Writing manifests', async () => {
        await this.#writeFiles(attempt, input, 'manifests');
        await input.applyManifestPatches();
        await createCloudCredentials(input.context, attempt, input);
      });
      const infraId = await step('ignition', 'Writing ignition configs', async () => {
        await this.#writeFiles(attempt, input, 'ignition-configs');
        return (await readMetadata(input.dirs.install)).infraID;
      });
      await step('checkpoint', 'Storing what a destroy needs', () =>
        checkpoint(context, attempt, input, infraId),
      );
      await step('provision', 'Creating the cluster', () =>
        provision(input.context, attempt, input, infraId),
      );
      const outputs = await step('verify', 'Checking the outputs', () =>
        readOutputs(input.dirs.install, { clusterName: cluster.name, baseDomain: cluster.baseDomain }),
      );
      for (const secret of [outputs.kubeadminPassword, outputs.kubeconfig]) context.redactor.register(secret);
      const last = await step('finish', 'Storing the result', () =>
        takeSnapshot(context, attempt, input.dirs.install, infraId),
      );
      return {
        write: async (tx) => {
          const { id } = cluster;
          await last.record(tx);
          await tx.query(putOutputs, {
            clusterId: id,
            apiUrl: outputs.apiUrl,
            consoleUrl: outputs.consoleUrl,
          });
          await context.secrets.put(tx, { ownerId: id, kind: 'kubeconfig' }, Buffer.from(outputs.kubeconfig));
          await context.secrets.put(
            tx,
            { ownerId: id, kind: 'kubeadmin-password' },
            Buffer.from(outputs.kubeadminPassword),
          );
          const { job } = attempt;
          await transition(tx, id, {
            from: 'CREATING',
            to: 'READY',
            reason: 'installed and verified',
            jobId: job.id,
            fence: job.fence,
          });
        },
      };
    } catch (error) {
      // Before the directories are removed, which frees the disk.
      throw (await context.host.failureOf(error, cluster.cloud)) ?? error;
    } finally {
      if (dirs) await discardDirs(attempt, dirs);
    }
  }

  async #writeFiles(
    attempt: JobContext,
    { context, binary, cloud, credentialsMode, dirs }: InstallInput,
    stage: 'manifests' | 'ignition-configs',
  ): Promise<void> {
    const run = await runInstallerCommand(context, attempt, {
      binary,
      cloud,
      credentialsMode,
      dirs,
      command: 'create',
      stage,
      timeoutMs: WRITE_FILES_TIMEOUT_MS,
    });
    if (run.outcome.next !== 'succeed') throw CreateFailure.ofRun(run);
  }

  /**
   * A failure that should have left nothing counts as such only after a read-back, unless no attempt reached its checkpoint: then
   * nothing was created.
   */
  async #withProof(attempt: JobContext, cluster: ClusterRow, failure: JobFailure): Promise<JobFailure> {
    if (!(failure instanceof CreateFailure) || failure.exists !== 'nothing') return failure;
    const checkpoints = await attempt.db.query(listInfraIds, { clusterId: cluster.id });
    if (checkpoints.length === 0) return failure.provenEmpty();
    try {
      const { found } = await readBack(this.#context, attempt, cluster);
      return found.length === 0 ? failure.provenEmpty() : failure;
    } catch (error) {
      const message = `the cloud could not be read back: ${messageOf(error)}`;
      attempt.event({ kind: 'log', level: 'warn', message });
      return failure;
    }
  }
}
