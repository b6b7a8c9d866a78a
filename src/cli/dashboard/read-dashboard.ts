import type { ApiClient } from '../../client/api-client.ts';
import type { Cluster } from '../../contract/documents.ts';
import { type DashboardData, MAX_DASHBOARD } from '../../render/dashboard/dashboard-state.ts';
import { fetchClusters } from '../clusters/cluster-list.ts';

/** Reads the clusters that exist, and of the selected one its jobs and the log of the newest. */
export async function readDashboard(
  client: ApiClient,
  selectedId: string | undefined,
  signal: AbortSignal,
): Promise<DashboardData> {
  const clusters = await fetchClusters(client, { status: ['ACTIVE'] }, { limit: undefined, signal });
  const selected = clusters.find(({ id }) => id === selectedId) ?? clusters[0];
  return { clusters, ...(await readJobs(client, selected, signal)) };
}

async function readJobs(
  client: ApiClient,
  cluster: Cluster | undefined,
  signal: AbortSignal,
): Promise<Pick<DashboardData, 'jobs' | 'log'>> {
  if (cluster === undefined) return { jobs: [], log: [] };
  const query = { cluster: cluster.id, limit: MAX_DASHBOARD.jobs };
  const jobs = (await client.GET('/v1/jobs', { params: { query }, signal })).data.items;
  const [newest] = jobs;
  if (newest === undefined) return { jobs, log: [] };
  const params = { path: { id: newest.id }, query: { tail: MAX_DASHBOARD.log } };
  return { jobs, log: (await client.GET('/v1/jobs/{id}/events', { params, signal })).data.items };
}
