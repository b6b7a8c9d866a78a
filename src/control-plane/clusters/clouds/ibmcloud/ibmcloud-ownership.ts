import type { CloudQuery } from '../cloud.ts';

export type InfraIdsQuery = Pick<CloudQuery, 'infraIds'>;

/** What the cloud controller of a cluster puts before the infraID of its load balancers. */
const CLUSTER_PREFIX = 'kube-';

/** @returns the infraID that a name is, or begins with. */
export function ibmcloudInfraIdOfName(name: string, { infraIds }: InfraIdsQuery): string | null {
  const plain = name.startsWith(CLUSTER_PREFIX) ? name.slice(CLUSTER_PREFIX.length) : name;
  return (
    infraIds.find((infraId) =>
      [name, plain].some((text) => text === infraId || text.startsWith(`${infraId}-`)),
    ) ?? null
  );
}

/** @returns the infraID that owns a thing by its tags; volumes of the storage driver have no other mark. */
export function ibmcloudInfraIdOfTags(tags: readonly string[], { infraIds }: InfraIdsQuery): string | null {
  return (
    infraIds.find((infraId) =>
      ['kubernetes-io-cluster-', 'kubernetes.io-cluster-'].some((prefix) =>
        tags.includes(`${prefix}${infraId}:owned`),
      ),
    ) ?? null
  );
}

/** Tags of IBM Cloud are words; what stands before the first colon is their name for us. */
export function tagMap(tags: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    tags.map((tag) => {
      const at = tag.indexOf(':');
      return at < 0 ? [tag, ''] : [tag.slice(0, at), tag.slice(at + 1)];
    }),
  );
}

/** @returns the moment, or now when there is none or nobody can read it: nothing is believed to be older than it is. */
export function parseCreatedAt(text: string | undefined, now: Date): Date {
  const at = text === undefined ? Number.NaN : Date.parse(text);
  return Number.isNaN(at) ? now : new Date(at);
}
