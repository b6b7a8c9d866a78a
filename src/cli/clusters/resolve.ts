import type { ApiClient } from '../../client/api-client.ts';
import { collect } from '../../client/pages.ts';
import { closestMatch } from '../../contract/closest-match.ts';
import type { Cluster, Job } from '../../contract/documents.ts';
import { CliError } from '../errors/cli-error.ts';
import { EXIT } from '../errors/exit-codes.ts';

/** @returns whether a text has the form of a cluster's id, `clu_` and 26 characters. */
function isClusterId(text: string): boolean {
  return /^clu_[0-9a-z]{26}$/.test(text);
}

/** @returns whether a text has the form of a job's id. */
export function isJobId(text: string): boolean {
  return /^job_[0-9a-z]{26}$/.test(text);
}

/**
 * Finds a cluster by id or exact name. A name can be reused once its cluster is DESTROYED or abandoned; the newest
 * cluster with the name is returned.
 * @throws CliError NOT_FOUND, or AMBIGUOUS_NAME if it exists on several platforms or base domains
 */
export async function resolveCluster(
  client: ApiClient,
  reference: string,
  signal?: AbortSignal,
): Promise<Cluster> {
  if (isClusterId(reference)) return fetchCluster(client, reference, signal);
  const named = await collect(async (page) => {
    const params = { query: { name: reference, ...page } };
    return (await client.GET('/v1/clusters', { params, signal })).data;
  });
  const existing = newestPerDomain(named.filter((cluster) => cluster.status !== 'DESTROYED'));
  if (existing.length > 1) {
    throw new CliError(
      'AMBIGUOUS_NAME',
      `the name "${reference}" is ambiguous: ${existing.length} clusters have it`,
      {
        exitCode: EXIT.conflict,
        hint: `use an id: ${existing.map((cluster) => `${cluster.id} (${cluster.baseDomain})`).join(', ')}`,
      },
    );
  }
  const found = existing[0] ?? named[0];
  if (found !== undefined) return found;
  const nearest = await nearestName(client, reference, signal);
  throw new CliError('NOT_FOUND', `cluster "${reference}" not found`, {
    exitCode: EXIT.notFound,
    hint: (await isService(client, reference, signal))
      ? `${reference} is a service: 'ocpctl app get ${reference}' shows it`
      : nearest === undefined
        ? "'ocpctl list' shows the clusters of your teams"
        : `did you mean "${nearest}"? 'ocpctl list' shows the clusters of your teams`,
  });
}

/** Names of services are typed where those of clusters are expected. */
async function isService(client: ApiClient, name: string, signal: AbortSignal | undefined): Promise<boolean> {
  try {
    const { data } = await client.GET('/v1/app/services', { params: { query: { name } }, signal });
    return data.items.length > 0;
  } catch {
    // Only a hint: a server of an older version has no services.
    return false;
  }
}

/** The name of an existing cluster that was probably meant, among the newest ones. */
async function nearestName(
  client: ApiClient,
  typed: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const params = { query: { status: ['ACTIVE' as const], limit: 200 } };
  const { data } = await client.GET('/v1/clusters', { params, signal });
  return closestMatch(
    typed,
    data.items.map(({ name }) => name),
  );
}

/** Of clusters with the same name, newest first, keeps the newest per platform and base domain. */
function newestPerDomain(named: readonly Cluster[]): Cluster[] {
  const holders = new Map<string, Cluster>();
  for (const cluster of named) {
    const domainKey = `${cluster.platform} ${cluster.baseDomain}`;
    if (!holders.has(domainKey)) holders.set(domainKey, cluster);
  }
  return [...holders.values()];
}

/** Finds a job by id, or the most recent job of a cluster. @throws CliError NOT_FOUND */
export async function resolveJob(client: ApiClient, reference: string): Promise<Job> {
  if (isJobId(reference)) return fetchJob(client, reference);
  return jobOfCluster(client, await resolveCluster(client, reference));
}

/** Gets the most recent job of a cluster. @throws CliError NOT_FOUND */
export async function jobOfCluster(client: ApiClient, cluster: Cluster): Promise<Job> {
  const { jobId } = cluster.lastOperation;
  if (jobId !== null) return fetchJob(client, jobId);
  throw new CliError('NOT_FOUND', `cluster "${cluster.name}" has no job`, { exitCode: EXIT.notFound });
}

/** Gets a job by id. */
export async function fetchJob(client: ApiClient, id: string, signal?: AbortSignal): Promise<Job> {
  return (await client.GET('/v1/jobs/{id}', { params: { path: { id } }, signal })).data;
}

/** Gets a cluster by id. */
export async function fetchCluster(client: ApiClient, id: string, signal?: AbortSignal): Promise<Cluster> {
  return (await client.GET('/v1/clusters/{id}', { params: { path: { id } }, signal })).data;
}
