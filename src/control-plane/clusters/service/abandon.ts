import type { components } from '../../../contract/api.gen.ts';
import { type Caller, teamsWith } from '../../kernel/access/caller.ts';
import { audit } from '../../kernel/audit/audit.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { abandonCluster as abandon } from '../store/abandonment.ts';
import { type ClusterRow, lockCluster } from '../store/clusters.ts';
import { notTheirs, readCluster } from './read.ts';
import { neededReason } from './reason.ts';
import { residueOf } from './residue.ts';
import type { ClusterWing } from './wing.ts';

/**
 * Gives up on a destroy that failed: the only way out but a proven one. The cluster stays DESTROY_FAILED with its residue listed,
 * because nothing was proven (G2); its name and its place in the quota are free, and the deadline leaves it alone.
 */
export async function abandonCluster(
  wing: Pick<ClusterWing, 'queue'>,
  tx: Tx,
  caller: Caller,
  id: string,
  given: string,
): Promise<{ cluster: components['schemas']['Cluster'] }> {
  const reason = neededReason(given, 'Giving a cluster up');
  const teams = teamsWith(caller, ['platform_admin']);
  await wing.queue.hold(tx, id);
  const [row] = await tx.query(lockCluster, { id, teams });
  if (!row) throw await notTheirs(tx, caller, id, 'platform admin');
  refuseUnlessFailed(row);
  const residue = await residueOf(tx, row);
  await tx.query(abandon, { id, by: caller.principal, reason });
  await audit(tx, row.team, caller, {
    action: 'cluster.abandon',
    target: id,
    status: 'SUCCESS',
    metadata: {
      name: row.name,
      reason,
      infraId: row.infraId,
      account: row.cloudAccount,
      residue: residue.items.map(({ type, id: resource, region }) => `${region} ${type} ${resource}`),
    },
  });
  return { cluster: await readCluster(tx, id, null) };
}

function refuseUnlessFailed(row: ClusterRow): void {
  if (row.status !== 'DESTROY_FAILED') {
    throw new AppError(
      'STATE_CONFLICT',
      `Cluster ${row.name} is ${row.status}: only a destroy that failed can be given up. Destroy it first.`,
    );
  }
  if (row.abandonedAt !== null)
    throw new AppError('STATE_CONFLICT', `Cluster ${row.name} was abandoned already, by ${row.abandonedBy}.`);
}
