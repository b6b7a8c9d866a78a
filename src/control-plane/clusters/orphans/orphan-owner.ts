import type { OrphanProposal } from '../clouds/cloud.ts';
import type { EndedClusterRow, LivingClusterRow } from '../store/orphan-clusters.sql.ts';

/** What this installation knows about the clusters that it made. */
export interface KnownClusters {
  readonly installationId: string;
  /** Of the account that is scanned. */
  readonly ended: readonly EndedClusterRow[];
  readonly living: readonly LivingClusterRow[];
}

export type InfraOwner =
  | { readonly kind: 'living'; readonly clusterId: string }
  /** Of this installation. `cluster` is undefined when its row is gone: then only the tags tell about it. */
  | { readonly kind: 'ours'; readonly cluster: EndedClusterRow | undefined }
  /** Of another installation, or of no installation that can be told: never swept. */
  | { readonly kind: 'foreign' };

type Marks = Pick<OrphanProposal, 'infraId' | 'tags'>;

/** The installer keeps this much of the name, and adds a dash and five characters (installer: `pkg/asset/installconfig/clusterid.go`). */
const NAME_CHARACTERS = 21;
const SUFFIX_CHARACTERS = 6;

/**
 * Decides whose an infraID is. In doubt it is a living cluster's, then a foreign one: what no rule can tell is kept.
 * A tag that names another installation, or a cluster that this one does not know, wins over the infraID, which others may have by chance.
 */
export function infraOwner({ infraId, tags }: Marks, known: KnownClusters): InfraOwner {
  const clusterIds = valuesOf(tags, 'ClusterId');
  const cluster = known.ended.find((each) => each.infraIds.includes(infraId));
  const living = known.living.find(
    (each) =>
      clusterIds.includes(each.clusterId) ||
      each.infraIds.includes(infraId) ||
      (cluster === undefined && mayHaveMade(each, infraId)),
  );
  if (living !== undefined) return { kind: 'living', clusterId: living.clusterId };
  const installations = valuesOf(tags, 'InstallationId');
  if (installations.some((id) => id !== known.installationId)) return { kind: 'foreign' };
  const isOurs = installations.length > 0;
  const strangers = clusterIds.filter((id) => !known.ended.some((each) => each.clusterId === id));
  if (strangers.length > 0 && !isOurs) return { kind: 'foreign' };
  if (cluster !== undefined) return { kind: 'ours', cluster: strangers.length > 0 ? undefined : cluster };
  const named = known.ended.find((each) => clusterIds.includes(each.clusterId));
  if (named !== undefined) return { kind: 'ours', cluster: named };
  return isOurs ? { kind: 'ours', cluster: undefined } : { kind: 'foreign' };
}

/** A create has an infraID some time before it is stored: every infraID that its name may lead to is taken for its own. */
function mayHaveMade({ name, status }: LivingClusterRow, infraId: string): boolean {
  if (status !== 'PENDING' && status !== 'CREATING') return false;
  return infraId.slice(0, -SUFFIX_CHARACTERS) === infraIdPrefix(name);
}

function infraIdPrefix(name: string): string {
  return name
    .replaceAll(/[^A-Za-z0-9-]/g, '-')
    .replaceAll(/-+/g, '-')
    .slice(0, NAME_CHARACTERS)
    .replace(/-+$/, '');
}

function valuesOf(tags: Marks['tags'], key: string): string[] {
  return [...new Set(tags.flatMap((each) => each[key] ?? []))];
}

/** @returns the cluster that uses the same domain now: DNS records below it cannot be told from those of an ended one. */
export function livingInDomain(
  { name, baseDomain }: { readonly name: string | null; readonly baseDomain: string | null },
  living: readonly LivingClusterRow[],
): LivingClusterRow | undefined {
  if (name === null) return undefined;
  return living.find(
    (cluster) => cluster.name === name && (baseDomain === null || cluster.baseDomain === baseDomain),
  );
}
