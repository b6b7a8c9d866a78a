import type { JobContext } from '../../kernel/jobs/job.ts';
import { removeInstallDir } from '../installer/install-dir.ts';
import { setCloudCredentialsRemoved } from '../store/cloud-credentials.ts';
import { type ClusterRow, clearInfraId } from '../store/clusters.ts';
import { removeCloudCredentials } from './cloud-credentials-undo.ts';
import { checkAccount, readBack, refuseResidue, restore, undoDirs, uninstall } from './undo.ts';
import type { Workshop } from './workshop.ts';

/** Removes what an attempt before left in the cloud, proves it, and forgets its infraID: the next attempt gets a fresh one. */
export async function undoAttemptBefore(
  workshop: Workshop,
  context: JobContext,
  cluster: ClusterRow,
  infraId: string,
): Promise<void> {
  const message = `removing what the attempt before left (${infraId})`;
  context.event({ kind: 'state', level: 'info', message });
  await checkAccount(workshop, cluster);
  const dirs = await undoDirs(workshop, context);
  try {
    await restore(workshop, context, cluster, infraId, dirs);
    const run = await uninstall(workshop, context, cluster, dirs);
    await removeCloudCredentials(workshop, context, cluster, dirs);
    refuseResidue(context, await readBack(workshop, cluster, context.signal), run);
  } finally {
    await removeInstallDir(dirs);
  }
  await context.commit(async (tx) => {
    await tx.query(setCloudCredentialsRemoved, { clusterId: cluster.id });
    await tx.query(clearInfraId, { id: cluster.id, infraId });
  });
}
