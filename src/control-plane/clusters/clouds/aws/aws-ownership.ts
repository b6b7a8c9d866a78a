import type { CloudQuery } from '../cloud.ts';

/** The cluster whose resources are searched. */
type OwnerQuery = Pick<CloudQuery, 'clusterId' | 'infraIds'>;

export type AwsTags = Readonly<Record<string, string>>;

const CLUSTER_TAG = 'kubernetes.io/cluster/';

/**
 * Tags that mark a resource as a cluster's; each alone is enough. The last is set by ccoctl on the identity provider,
 * bucket and roles that it creates for an infraID.
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

/** @returns the infraID that a name begins with, as in `demo-4cqs4-master-role`. */
export function awsInfraIdOfName(name: string, { infraIds }: Pick<OwnerQuery, 'infraIds'>): string | null {
  return infraIds.find((infraId) => name.startsWith(`${infraId}-`)) ?? null;
}
