import type { ApiClient } from '../../client/api-client.ts';
import { collect } from '../../client/pages.ts';
import type { paths } from '../../contract/api.gen.ts';
import type { Job } from '../../contract/documents.ts';

export type JobQuery = Omit<NonNullable<paths['/v1/jobs']['get']['parameters']['query']>, 'limit' | 'cursor'>;

/** All matching jobs, newest first, or the first `limit`. */
export function fetchJobs(client: ApiClient, query: JobQuery, limit?: number): Promise<Job[]> {
  return collect(async (page) => {
    return (await client.GET('/v1/jobs', { params: { query: { ...query, ...page } } })).data;
  }, limit);
}
