import type { Queryable } from '../../kernel/db/db.ts';
import { infraIdOfTagKey } from '../clouds/aws/aws-ownership.ts';
import type { Cloud, CloudResource, OrphanProposal } from '../clouds/cloud.ts';
import type { ClusterServices } from '../service/cluster-services.ts';
import { listEndedClusters, listLivingClusters } from '../store/orphan-clusters.sql.ts';
import { type InfraOwner, infraOwner, type KnownClusters, livingInDomain } from './orphan-owner.ts';
import { type OrphanResource, orphanResources } from './orphan-resource.ts';

export type OrphanServices = Pick<
  ClusterServices,
  'db' | 'newId' | 'profiles' | 'prices' | 'installationId' | 'orphans'
>;

/** What the cloud has under an infraID, and whose it is. */
export interface Sighting {
  readonly marks: Pick<OrphanProposal, 'infraId' | 'tags'>;
  readonly owner: InfraOwner;
  readonly platform: 'aws' | 'ibmcloud';
  readonly region: string;
  readonly clusterId: string | null;
  readonly clusterName: string | null;
  readonly baseDomain: string | null;
  readonly cluster: { readonly owner: string | null; readonly team: string | null; readonly profile: string };
  readonly resources: readonly OrphanResource[];
  readonly oldestAt: Date;
}

export async function readKnown(
  { db, installationId }: Pick<OrphanServices, 'installationId'> & { readonly db: Queryable },
  cloud: string,
  account: string,
): Promise<KnownClusters> {
  return {
    installationId,
    ended: await db.query(listEndedClusters, { cloud, account }),
    living: await db.query(listLivingClusters, {}),
  };
}

/** The regions of a cloud that profiles allow now, and those of clusters that were made when they allowed others. */
export function scannedRegions(
  { profiles }: Pick<OrphanServices, 'profiles'>,
  { ended }: KnownClusters,
  cloud: string,
): string[] {
  const allowed = profiles
    .list()
    .filter(({ platform }) => cloud === 'sandbox' || platform === cloud)
    .flatMap(({ regions }) => regions.allowlist);
  return [...new Set([...allowed, ...ended.map(({ region }) => region)])];
}

/** Reads back what there is under an infraID, as after a destroy. */
export async function readSighting(
  services: Pick<OrphanServices, 'profiles'>,
  cloud: Cloud,
  proposal: OrphanProposal,
  known: KnownClusters,
  signal: AbortSignal,
): Promise<Sighting> {
  const { infraId } = proposal;
  const proposed = infraOwner(proposal, known);
  const cluster = proposed.kind === 'ours' ? proposed.cluster : undefined;
  const clusterId = cluster?.clusterId ?? first(proposal.tags, 'ClusterId');
  const clusterName = cluster?.name ?? first(proposal.tags, 'ClusterName');
  const domain =
    cluster === undefined || livingInDomain(cluster, known.living) !== undefined
      ? {}
      : {
          clusterName: cluster.name,
          baseDomain: cluster.baseDomain,
          hostedZoneRole: cluster.hostedZoneRole ?? undefined,
        };
  const all = await cloud.find(
    {
      // No cluster has an infraID as its id.
      clusterId: clusterId ?? infraId,
      infraIds: [...new Set([...(cluster?.infraIds ?? []), infraId])],
      regions: scannedRegions(services, known, cloud.kind),
      ...domain,
    },
    signal,
  );
  const found = all.filter((resource) => isUnder(infraId, resource));
  const marks = { infraId, tags: [...proposal.tags, ...found.map(({ tags }) => tags)] };
  return {
    marks,
    owner: infraOwner(marks, known),
    platform: cloud.kind === 'ibmcloud' || cluster?.platform === 'ibmcloud' ? 'ibmcloud' : 'aws',
    region: cluster?.region ?? regionOf(found),
    clusterId,
    clusterName,
    baseDomain: cluster?.baseDomain ?? null,
    cluster: {
      owner: cluster?.owner ?? first(marks.tags, 'Owner'),
      team: cluster?.team ?? first(marks.tags, 'Team'),
      profile: cluster?.profile ?? first(marks.tags, 'Profile') ?? '',
    },
    resources: orphanResources(found, proposal.shared),
    oldestAt: oldest(found),
  };
}

/** @returns whether a resource of a cluster is of this infraID: it may have left something under several, each an orphan of its own. */
export function isUnder(infraId: string, resource: CloudResource): boolean {
  if (resource.infraId !== null) return resource.infraId === infraId;
  const named = Object.keys(resource.tags).flatMap((key) => infraIdOfTagKey(key) ?? []);
  return named.length === 0 || named.includes(infraId);
}

/** Where most of it is; global services are everywhere listed in the same region. */
function regionOf(found: readonly CloudResource[]): string {
  const counts = new Map<string, number>();
  const regional = found.filter(({ type }) => !/^(iam|route53|s3):/.test(type));
  for (const { region } of regional.length > 0 ? regional : found)
    counts.set(region, (counts.get(region) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0] ?? '';
}

/** The latest time that a Date can hold. */
const LATEST_MS = 8_640_000_000_000_000;
const oldest = (found: readonly CloudResource[]): Date =>
  new Date(Math.min(...found.map(({ createdAt }) => createdAt.getTime()), LATEST_MS));

const first = (tags: OrphanProposal['tags'], key: string): string | null =>
  tags.find((each) => each[key] !== undefined)?.[key] ?? null;
