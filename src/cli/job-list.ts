import type { ApiClient } from '../client/client.ts';
import { pages } from '../client/pages.ts';
import type { paths } from '../contract/api.gen.ts';
import type { Job } from '../render/documents.ts';

export type JobQuery = Omit<NonNullable<paths['/v1/jobs']['get']['parameters']['query']>, 'limit' | 'cursor'>;

const MAX_PAGE = 200;

/** All jobs that match, over all pages, newest first, or the first `limit` of them. */
export async function listJobs(
  client: ApiClient,
  query: JobQuery,
  limit = Number.POSITIVE_INFINITY,
): Promise<Job[]> {
  const jobs: Job[] = [];
  const fetchPage = async (cursor?: string) => {
    const page = { limit: Math.min(MAX_PAGE, limit - jobs.length), ...(cursor ? { cursor } : {}) };
    return (await client.GET('/v1/jobs', { params: { query: { ...query, ...page } } })).data;
  };
  for await (const page of pages(fetchPage)) {
    jobs.push(...page.items);
    if (jobs.length >= limit) break;
  }
  return jobs.slice(0, limit);
}
