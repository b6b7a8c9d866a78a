import type { ApiClient } from '../../client/api-client.ts';
import { collect } from '../../client/pages.ts';
import type { Cluster } from '../../contract/documents.ts';
import { UsageError } from '../errors/cli-error.ts';
import type { ClusterQuery } from './cluster-filters.ts';

const SORT_KEYS: Readonly<Record<string, (cluster: Cluster) => string | number>> = {
  name: ({ name }) => name,
  status: ({ status }) => status,
  profile: ({ profile }) => profile,
  owner: ({ owner }) => owner,
  team: ({ team }) => team,
  age: ({ createdAt }) => -Date.parse(createdAt),
  expires: ({ destroyAt }) => Date.parse(destroyAt),
  cost: ({ costToDate }) => costToDate,
};
export const SORT_NAMES = Object.keys(SORT_KEYS);

/**
 * All matching clusters over all pages, or the first `limit`.
 * @param sort one of SORT_NAMES, prefixed with `-` for descending order; default: newest first
 */
export async function fetchClusters(
  client: ApiClient,
  query: ClusterQuery,
  options: {
    readonly limit?: number | undefined;
    readonly sort?: string | undefined;
    readonly signal?: AbortSignal | undefined;
  },
): Promise<Cluster[]> {
  const { limit, sort, signal } = options;
  const compare = sort === undefined ? undefined : comparison(sort);
  const clusters = await collect(
    async (page) => {
      const params = { query: { ...query, ...page } };
      return (await client.GET('/v1/clusters', { params, signal })).data;
    },
    compare === undefined ? limit : undefined,
  );
  if (compare !== undefined) clusters.sort(compare);
  return clusters.slice(0, limit);
}

/** What to say instead of a list without rows. @param query what was asked for */
export async function noClustersNote(
  client: ApiClient,
  query: ClusterQuery,
  signal?: AbortSignal,
): Promise<string> {
  const { status, ...filters } = query;
  const isDefault = status?.length === 1 && status[0] === 'ACTIVE';
  const isFiltered = Object.keys(filters).length > 0 || !(status === undefined || isDefault);
  const none = isFiltered ? 'No clusters match.' : 'No clusters.';
  if (isDefault && query.expiresBefore === undefined) {
    const params = { query: { ...filters, status: ['DESTROYED' as const], limit: 1 } };
    const { data } = await client.GET('/v1/clusters', { params, signal });
    if (data.items.length > 0) return `${none} 'ocpctl list --all' shows DESTROYED clusters too.`;
  }
  return isFiltered ? none : `${none} Create one with 'ocpctl create NAME --profile PROFILE'.`;
}

function comparison(sort: string): (a: Cluster, b: Cluster) => number {
  const descending = sort.startsWith('-');
  const key = SORT_KEYS[descending ? sort.slice(1) : sort];
  if (key === undefined)
    throw new UsageError(`invalid value "${sort}" for --sort: use ${SORT_NAMES.join(', ')}`);
  return (a, b) => {
    const [first, second] = descending ? [key(b), key(a)] : [key(a), key(b)];
    return first < second ? -1 : first > second ? 1 : 0;
  };
}
