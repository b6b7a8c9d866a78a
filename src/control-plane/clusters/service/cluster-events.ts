import * as z from 'zod';
import type { components, operations } from '../../../contract/api.gen.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Queryable, Tx } from '../../kernel/db/db.ts';
import { Listing } from '../../kernel/listing.ts';
import type { ClusterRow } from '../store/clusters.sql.ts';
import { insertWarning, listWarnings } from '../store/expiry.sql.ts';
import { publishClusterEvent } from './cluster-notifications.ts';

const EVENTS = new Listing('cluster-events', z.int().positive());

export type EventsQuery = NonNullable<operations['listClusterEvents']['parameters']['query']>;
type ClusterEvent = components['schemas']['ClusterEvent'];

/**
 * Records and publishes that the deadline of a cluster is near: once for each deadline, so that an extension arms the warning again.
 * @returns false when it was recorded before
 */
export async function warnOfExpiry(
  tx: Tx,
  { id, destroyAt }: Pick<ClusterRow, 'id' | 'destroyAt'>,
  beforeHours: number,
): Promise<boolean> {
  const [warned] = await tx.query(insertWarning, { id, beforeHours });
  if (!warned) return false;
  await publishClusterEvent(tx, id, 'cluster.expiring', `expires at ${destroyAt.toISOString()}`);
  return true;
}

/** A page of the events of a cluster, newest first. Whether the caller may see the cluster was checked before. */
export async function listClusterEvents(
  db: Queryable,
  { principal }: Caller,
  clusterId: string,
  { cursor, limit = 50 }: EventsQuery,
): Promise<{ items: ClusterEvent[]; nextCursor: string | null }> {
  const before = EVENTS.decodeCursor(cursor, principal) ?? null;
  const found = await db.query(listWarnings, { clusterId, before, limit: limit + 1 });
  const { rows, nextCursor } = EVENTS.page(found, limit, principal, ({ id }) => id);
  const items = rows.map(({ at, destroyAt, beforeHours }) => ({
    type: 'cluster.expiring' as const,
    at: at.toISOString(),
    data: { destroyAt: destroyAt.toISOString(), warnBeforeHours: beforeHours },
  }));
  return { items, nextCursor };
}
