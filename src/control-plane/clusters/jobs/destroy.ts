import { DESTROY_PHASES } from '../../../contract/statuses.ts';
import type { Tx } from '../../kernel/db/db.ts';
import {
  type ClaimedJob,
  type JobContext,
  type JobDone,
  JobFailure,
  type JobHandler,
} from '../../kernel/jobs/job.ts';
import { endLeftovers } from '../../kernel/process/leftovers.ts';
import type { CloudResource } from '../clouds/cloud.ts';
import { CloudError } from '../clouds/cloud-error.ts';
import { removeInstallDir } from '../installer/install-dir.ts';
import { move } from '../service/moves.ts';
import { SECRET_KINDS } from '../service/wing.ts';
import { listInfraIds } from '../store/artifacts.ts';
import { setCloudCredentialsRemoved } from '../store/cloud-credentials.ts';
import { type ClusterRow, getCluster } from '../store/clusters.ts';
import { removeCloudCredentials } from './cloud-credentials-undo.ts';
import type { InstallerRun } from './installer-run.ts';
import { stepper } from './phases.ts';
import { toolFailure } from './tool-failure.ts';
import { checkAccount, readBack, refuseResidue, restore, undoDirs, uninstall } from './undo.ts';
import type { Workshop } from './workshop.ts';

/** Ends a cluster: restore, uninstall, and then look. DESTROYED is said only when the cloud was read back and empty (G2). */
export class DestroyHandler implements JobHandler {
  readonly type: 'DESTROY' | 'JANITOR_DESTROY';
  readonly timeoutMs: number;
  readonly #workshop: Workshop;

  constructor(workshop: Workshop, type: 'DESTROY' | 'JANITOR_DESTROY') {
    this.#workshop = workshop;
    this.type = type;
    this.timeoutMs = workshop.destroyTimeoutMs * 1.5;
  }

  async run(context: JobContext): Promise<JobDone> {
    const workshop = this.#workshop;
    const cluster = await readCluster(workshop, context);
    await endLeftovers(cluster.id, workshop.killAfterMs, workshop.clock);
    const dirs = await undoDirs(workshop, context);
    try {
      if (await hadBegun(workshop, cluster)) await checkAccount(workshop, cluster);
      const step = stepper(context, DESTROY_PHASES);
      let run: InstallerRun | undefined;
      const { infraId } = cluster;
      if (infraId !== null) {
        const how = await step('restore', 'Restoring the install directory', () =>
          restore(workshop, context, cluster, infraId, dirs),
        );
        context.event({
          kind: 'log',
          level: 'info',
          message:
            how === 'snapshot'
              ? 'restored from the newest snapshot'
              : 'rebuilt metadata.json from the database',
        });
        run = await step('destroy', 'Uninstalling', async () => {
          const uninstalled = await uninstall(workshop, context, cluster, dirs);
          await removeCloudCredentials(workshop, context, cluster, dirs);
          return uninstalled;
        });
      }
      await step('read-back', 'Reading the cloud back', async () => {
        refuseResidue(context, await this.#left(context, cluster), run);
      });
      await step('finish', 'Proven gone', async () => {});
      return { write: (tx) => this.#destroyed(tx, context.job) };
    } catch (error) {
      throw context.signal.aborted ? error : toolFailure(error);
    } finally {
      await removeInstallDir(dirs);
    }
  }

  async onFailed(tx: Tx, job: ClaimedJob, failure: JobFailure): Promise<void> {
    await move(tx, job.resourceId, {
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
  async #left(context: JobContext, cluster: ClusterRow): Promise<CloudResource[]> {
    try {
      return await readBack(this.#workshop, cluster, context.signal);
    } catch (error) {
      if (!(error instanceof CloudError) || (await hadBegun(this.#workshop, cluster))) throw error;
      const message = `nothing was ever made: no attempt came to its checkpoint. The cloud was not read back: ${error.message}`;
      context.event({ kind: 'log', level: 'warn', message });
      return [];
    }
  }

  async #destroyed(tx: Tx, job: ClaimedJob): Promise<void> {
    await move(tx, job.resourceId, {
      from: 'DESTROYING',
      to: 'DESTROYED',
      reason: 'the read-back found nothing',
      jobId: job.id,
      fence: job.fence,
    });
    await tx.query(setCloudCredentialsRemoved, { clusterId: job.resourceId });
    for (const kind of SECRET_KINDS)
      await this.#workshop.secrets.remove(tx, { ownerId: job.resourceId, kind });
  }
}

/** @returns whether an attempt may have made anything in the cloud. */
async function hadBegun(workshop: Workshop, { id, infraId }: ClusterRow): Promise<boolean> {
  return infraId !== null || (await workshop.db.query(listInfraIds, { clusterId: id })).length > 0;
}

async function readCluster(workshop: Workshop, { job }: JobContext): Promise<ClusterRow> {
  const [cluster] = await workshop.db.query(getCluster, { id: job.resourceId, teams: null });
  if (cluster?.status === 'DESTROYING') return cluster;
  throw new JobFailure('STATE_CONFLICT', `the cluster is ${cluster?.status ?? 'unknown'}, not DESTROYING`, {
    retryable: false,
  });
}
