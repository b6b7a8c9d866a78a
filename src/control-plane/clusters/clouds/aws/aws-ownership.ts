import type { CloudQuery, CloudResource } from '../cloud.ts';

/** The cluster whose resources are searched. */
type OwnerQuery = Pick<CloudQuery, 'clusterId' | 'infraIds'>;

export type AwsTags = Readonly<Record<string, string>>;

export const CLUSTER_TAG = 'kubernetes.io/cluster/';
/** Prefixes of the tags that name an infraID, with the value `owned`. ccoctl sets the last one on what it creates. */
const OWNER_TAGS = [
  CLUSTER_TAG,
  'sigs.k8s.io/cluster-api-provider-aws/cluster/',
  'openshift.io/cloud-credential-operator/',
];

/** Tags that mark a resource as a cluster's; each alone is enough. */
export function ownerTags({
  clusterId,
  infraIds,
}: OwnerQuery): { readonly key: string; readonly value: string }[] {
  return [
    { key: 'ClusterId', value: clusterId },
    ...infraIds.flatMap((infraId) =>
      OWNER_TAGS.map((prefix) => ({ key: `${prefix}${infraId}`, value: 'owned' })),
    ),
  ];
}

/** @returns the infraID that a tag names as owner or as user of a resource; undefined for other tags. */
export function infraIdOfTagKey(key: string): string | undefined {
  const prefix = OWNER_TAGS.find((each) => key.startsWith(each));
  return prefix === undefined || key === prefix ? undefined : key.slice(prefix.length);
}

/** @returns whether the tags mark the resource as shared by clusters: it is not ours to delete, and no residue (G5). */
export function isShared(tags: AwsTags): boolean {
  const marks = Object.entries(tags).filter(([key]) => key.startsWith(CLUSTER_TAG));
  return marks.length > 0 && marks.every(([, value]) => value === 'shared');
}

/** @returns the infraID in the tags if it is one of those searched. */
export function infraIdOfAwsTags(tags: AwsTags, { infraIds }: Pick<OwnerQuery, 'infraIds'>): string | null {
  return (
    infraIds.find((infraId) =>
      ownerTags({ clusterId: '', infraIds: [infraId] }).some(({ key }) => tags[key] === 'owned'),
    ) ?? null
  );
}

/** @returns whose the tags say a resource is; `unknown` without a tag that names a cluster. */
export function ownerOfAwsTags(tags: AwsTags, query: OwnerQuery): 'cluster' | 'another' | 'unknown' {
  if (isShared(tags)) return 'another';
  if (ownerTags(query).some(({ key, value }) => tags[key] === value)) return 'cluster';
  const named = Object.entries(tags).some(
    ([key, value]) =>
      key === 'ClusterId' || (value === 'owned' && OWNER_TAGS.some((prefix) => key.startsWith(prefix))),
  );
  return named ? 'another' : 'unknown';
}

/**
 * Decides about resources that were found by name: clusters may share the beginning of a name, so tags that name another
 * cluster win over the name (G5). Without such tags the name decides.
 * @param readTags returns undefined for a resource that was deleted meanwhile
 */
export async function withoutForeign(
  candidates: readonly CloudResource[],
  readTags: (candidate: CloudResource) => Promise<AwsTags | undefined>,
  query: OwnerQuery,
): Promise<CloudResource[]> {
  const decided = await Promise.all(
    candidates.map(async (candidate): Promise<CloudResource[]> => {
      const tags = await readTags(candidate);
      if (tags === undefined || ownerOfAwsTags(tags, query) === 'another') return [];
      return [{ ...candidate, infraId: infraIdOfAwsTags(tags, query) ?? candidate.infraId, tags }];
    }),
  );
  return decided.flat();
}

/** The tags of an answer of AWS, which lists them as pairs. */
export function toAwsTags(
  tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[] = [],
): AwsTags {
  return Object.fromEntries(tags.map(({ Key = '', Value = '' }) => [Key, Value]));
}
