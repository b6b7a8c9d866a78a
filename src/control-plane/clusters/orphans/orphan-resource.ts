import * as z from 'zod';
import type { CloudResource } from '../clouds/cloud.ts';

/** A resource of an orphan, as it is stored. `keep` says why a sweep does not remove it; null: it is removed. */
export const orphanResourceSchema = z.object({
  id: z.string(),
  arn: z.string(),
  type: z.string(),
  region: z.string(),
  name: z.string(),
  createdAt: z.string(),
  note: z.string().nullable(),
  keep: z.string().nullable(),
  /** True if what is removed cannot go while this is there. */
  blocks: z.boolean(),
});
export type OrphanResource = z.infer<typeof orphanResourceSchema>;
export const orphanResourcesSchema = z.array(orphanResourceSchema);

/** What a sweep removes. */
export function removable<T extends Pick<OrphanResource, 'keep'>>(resources: readonly T[]): T[] {
  return resources.filter(({ keep }) => keep === null);
}

/** Found in the network of a cluster by the read-back, without a tag of the cluster. */
const BLOCKERS = ['ec2:network-interface', 'ec2:vpc-endpoint', 'ec2:security-group-rule'];
const UNUSED = /, used by nothing$/;

/**
 * Decides what a sweep removes and what it keeps, and why (G5). A blocker is removed only if one of the removed resources uses it, or
 * nothing does: the installer empties the networks that it removes, also of what others put there.
 * @param found by the read-back under this infraID @param shared what the infraID is a user of
 */
export function orphanResources(
  found: readonly CloudResource[],
  shared: readonly CloudResource[],
): OrphanResource[] {
  const own = found.filter((resource) => !isBlocker(resource));
  const names = new Set(own.flatMap(({ id, name }) => [id, name]));
  const blockers = found.filter(isBlocker).map((resource) => {
    const { note = '' } = resource;
    const goesAlong =
      resource.type === 'ec2:network-interface' &&
      (UNUSED.test(note) || note.split(/[\s,]+/).some((word) => names.has(word)));
    return toOrphanResource(
      resource,
      goesAlong ? null : 'of another owner, in the network of the cluster',
      !goesAlong,
    );
  });
  const all = [
    ...own.map((resource) => toOrphanResource(resource, null, false)),
    ...blockers,
    ...shared.map((resource) => toOrphanResource(resource, 'shared by clusters', false)),
  ];
  const byArn = new Map(all.map((resource) => [resource.arn, resource]));
  return [...byArn.values()].sort((a, b) => (a.arn < b.arn ? -1 : 1));
}

function isBlocker({ type, infraId, tags }: CloudResource): boolean {
  return infraId === null && Object.keys(tags).length === 0 && BLOCKERS.includes(type);
}

function toOrphanResource(
  { id, arn, type, region, name, createdAt, note }: CloudResource,
  keep: string | null,
  blocks: boolean,
): OrphanResource {
  return {
    id,
    arn,
    type,
    region,
    name,
    createdAt: createdAt.toISOString(),
    note: note ?? null,
    keep,
    blocks,
  };
}
