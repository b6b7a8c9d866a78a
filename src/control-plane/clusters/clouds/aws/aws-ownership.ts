import type { CloudQuery } from '../cloud.ts';

/** Whose resources are looked for. */
type OwnerQuery = Pick<CloudQuery, 'clusterId' | 'infraIds'>;

export type ResourceTags = Readonly<Record<string, string>>;

const CLUSTER_TAG = 'kubernetes.io/cluster/';

/**
 * The tags by which things belong to a cluster; each alone is enough. The last is what ccoctl puts on the identity
 * provider, bucket and roles that it makes for an infraID.
 */
export function ownerTags({
  clusterId,
  infraIds,
}: OwnerQuery): { readonly key: string; readonly value: string }[] {
  return [
    { key: 'ClusterId', value: clusterId },
    ...infraIds.flatMap((infraId) =>
      [
        `${CLUSTER_TAG}${infraId}`,
        `sigs.k8s.io/cluster-api-provider-aws/cluster/${infraId}`,
        `openshift.io/cloud-credential-operator/${infraId}`,
      ].map((key) => ({ key, value: 'owned' })),
    ),
  ];
}

/** @returns whether the tags say that several clusters use the thing: then it is none of ours to miss or to delete (G5). */
export function isShared(tags: ResourceTags): boolean {
  const marks = Object.entries(tags).filter(([key]) => key.startsWith(CLUSTER_TAG));
  return marks.length > 0 && marks.every(([, value]) => value === 'shared');
}

/** @returns the infraID in the tags, when it is one of those looked for. */
export function infraIdOfAwsTags(
  tags: ResourceTags,
  { infraIds }: Pick<OwnerQuery, 'infraIds'>,
): string | null {
  return (
    infraIds.find((infraId) =>
      ownerTags({ clusterId: '', infraIds: [infraId] }).some(({ key }) => tags[key] === 'owned'),
    ) ?? null
  );
}

/** @returns the infraID that a name begins with (`demo-4cqs4-master-role`), or ends with, as the bootstrap bucket's does. */
export function awsInfraIdOfName(name: string, { infraIds }: Pick<OwnerQuery, 'infraIds'>): string | null {
  return infraIds.find((infraId) => name.startsWith(`${infraId}-`)) ?? null;
}
