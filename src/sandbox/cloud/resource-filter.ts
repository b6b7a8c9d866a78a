export type ResourceTags = Readonly<Record<string, string>>;

/** The fields that filters compare. */
interface Filterable {
  readonly type: string;
  readonly region: string;
  readonly infraId: string;
  readonly tags: ResourceTags;
}

/** All given conditions must hold, and all `tags` must be present. */
export interface ResourceFilter {
  readonly infraId?: string;
  readonly regions?: readonly string[];
  readonly types?: readonly string[];
  readonly tags?: ResourceTags;
}

/** `tags`: one map, or several of which at least one must match in full (as `identifier` in metadata.json). */
export interface TagQuery {
  readonly tags: ResourceTags | readonly ResourceTags[];
  readonly regions?: readonly string[];
}

export function matchesResourceFilter(resource: Filterable, filter: ResourceFilter): boolean {
  return (
    (filter.infraId === undefined || resource.infraId === filter.infraId) &&
    (filter.regions === undefined || filter.regions.includes(resource.region)) &&
    (filter.types === undefined || filter.types.includes(resource.type)) &&
    (filter.tags === undefined || hasTags(resource, filter.tags))
  );
}

export function matchesTagQuery(tags: TagQuery['tags']): (resource: Filterable) => boolean {
  const alternatives = Array.isArray(tags) ? (tags as readonly ResourceTags[]) : [tags as ResourceTags];
  return (resource) => alternatives.some((wanted) => hasTags(resource, wanted));
}

function hasTags(resource: Filterable, wanted: ResourceTags): boolean {
  const pairs = Object.entries(wanted);
  return pairs.length > 0 && pairs.every(([key, value]) => resource.tags[key] === value);
}
