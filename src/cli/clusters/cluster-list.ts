import type { ApiClient } from '../../client/api-client.ts';
import { collect } from '../../client/pages.ts';
import type { Cluster } from '../../contract/documents.ts';
import type { ClusterQuery } from './cluster-filters.ts';

/** All matching clusters over all pages, newest first, or the first `limit`. */
export function fetchClusters(
  client: ApiClient,
  query: ClusterQuery,
  { limit, signal }: { readonly limit: number | undefined; readonly signal: AbortSignal | undefined },
): Promise<Cluster[]> {
  return collect(async (page) => {
    const params = { query: { ...query, ...page } };
    return (await client.GET('/v1/clusters', { params, signal })).data;
  }, limit);
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
