import type { components } from '../../../contract/api.gen.ts';
import { actingTeams } from '../../kernel/access/team-access.ts';
import { audit } from '../../kernel/audit/audit.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Queryable, Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { type ClusterRow, getCluster, lockCluster } from '../store/clusters.sql.ts';
import { renewClusterKeepalive, setClusterKeepalive } from '../store/keepalive.sql.ts';
import { listTransitions } from '../store/transitions.sql.ts';
import { destroyReason, UNDER_DESTRUCTION } from './presentation.ts';
import { forbiddenOrNotFound, readCluster } from './read.ts';

type Schemas = components['schemas'];

/**
 * Renews the keepalive of a cluster. It is neither audited nor remembered under a key: a job of eight hours renews 96 times, and each only
 * keeps what was requested before.
 * @throws AppError STATE_CONFLICT when there is nothing to renew
 */
export async function renewKeepalive(
  db: Queryable,
  caller: Caller,
  id: string,
): Promise<Schemas['Keepalive']> {
  const teams = actingTeams(caller);
  const [renewed] = await db.query(renewClusterKeepalive, { id, teams });
  if (renewed) {
    const { minutes, renewedAt, expiresAt } = renewed;
    return { minutes, renewedAt: renewedAt.toISOString(), expiresAt: expiresAt.toISOString() };
  }
  const [row] = await db.query(getCluster, { id, teams });
  if (!row) throw await forbiddenOrNotFound(db, caller, id);
  throw new AppError('STATE_CONFLICT', await whyNotRenewed(db, row));
}

async function whyNotRenewed(db: Queryable, row: ClusterRow): Promise<string> {
  const { name, status, destroyAt, keepaliveMinutes, keepaliveRenewedAt, keepaliveEnd } = row;
  if (UNDER_DESTRUCTION.has(status)) return `${await whyDestroyed(db, row)}.`;
  if (keepaliveMinutes === null)
    return `Cluster ${name} has no keepalive: \`ocpctl keepalive ${name} --set 15m\` gives it one.`;
  if (keepaliveEnd === null || destroyAt < keepaliveEnd)
    return `Cluster ${name} expired at ${destroyAt.toISOString()}.`;
  return `Cluster ${name} expired at ${keepaliveEnd.toISOString()}: keepalive not renewed since ${keepaliveRenewedAt?.toISOString()}.`;
}

/** `Cluster demo is DESTROYED: keepalive not renewed since …` */
async function whyDestroyed(db: Queryable, { id, name, status }: ClusterRow): Promise<string> {
  const reason = destroyReason(await db.query(listTransitions, { clusterIds: [id] }));
  return `Cluster ${name} is ${status}${reason === null ? '' : `: ${reason}`}`;
}

/** Gives a cluster a keepalive that begins now, changes its length, or removes it. @param minutes null: none */
export async function setKeepalive(
  tx: Tx,
  caller: Caller,
  id: string,
  minutes: number | null,
): Promise<{ cluster: Schemas['Cluster'] }> {
  const [row] = await tx.query(lockCluster, { id, teams: actingTeams(caller) });
  if (!row) throw await forbiddenOrNotFound(tx, caller, id);
  if (UNDER_DESTRUCTION.has(row.status))
    throw new AppError('STATE_CONFLICT', `${await whyDestroyed(tx, row)}. A keepalive no longer matters.`);
  await tx.query(setClusterKeepalive, { id, minutes });
  await audit(tx, row.team, caller, {
    action: 'cluster.keepalive.set',
    target: id,
    status: 'SUCCESS',
    metadata: { name: row.name, from: row.keepaliveMinutes, to: minutes },
  });
  return { cluster: await readCluster(tx, id, null) };
}
