import type { Tx } from '../../kernel/db/db.ts';
import { type JobContext, JobFailure } from '../../kernel/jobs/job.ts';
import { setInfraId } from '../store/clusters.sql.ts';
import type { ClusterJobContext } from './cluster-job-context.ts';
import type { InstallInput } from './install-input.ts';
import { takeSnapshot } from './snapshots.ts';

/**
 * Stores what a destroy needs (G1): first the snapshot, then infraID, account, artifact row and what `also` writes, in one fenced
 * transaction. Nothing may be created in the cloud before this returns.
 */
export async function checkpoint(
  context: ClusterJobContext,
  attempt: JobContext,
  { dirs, cluster, cloud }: InstallInput,
  infraId: string,
  also: (tx: Tx) => Promise<void> = async () => {},
): Promise<void> {
  const snapshot = await takeSnapshot(context, attempt, dirs.install, infraId);
  // Read again: if the credentials were replaced since the preflight, the cluster would be in an account that no destroy looks in.
  const cloudAccount = await cloud.account();
  await attempt.commit(async (tx) => {
    const written = await tx.query(setInfraId, { id: cluster.id, infraId, cloudAccount });
    if (written.length === 0) {
      throw new JobFailure(
        'INFRA_ID_CONFLICT',
        'another infraID or account is already recorded for this cluster',
        {
          retryable: true,
        },
      );
    }
    await snapshot.record(tx);
    await also(tx);
  });
  attempt.event({ kind: 'log', level: 'info', message: `checkpoint of ${infraId} stored` });
}
