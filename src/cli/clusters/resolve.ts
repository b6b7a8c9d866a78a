import type { ApiClient } from '../../client/api-client.ts';
import { collect } from '../../client/pages.ts';
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
 * Finds the cluster that a person means: by id, or by its exact name. A name is free again once its cluster is DESTROYED,
 * proven to have left nothing, or abandoned: whoever took it last has it.
 * @throws CliError NOT_FOUND, or AMBIGUOUS_NAME when several exist, on different platforms or base domains.
 */
export async function resolveCluster(client: ApiClient, reference: string): Promise<Cluster> {
  if (isClusterId(reference)) {
    return (await client.GET('/v1/clusters/{id}', { params: { path: { id: reference } } })).data;
  }
  const named = await collect(async (page) => {
    return (await client.GET('/v1/clusters', { params: { query: { name: reference, ...page } } })).data;
  });
  const existing = newestPerDomain(named.filter((cluster) => cluster.status !== 'DESTROYED'));
  if (existing.length > 1) {
    throw new CliError('AMBIGUOUS_NAME', `${existing.length} clusters are called ${reference}`, {
      exitCode: EXIT.conflict,
      hint: `use an id: ${existing.map((cluster) => `${cluster.id} (${cluster.baseDomain})`).join(', ')}`,
    });
  }
  const found = existing[0] ?? named[0];
  if (found !== undefined) return found;
  throw new CliError('NOT_FOUND', `there is no cluster ${reference}`, {
    exitCode: EXIT.notFound,
    hint: "'ocpctl list' shows your teams' clusters",
  });
}

/** Of clusters of one name, newest first: on each platform and base domain only the newest still has it. */
function newestPerDomain(named: readonly Cluster[]): Cluster[] {
  const holders = new Map<string, Cluster>();
  for (const cluster of named) {
    const domainKey = `${cluster.platform} ${cluster.baseDomain}`;
    if (!holders.has(domainKey)) holders.set(domainKey, cluster);
  }
  return [...holders.values()];
}

/** Finds a job by its id, or the newest one of a cluster. @throws CliError NOT_FOUND */
export async function resolveJob(client: ApiClient, reference: string): Promise<Job> {
  if (isJobId(reference)) return fetchJob(client, reference);
  const cluster = await resolveCluster(client, reference);
  const { jobId } = cluster.lastOperation;
  if (jobId !== null) return fetchJob(client, jobId);
  throw new CliError('NOT_FOUND', `cluster ${cluster.name} has no job`, { exitCode: EXIT.notFound });
}

/** One job by its id. */
export async function fetchJob(client: ApiClient, id: string): Promise<Job> {
  return (await client.GET('/v1/jobs/{id}', { params: { path: { id } } })).data;
}

/** One cluster by its id. */
export async function fetchCluster(client: ApiClient, id: string): Promise<Cluster> {
  return (await client.GET('/v1/clusters/{id}', { params: { path: { id } } })).data;
}
