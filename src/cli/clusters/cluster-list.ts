import type { ApiClient } from '../../client/api-client.ts';
import { collect } from '../../client/pages.ts';
import type { paths } from '../../contract/api.gen.ts';
import type { Cluster } from '../../contract/documents.ts';
import { UsageError } from '../errors/cli-error.ts';

export type ClusterQuery = Omit<
  NonNullable<paths['/v1/clusters']['get']['parameters']['query']>,
  'limit' | 'cursor'
>;

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
