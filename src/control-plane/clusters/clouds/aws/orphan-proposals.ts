import type { CloudResource, EndedCluster, OrphanProposal, OrphanQuery } from '../cloud.ts';
import type { AwsApi } from './aws-api.ts';
import { GLOBAL_REGION } from './aws-clients.ts';
import { type AwsTags, infraIdOfTagKey } from './aws-ownership.ts';
import { clusterBuckets } from './buckets.ts';
import { awsRecordNames } from './cluster-dns-records.ts';
import { hostedZones } from './hosted-zones.ts';
import { accountIamEntities, clusterIamEntities, clusterOidcProviders } from './iam-entities.ts';
import { resourcesWithTag, tagKeysIn, toTaggedResource } from './tagged-resources.ts';

/** Names that the installer gives in IAM, whose resources no listing by tag contains; an infraID ends with five of these characters. */
const INSTALLERS_NAME =
  /^(.+-[bcdfghjklmnpqrstvwxz2456789]{5})-(?:master|worker|bootstrap)-(?:role|profile)$/;

interface Sighting {
  readonly infraId: string;
  readonly tags: AwsTags;
  readonly shared?: CloudResource;
}

/**
 * InfraIDs under which the account may have resources: by tag in each region and in the global services; by name in IAM and S3, and by
 * domain in Route 53, where not everything has tags.
 */
export async function awsOrphanProposals(aws: AwsApi, query: OrphanQuery): Promise<OrphanProposal[]> {
  const regions = [...new Set([...query.regions, GLOBAL_REGION])];
  const lists = await Promise.all([
    ...regions.map((region) => sightingsByTag(aws, region)),
    sightingsByName(aws, query),
    sightingsByDomain(aws, query.ended),
  ]);
  const byInfraId = new Map<string, Sighting[]>();
  for (const sighting of lists.flat())
    byInfraId.set(sighting.infraId, [...(byInfraId.get(sighting.infraId) ?? []), sighting]);
  return [...byInfraId]
    .filter(([, seen]) => seen.some(({ shared }) => shared === undefined))
    .map(([infraId, seen]) => ({
      infraId,
      tags: seen.filter(({ shared }) => shared === undefined).map(({ tags }) => tags),
      shared: seen.flatMap(({ shared }) => shared ?? []),
    }));
}

/** The API cannot filter by the beginning of a key, so the keys are listed first. */
async function sightingsByTag(aws: AwsApi, region: string): Promise<Sighting[]> {
  const seen: Sighting[] = [];
  // One after the other, because the API allows only a few calls per second.
  for (const key of await tagKeysIn(aws, region)) {
    const infraId = infraIdOfTagKey(key);
    if (infraId === undefined) continue;
    for (const { arn, tags } of await resourcesWithTag(aws, region, { key })) {
      if (tags[key] === 'owned') seen.push({ infraId, tags });
      else if (tags[key] === 'shared')
        seen.push({ infraId, tags, shared: toTaggedResource(aws, { infraIds: [] }, region, arn, tags) });
    }
  }
  return seen;
}

async function sightingsByName(aws: AwsApi, { regions, ended }: OrphanQuery): Promise<Sighting[]> {
  const installed = (await accountIamEntities(aws)).flatMap(({ kind, name }) => {
    const infraId = kind === 'user' ? undefined : INSTALLERS_NAME.exec(name)?.[1];
    return infraId ?? [];
  });
  const infraIds = [...new Set([...installed, ...ended.flatMap((cluster) => cluster.infraIds)])];
  const query = { clusterId: '', infraIds, regions };
  const lists = await Promise.all([
    clusterIamEntities(aws, query),
    clusterOidcProviders(aws, query),
    clusterBuckets(aws, query),
  ]);
  return lists.flat().flatMap(({ infraId, tags }) => (infraId === null ? [] : { infraId, tags }));
}

/** Records at or below the domain of an ended cluster. The zone of a base domain is listed once, whatever the number of clusters. */
async function sightingsByDomain(aws: AwsApi, ended: readonly EndedCluster[]): Promise<Sighting[]> {
  const newest = new Map<string, string>(
    ended.flatMap(({ name, baseDomain, infraIds }) => {
      const infraId = infraIds.at(-1);
      return infraId === undefined ? [] : [[`${name}.${baseDomain}`, infraId] as const];
    }),
  );
  const seen = new Set<string>();
  if (newest.size === 0) return [];
  const zones = await hostedZones(aws);
  for (const baseDomain of new Set(ended.map((cluster) => cluster.baseDomain))) {
    for (const record of await awsRecordNames(aws, baseDomain, zones)) {
      const labels = record.split('.');
      for (let from = 0; from < labels.length; from++) {
        const infraId = newest.get(labels.slice(from).join('.'));
        if (infraId !== undefined) seen.add(infraId);
      }
    }
  }
  return [...seen].map((infraId) => ({ infraId, tags: {} }));
}
