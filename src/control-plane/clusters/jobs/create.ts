import { CREATE_PHASES } from '../../../contract/statuses.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { messageOf } from '../../kernel/errors.ts';
import {
  type ClaimedJob,
  type JobContext,
  type JobDone,
  JobFailure,
  type JobHandler,
  JobStopped,
} from '../../kernel/jobs/job.ts';
import { endLeftovers } from '../../kernel/process/leftovers.ts';
import { type InstallDirs, prepareInstallDir, removeInstallDir } from '../installer/install-dir.ts';
import { readMetadata } from '../installer/metadata.ts';
import { readOutputs } from '../installer/outputs.ts';
import { move } from '../service/moves.ts';
import { listInfraIds, putOutputs } from '../store/artifacts.ts';
import { type ClusterRow, lockCluster, setLastJob, setProvenEmpty } from '../store/clusters.ts';
import { undoAttemptBefore } from './attempt-before.ts';
import { checkpoint } from './checkpoint.ts';
import { makeCloudCredentials } from './cloud-credentials.ts';
import { CreateFailure, failureOf } from './create-failure.ts';
import { type InstallInput, prepareInput } from './install-input.ts';
import { runInstaller } from './installer-run.ts';
import { stepper } from './phases.ts';
import { provision } from './provision.ts';
import { takeSnapshot } from './snapshots.ts';
import { readBack } from './undo.ts';
import type { Workshop } from './workshop.ts';

const WRITE_FILES_TIMEOUT_MS = 10 * 60_000;

/**
 * Makes a cluster in seven phases. Nothing touches the cloud before a checkpoint: until then the infraID, the snapshot and its
 * row are not durable, after it everything that a destroy needs is (G1). In credentials mode Manual there are two, because ccoctl
 * makes identities in the cloud before the ignition configs. A retry first proves that the attempt before left nothing.
 */
export class CreateHandler implements JobHandler {
  readonly type = 'CREATE';
  readonly timeoutMs: number;
  readonly #workshop: Workshop;

  constructor(workshop: Workshop) {
    this.#workshop = workshop;
    this.timeoutMs = workshop.createTimeoutMs;
  }

  async run(context: JobContext): Promise<JobDone> {
    const cluster = await this.#begin(context);
    // Of an attempt whose worker and guard died together, here on this host.
    await endLeftovers(cluster.id, this.#workshop.killAfterMs, this.#workshop.clock);
    try {
      if (cluster.infraId !== null)
        await undoAttemptBefore(this.#workshop, context, cluster, cluster.infraId);
      return await this.#install(context, { ...cluster, infraId: null });
    } catch (error) {
      if (context.signal.aborted) throw error;
      throw await this.#withProof(context, cluster, failureOf(error));
    }
  }

  async onFailed(tx: Tx, job: ClaimedJob, failure: JobFailure): Promise<void> {
    const [cluster] = await tx.query(lockCluster, { id: job.resourceId, teams: null });
    if (cluster?.status !== 'PENDING' && cluster?.status !== 'CREATING') return; // a destroy took over
    const by = { jobId: job.id, fence: job.fence };
    if (cluster.status === 'PENDING')
      await move(tx, cluster.id, { from: 'PENDING', to: 'CREATING', reason: 'create claimed', ...by });
    await move(tx, cluster.id, {
      from: 'CREATING',
      to: 'FAILED',
      reason: failure.message.slice(0, 1000),
      ...by,
    });
    if (failure instanceof CreateFailure && failure.cloudIsEmpty) {
      await tx.query(setProvenEmpty, { id: cluster.id });
      return;
    }
    if (cluster.onFailure === 'preserve') return; // kept as it is until the deadline
    const requestedBy = 'system:failed-create';
    const destroyId = await this.#workshop.queue.enqueue(tx, {
      resourceId: cluster.id,
      type: 'DESTROY',
      requestedBy,
    });
    await tx.query(setLastJob, { id: cluster.id, jobId: destroyId });
    await move(tx, cluster.id, {
      from: 'FAILED',
      to: 'DESTROYING',
      reason: 'a failed create cleans up after itself',
      jobId: destroyId,
    });
  }

  /** Only a destroy cancels a create, and it has the cluster already. */
  async onCancelled(): Promise<void> {}

  async #begin(context: JobContext): Promise<ClusterRow> {
    const { job } = context;
    return context.commit(async (tx) => {
      const [cluster] = await tx.query(lockCluster, { id: job.resourceId, teams: null });
      if (cluster?.status === 'PENDING') {
        await move(tx, cluster.id, {
          from: 'PENDING',
          to: 'CREATING',
          reason: 'create claimed',
          jobId: job.id,
          fence: job.fence,
        });
        return cluster;
      }
      if (cluster?.status === 'CREATING') return cluster;
      if (cluster?.status === 'DESTROYING') throw new JobStopped('cancelled');
      throw new JobFailure(
        'STATE_CONFLICT',
        `the cluster is ${cluster?.status ?? 'unknown'}, not being created`,
        { retryable: false },
      );
    });
  }

  async #install(context: JobContext, cluster: ClusterRow): Promise<JobDone> {
    const workshop = this.#workshop;
    const step = stepper(context, CREATE_PHASES);
    let dirs: InstallDirs | undefined;
    try {
      const input = await step('prepare', 'Preparing the installer and its input', async () => {
        dirs = await prepareInstallDir(workshop.workDir, context.job.id, context.job.fence);
        return prepareInput(workshop, context, cluster, dirs);
      });
      await step('manifests', 'Writing manifests', async () => {
        await this.#writeFiles(context, input, 'manifests');
        await input.applyManifestPatches();
        await makeCloudCredentials(workshop, context, input);
      });
      const infraId = await step('ignition', 'Writing ignition configs', async () => {
        await this.#writeFiles(context, input, 'ignition-configs');
        return (await readMetadata(input.dirs.install)).infraID;
      });
      await step('checkpoint', 'Storing what a destroy needs', () =>
        checkpoint(workshop, context, input, infraId),
      );
      await step('provision', 'Creating the cluster', () => provision(workshop, context, input, infraId));
      const outputs = await step('verify', 'Checking what came out', () =>
        readOutputs(input.dirs.install, { clusterName: cluster.name, baseDomain: cluster.baseDomain }),
      );
      for (const secret of [outputs.kubeadminPassword, outputs.kubeconfig])
        workshop.redactor.register(secret);
      const last = await step('finish', 'Storing the result', () =>
        takeSnapshot(workshop, context, input.dirs.install, infraId),
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
          await workshop.secrets.put(
            tx,
            { ownerId: id, kind: 'kubeconfig' },
            Buffer.from(outputs.kubeconfig),
          );
          await workshop.secrets.put(
            tx,
            { ownerId: id, kind: 'kubeadmin-password' },
            Buffer.from(outputs.kubeadminPassword),
          );
          const { job } = context;
          await move(tx, id, {
            from: 'CREATING',
            to: 'READY',
            reason: 'installed and verified',
            jobId: job.id,
            fence: job.fence,
          });
        },
      };
    } finally {
      if (dirs) await removeInstallDir(dirs);
    }
  }

  async #writeFiles(
    context: JobContext,
    { binary, cloud, credentialsMode, dirs }: InstallInput,
    stage: 'manifests' | 'ignition-configs',
  ): Promise<void> {
    const run = await runInstaller(this.#workshop, context, {
      binary,
      cloud,
      credentialsMode,
      dirs,
      command: 'create',
      stage,
      timeoutMs: WRITE_FILES_TIMEOUT_MS,
    });
    if (run.outcome.next !== 'succeed') throw CreateFailure.ofRun(run, this.#workshop.redactor);
  }

  /**
   * What may have left nothing is only believed after the cloud was read back, unless no attempt ever came to its checkpoint:
   * then no installer was told to create anything.
   */
  async #withProof(context: JobContext, cluster: ClusterRow, failure: JobFailure): Promise<JobFailure> {
    if (!(failure instanceof CreateFailure) || failure.exists !== 'nothing') return failure;
    const checkpoints = await this.#workshop.db.query(listInfraIds, { clusterId: cluster.id });
    if (checkpoints.length === 0) return failure.provenEmpty();
    try {
      const found = await readBack(this.#workshop, cluster, context.signal);
      return found.length === 0 ? failure.provenEmpty() : failure;
    } catch (error) {
      const message = `the cloud could not be read back: ${messageOf(error)}`;
      context.event({ kind: 'log', level: 'warn', message });
      return failure;
    }
  }
}
