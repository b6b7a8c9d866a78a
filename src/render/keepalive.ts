import type { Cluster, KeepaliveDocument } from '../contract/documents.ts';
import { shortDuration } from '../contract/duration.ts';
import { dateTime, longTime } from './format.ts';

export type TiedCluster = Pick<Cluster, 'name' | 'destroyAt'>;

/** Whether the deadline comes before the keepalive ends: then a renewal does not help. */
export function isBoundByExpiry({ destroyAt }: TiedCluster, { expiresAt }: KeepaliveDocument): boolean {
  return Date.parse(expiresAt) >= Date.parse(destroyAt);
}

/** When a cluster expires: at its deadline, or at the end of the keepalive if that is earlier. */
export function clusterExpiresAt(cluster: TiedCluster & Pick<Cluster, 'keepalive'>): string {
  const { keepalive, destroyAt } = cluster;
  return keepalive === null || isBoundByExpiry(cluster, keepalive) ? destroyAt : keepalive.expiresAt;
}

/** Until when a cluster that is tied to its client lives, and what keeps it. */
export function keepaliveNote(cluster: TiedCluster, keepalive: KeepaliveDocument): string {
  const { name, destroyAt } = cluster;
  return isBoundByExpiry(cluster, keepalive)
    ? `${name} expires at ${dateTime(destroyAt)}, before its keepalive of ${lengthOf(keepalive)} ends: 'ocpctl extend ${name}' changes that.`
    : `${name} is destroyed at ${dateTime(keepalive.expiresAt)} unless it is renewed: 'ocpctl keepalive ${name}'.`;
}

/** The row of `ocpctl get`. */
export function keepaliveField(
  { keepalive, ...cluster }: TiedCluster & Pick<Cluster, 'keepalive'>,
  now: Date,
): readonly (readonly [string, string])[] {
  if (keepalive === null) return [];
  const end = isBoundByExpiry(cluster, keepalive)
    ? 'the cluster expires before it ends'
    : `destroyed ${longTime(keepalive.expiresAt, now)} unless renewed; to renew: ocpctl keepalive ${cluster.name}`;
  return [['Keepalive', `${lengthOf(keepalive)}: ${end}`]];
}

function lengthOf({ minutes }: KeepaliveDocument): string {
  return shortDuration(minutes * 60_000);
}
