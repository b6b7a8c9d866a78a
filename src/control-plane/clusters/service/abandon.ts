import type { components } from '../../../contract/api.gen.ts';
import { requireReason } from '../../kernel/approvals/approvals.ts';
import { audit } from '../../kernel/audit/audit.ts';
import { type Caller, teamsWith } from '../../kernel/caller.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { setAbandoned as abandon } from '../store/abandonment.sql.ts';
import { type ClusterRow, lockCluster } from '../store/clusters.sql.ts';
import type { ClusterServices } from './cluster-services.ts';
import { forbiddenOrNotFound, readCluster, residueOf } from './read.ts';

/**
 * Gives up on a destroy that failed: the only way out but a proven one. The cluster stays DESTROY_FAILED with its residue listed,
 * because nothing was proven (G2); its name and its share of the quota are free, and it no longer expires.
 */
export async function abandonCluster(
  services: Pick<ClusterServices, 'queue'>,
  tx: Tx,
  caller: Caller,
  id: string,
  given: string,
): Promise<{ cluster: components['schemas']['Cluster'] }> {
  const reason = requireReason(given, 'Giving a cluster up');
  const teams = teamsWith(caller, ['platform_admin']);
  await services.queue.lockLane(tx, id);
  const [row] = await tx.query(lockCluster, { id, teams });
  if (!row) throw await forbiddenOrNotFound(tx, caller, id, 'platform admin');
  assertDestroyFailed(row);
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

function assertDestroyFailed(row: ClusterRow): void {
  if (row.status !== 'DESTROY_FAILED') {
    throw new AppError(
      'STATE_CONFLICT',
      `Cluster ${row.name} is ${row.status}: only a destroy that failed can be given up. Destroy it first.`,
    );
  }
  if (row.abandonedAt !== null)
    throw new AppError('STATE_CONFLICT', `Cluster ${row.name} was abandoned already, by ${row.abandonedBy}.`);
}
