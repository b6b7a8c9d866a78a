import type { ApiClient } from '../../client/api-client.ts';
import type { AppServiceMetrics } from '../../contract/documents.ts';
import { omitUndefined } from '../flags/flag-values.ts';

/** Steps that a user can ask for. */
export const METRIC_STEPS = { '15s': 15, '1m': 60, '1h': 3600 } as const;

/** @param query default: the last 15 minutes */
export async function fetchMetrics(
  client: ApiClient,
  id: string,
  query: { readonly since?: string | undefined; readonly stepSeconds?: 15 | 60 | 3600 | undefined } = {},
): Promise<AppServiceMetrics> {
  const params = { path: { id }, query: omitUndefined(query) };
  return (await client.GET('/v1/app/services/{id}/metrics', { params })).data;
}
