import { DESTROY_PHASES } from '../../../contract/statuses.ts';
import type { Tx } from '../../kernel/db/db.ts';
import {
  type ClaimedJob,
  type JobContext,
  JobFailure,
  type JobHandler,
  type JobResult,
} from '../../kernel/jobs/job.ts';
import { endOrphanedProcesses } from '../../kernel/process/terminate-tree.ts';
import type { CloudResource } from '../clouds/cloud.ts';
import { CloudError } from '../clouds/cloud-error.ts';
import { removeInstallDir } from '../installer/install-dir.ts';
import { SECRET_KINDS } from '../service/cluster-services.ts';
import { transition } from '../service/transition.ts';
import { listInfraIds } from '../store/artifacts.ts';
import { setCloudCredentialsRemoved } from '../store/cloud-credentials.ts';
import { type ClusterRow, getCluster } from '../store/clusters.ts';
import { removeCloudCredentials } from './cloud-credentials-undo.ts';
import type { ClusterJobContext } from './cluster-job-context.ts';
import type { InstallerRun } from './installer-run.ts';
import { runPhases } from './phases.ts';
import { toToolFailure } from './tool-failure.ts';
import { assertAccount, assertNoResidue, createUndoDirs, readBack, restore, uninstall } from './undo.ts';

/** Ends a cluster: restore, uninstall, and then look. DESTROYED is said only when the cloud was read back and empty (G2). */
export class DestroyHandler implements JobHandler {
  readonly type: 'DESTROY' | 'JANITOR_DESTROY';
  readonly timeoutMs: number;
  readonly #context: ClusterJobContext;

  constructor(context: ClusterJobContext, type: 'DESTROY' | 'JANITOR_DESTROY') {
    this.#context = context;
    this.type = type;
    this.timeoutMs = context.destroyTimeoutMs * 1.5;
  }

  async run(attempt: JobContext): Promise<JobResult> {
    const context = this.#context;
    const cluster = await getDestroyingCluster(context, attempt);
    await endOrphanedProcesses(cluster.id, context.killAfterMs, context.clock);
    const dirs = await createUndoDirs(context, attempt);
    try {
      if (await mayHaveResources(context, cluster)) await assertAccount(context, cluster);
      const step = runPhases(attempt, DESTROY_PHASES);
      let run: InstallerRun | undefined;
      const { infraId } = cluster;
      if (infraId !== null) {
        const how = await step('restore', 'Restoring the install directory', () =>
          restore(context, attempt, cluster, infraId, dirs),
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
          const uninstalled = await uninstall(context, attempt, cluster, dirs);
          await removeCloudCredentials(context, attempt, cluster, dirs);
          return uninstalled;
        });
      }
      await step('read-back', 'Reading the cloud back', async () => {
        assertNoResidue(attempt, await this.#findResidue(attempt, cluster), run);
      });
      await step('finish', 'Proven gone', async () => {});
      return { write: (tx) => this.#destroyed(tx, attempt.job) };
    } catch (error) {
      throw attempt.signal.aborted ? error : toToolFailure(error);
    } finally {
      await removeInstallDir(dirs);
    }
  }

  async onFailed(tx: Tx, job: ClaimedJob, failure: JobFailure): Promise<void> {
    await transition(tx, job.resourceId, {
      from: 'DESTROYING',
      to: 'DESTROY_FAILED',
      reason: failure.message.slice(0, 1000),
      jobId: job.id,
      fence: job.fence,
    });
  }

  /** A destroy is never superseded: asking again gets the same job. */
  async onCancelled(): Promise<void> {}

  /** Where no attempt came to its checkpoint nothing was made (G1), so a cloud that does not answer keeps nobody. */
  async #findResidue(attempt: JobContext, cluster: ClusterRow): Promise<CloudResource[]> {
    try {
      return await readBack(this.#context, cluster, attempt.signal);
    } catch (error) {
      if (!(error instanceof CloudError) || (await mayHaveResources(this.#context, cluster))) throw error;
      const message = `nothing was ever made: no attempt came to its checkpoint. The cloud was not read back: ${error.message}`;
      attempt.event({ kind: 'log', level: 'warn', message });
      return [];
    }
  }

  async #destroyed(tx: Tx, job: ClaimedJob): Promise<void> {
    await transition(tx, job.resourceId, {
      from: 'DESTROYING',
      to: 'DESTROYED',
      reason: 'the read-back found nothing',
      jobId: job.id,
      fence: job.fence,
    });
    await tx.query(setCloudCredentialsRemoved, { clusterId: job.resourceId });
    for (const kind of SECRET_KINDS)
      await this.#context.secrets.remove(tx, { ownerId: job.resourceId, kind });
  }
}

/** @returns whether an attempt may have made anything in the cloud. */
async function mayHaveResources(context: ClusterJobContext, { id, infraId }: ClusterRow): Promise<boolean> {
  return infraId !== null || (await context.db.query(listInfraIds, { clusterId: id })).length > 0;
}

async function getDestroyingCluster(context: ClusterJobContext, { job }: JobContext): Promise<ClusterRow> {
  const [cluster] = await context.db.query(getCluster, { id: job.resourceId, teams: null });
  if (cluster?.status === 'DESTROYING') return cluster;
  throw new JobFailure('STATE_CONFLICT', `the cluster is ${cluster?.status ?? 'unknown'}, not DESTROYING`, {
    retryable: false,
  });
}
