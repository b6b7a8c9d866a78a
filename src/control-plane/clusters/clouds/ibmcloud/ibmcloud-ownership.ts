import type { CloudQuery } from '../cloud.ts';

export type InfraIdsQuery = Pick<CloudQuery, 'infraIds'>;

/** Prefix that the cloud controller of a cluster adds to the names of its load balancers. */
const CLUSTER_PREFIX = 'kube-';

/** @returns the infraID that a name equals or begins with. */
export function ibmcloudInfraIdOfName(name: string, { infraIds }: InfraIdsQuery): string | null {
  const plain = name.startsWith(CLUSTER_PREFIX) ? name.slice(CLUSTER_PREFIX.length) : name;
  return (
    infraIds.find((infraId) =>
      [name, plain].some((text) => text === infraId || text.startsWith(`${infraId}-`)),
    ) ?? null
  );
}

/** @returns the infraID in the owner tag. Volumes of the storage driver have no other mark. */
export function ibmcloudInfraIdOfTags(tags: readonly string[], { infraIds }: InfraIdsQuery): string | null {
  return (
    infraIds.find((infraId) =>
      ['kubernetes-io-cluster-', 'kubernetes.io-cluster-'].some((prefix) =>
        tags.includes(`${prefix}${infraId}:owned`),
      ),
    ) ?? null
  );
}

/** Splits each tag of IBM Cloud, which is one text, at the first colon into key and value. */
export function tagMap(tags: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    tags.map((tag) => {
      const at = tag.indexOf(':');
      return at < 0 ? [tag, ''] : [tag.slice(0, at), tag.slice(at + 1)];
    }),
  );
}

/** @returns the parsed time; now if it is absent or invalid, so that no resource is taken for older than it is. */
export function parseCreatedAt(text: string | undefined, now: Date): Date {
  const at = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? now : new Date(at);
}
