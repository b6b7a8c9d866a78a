export type Tags = Readonly<Record<string, string>>;

/** What a filter looks at. */
interface Filterable {
  readonly type: string;
  readonly region: string;
  readonly infraId: string;
  readonly tags: Tags;
}

/** Every given condition has to hold; `tags` are all required. */
export interface ResourceFilter {
  readonly infraId?: string;
  readonly regions?: readonly string[];
  readonly types?: readonly string[];
  readonly tags?: Tags;
}

/** `tags`: one map, or several of which one has to match in full (the meaning of `identifier` in metadata.json). */
export interface TagQuery {
  readonly tags: Tags | readonly Tags[];
  readonly regions?: readonly string[];
}

export function matches(resource: Filterable, filter: ResourceFilter): boolean {
  return (
    (filter.infraId === undefined || resource.infraId === filter.infraId) &&
    (filter.regions === undefined || filter.regions.includes(resource.region)) &&
    (filter.types === undefined || filter.types.includes(resource.type)) &&
    (filter.tags === undefined || hasTags(resource, filter.tags))
  );
}

export function carriesOneOf(tags: TagQuery['tags']): (resource: Filterable) => boolean {
  const alternatives = Array.isArray(tags) ? (tags as readonly Tags[]) : [tags as Tags];
  return (resource) => alternatives.some((wanted) => hasTags(resource, wanted));
}

function hasTags(resource: Filterable, wanted: Tags): boolean {
  const pairs = Object.entries(wanted);
  return pairs.length > 0 && pairs.every(([key, value]) => resource.tags[key] === value);
}
