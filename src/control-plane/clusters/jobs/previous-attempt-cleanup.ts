import type { JobContext } from '../../kernel/jobs/job.ts';
import { setCloudCredentialsRemoved } from '../store/cloud-credentials.sql.ts';
import { type ClusterRow, clearInfraId } from '../store/clusters.sql.ts';
import { removeCloudCredentials } from './cloud-credentials-undo.ts';
import type { ClusterJobContext } from './cluster-job-context.ts';
import {
  assertAccount,
  assertNoResidue,
  createUndoDirs,
  discardDirs,
  readBack,
  restore,
  uninstall,
} from './undo.ts';

/** Destroys what the previous attempt created, proves that it is gone, and clears its infraID: this attempt gets a new one. */
export async function cleanUpPreviousAttempt(
  context: ClusterJobContext,
  attempt: JobContext,
  cluster: ClusterRow,
  infraId: string,
): Promise<void> {
  const message = `destroying the resources of the previous attempt (${infraId})`;
  attempt.event({ kind: 'state', level: 'info', message, data: { activity: 'clean-up' } });
  await assertAccount(context, cluster);
  const dirs = await createUndoDirs(context, attempt);
  try {
    await restore(context, attempt, cluster, infraId, dirs);
    const run = await uninstall(context, attempt, cluster, dirs);
    await removeCloudCredentials(context, attempt, cluster, dirs);
    assertNoResidue(attempt, (await readBack(context, attempt, cluster)).found, run);
  } finally {
    await discardDirs(attempt, dirs);
  }
  await attempt.commit(async (tx) => {
    await tx.query(setCloudCredentialsRemoved, { clusterId: cluster.id });
    await tx.query(clearInfraId, { id: cluster.id, infraId });
  });
}
