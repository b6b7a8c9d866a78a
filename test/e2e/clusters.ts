import { type ApiClient, idempotencyKey } from '../../src/client/api-client.ts';
import type { components } from '../../src/contract/api.gen.ts';
import { eventually } from './eventually.ts';

export type Cluster = components['schemas']['Cluster'];
export type Job = components['schemas']['Job'];
export type ClusterRequest = components['schemas']['ClusterRequest'];

export async function createCluster(
  client: ApiClient,
  body: ClusterRequest,
  key: string = idempotencyKey(),
): Promise<{ cluster: Cluster; job: Job }> {
  const { data } = await client.POST('/v1/clusters', {
    params: { header: { 'idempotency-key': key } },
    body,
  });
  if (!('cluster' in data) || data.job === null) throw new Error('a create was answered without its job');
  return { cluster: data.cluster, job: data.job };
}

export async function destroyCluster(
  client: ApiClient,
  id: string,
  key: string = idempotencyKey(),
): Promise<{ cluster: Cluster; job: Job | null }> {
  const { data } = await client.POST('/v1/clusters/{id}/destroy', {
    params: { path: { id }, header: { 'idempotency-key': key } },
  });
  return data;
}

export async function getCluster(client: ApiClient, id: string): Promise<Cluster> {
  return (await client.GET('/v1/clusters/{id}', { params: { path: { id } } })).data;
}

/** @returns the newest cluster of a name */
export async function getClusterNamed(client: ApiClient, name: string): Promise<Cluster | undefined> {
  return (await client.GET('/v1/clusters', { params: { query: { name } } })).data.items[0];
}

export async function getJob(client: ApiClient, id: string): Promise<Job> {
  return (await client.GET('/v1/jobs/{id}', { params: { path: { id } } })).data;
}

/** Waits until a cluster has one of the statuses. */
export async function untilStatus(
  client: ApiClient,
  id: string,
  ...statuses: Cluster['status'][]
): Promise<Cluster> {
  let seen: Cluster | undefined;
  return eventually(
    `${id} becomes ${statuses.join(' or ')}`,
    async () => {
      seen = await getCluster(client, id);
      return statuses.includes(seen.status) && seen;
    },
    {
      explain: async () =>
        [`${seen?.status} ${JSON.stringify(seen?.lastOperation)}`, ...(await messagesOf(client, seen))].join(
          '\n',
        ),
    },
  );
}

/** What the last job of a cluster said. */
async function messagesOf(client: ApiClient, cluster: Cluster | undefined): Promise<string[]> {
  const id = cluster?.lastOperation?.jobId;
  if (id == null) return [];
  const { data } = await client.GET('/v1/jobs/{id}/events', {
    params: { path: { id }, query: { limit: 200 } },
  });
  return data.items.slice(-8).map(({ at, message }) => `${at} ${message}`);
}

/** The names of the statuses that a cluster went through. */
export async function history(client: ApiClient, id: string): Promise<string[]> {
  const { data } = await client.GET('/v1/clusters/{id}/transitions', { params: { path: { id } } });
  return data.items.map(({ to }) => to);
}
