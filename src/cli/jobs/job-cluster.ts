import { ApiError } from '../../client/api-error.ts';
import type { Cluster, Job } from '../../contract/documents.ts';
import { TYPICAL_MS } from '../../render/progress/progress-state.ts';
import { fetchCluster } from '../clusters/resolve.ts';
import type { Session } from '../session.ts';

/** Optional reads for a display: what the server does not have is left out. */
async function ifAnswered<T>(read: Promise<T>): Promise<T | undefined> {
  try {
    return await read;
  } catch (error) {
    if (error instanceof ApiError) return undefined;
    throw error;
  }
}

/** The cluster of a job as it is now; undefined for a job of something else. */
export async function clusterOfJob(
  { client }: Session,
  { resourceKind, resourceId }: Job,
  signal: AbortSignal,
): Promise<Cluster | undefined> {
  if (resourceKind !== 'cluster') return undefined;
  return ifAnswered(fetchCluster(client, resourceId, signal));
}

/** How long the steps of a job usually take, in milliseconds: on this server, or on real clouds if it has no history. */
export async function usualDurationsOf(
  { client }: Session,
  { type, resourceKind, resourceId: id }: Job,
  mode: Cluster['mode'],
  signal: AbortSignal,
): Promise<Readonly<Record<string, number>>> {
  if (resourceKind !== 'cluster' && resourceKind !== 'orphan') return {};
  const fallback = mode === 'real' ? TYPICAL_MS : {};
  if (resourceKind !== 'cluster') return fallback;
  const request = { params: { path: { id }, query: { type } }, signal };
  const usual = await ifAnswered(client.GET('/v1/clusters/{id}/usual-durations', request));
  const known = (usual?.data.phases ?? []).map(({ phase, seconds }) => [phase, seconds * 1_000]);
  return { ...fallback, ...Object.fromEntries(known) };
}
