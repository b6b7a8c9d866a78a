import * as z from 'zod';
import type { components, operations } from '../../../contract/api.gen.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Queryable } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { Listing } from '../../kernel/listing.ts';
import { getOutputs } from '../store/artifacts.ts';
import { type ClusterRow, getCluster, listClusters } from '../store/clusters.ts';
import { type ClusterJobRow, getClusterJob, listClusterJobs } from '../store/jobs.ts';
import { databaseTime, listTransitions } from '../store/transitions.ts';
import type { ClusterServices } from './cluster-services.ts';
import { type ApiCluster, type ApiJob, clusterStatus, presentCluster, presentJob } from './presentation.ts';
import { residueOf } from './residue.ts';
import { readableTeams } from './rights.ts';

type Schemas = components['schemas'];
type ListQuery = NonNullable<operations['listClusters']['parameters']['query']>;
type JobQuery = NonNullable<operations['listJobs']['parameters']['query']>;

interface Page<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}

const idSchema = z.string().max(40);
const CLUSTERS = new Listing('clusters', idSchema);
const JOBS = new Listing('jobs', idSchema);

/** Foreign and unknown are the same answer. */
export function notFound(what: string, id: string): AppError {
  return new AppError('NOT_FOUND', `There is no ${what} ${id}, or it is not one of your teams'.`);
}

/** Why a caller may not act on a cluster that is not in their teams: to who cannot even see it, it does not exist. */
export async function forbiddenOrNotFound(
  db: Queryable,
  caller: Caller,
  id: string,
  who = 'requester',
): Promise<AppError> {
  const [seen] = await db.query(getCluster, { id, teams: readableTeams(caller) });
  if (!seen) return notFound('cluster', id);
  return new AppError(
    'FORBIDDEN',
    `${caller.principal} may look at cluster ${seen.name}, and not act on it.`,
    {
      errors: [{ field: 'principal', code: 'ROLE_MISSING', message: `a ${who} of team ${seen.team} may` }],
    },
  );
}

/** The cluster as the API shows it, read in the given transaction. */
export async function readCluster(db: Queryable, id: string, teams: string[] | null): Promise<ApiCluster> {
  const [row] = await db.query(getCluster, { id, teams });
  if (!row) throw notFound('cluster', id);
  const [cluster] = await present(db, [row]);
  if (!cluster) throw notFound('cluster', id);
  return cluster;
}

export async function readJob(db: Queryable, id: string, teams: string[] | null): Promise<ApiJob> {
  return presentJob(await readJobRow(db, id, teams));
}

async function readJobRow(db: Queryable, id: string, teams: string[] | null): Promise<ClusterJobRow> {
  const [row] = await db.query(getClusterJob, { id, teams });
  if (!row) throw notFound('job', id);
  return row;
}

async function present(db: Queryable, rows: readonly ClusterRow[]): Promise<ApiCluster[]> {
  if (rows.length === 0) return [];
  const [time] = await db.query(databaseTime, {});
  const transitions = await db.query(listTransitions, { clusterIds: rows.map((row) => row.id) });
  const timelines = new Map<string, typeof transitions>();
  for (const transition of transitions) {
    const timeline = timelines.get(transition.clusterId) ?? [];
    timelines.set(transition.clusterId, [...timeline, transition]);
  }
  return rows.map((row) => presentCluster(row, timelines.get(row.id) ?? [], time?.now ?? new Date()));
}

/** What callers may read of clusters and their jobs, filtered by their teams in each query. */
export class ClusterReader {
  readonly #services: Pick<ClusterServices, 'db'>;

  constructor(services: Pick<ClusterServices, 'db'>) {
    this.#services = services;
  }

  async list(caller: Caller, query: ListQuery): Promise<Page<ApiCluster>> {
    const limit = query.limit ?? 50;
    const rows = await this.#services.db.query(listClusters, {
      teams: readableTeams(caller),
      before: CLUSTERS.decodeCursor(query.cursor, caller.principal) ?? null,
      name: query.name ?? null,
      status: query.status ?? null,
      team: query.team ?? null,
      owner: query.owner ?? null,
      profile: query.profile ?? null,
      platform: query.platform ?? null,
      expiresBefore: query.expiresBefore === undefined ? null : new Date(query.expiresBefore),
      limit: limit + 1,
    });
    const page = CLUSTERS.page(rows, limit, caller.principal, ({ id }) => id);
    return { items: await present(this.#services.db, page.rows), nextCursor: page.nextCursor };
  }

  get(caller: Caller, id: string): Promise<ApiCluster> {
    return readCluster(this.#services.db, id, readableTeams(caller));
  }

  async transitions(caller: Caller, id: string): Promise<Page<Schemas['Transition']>> {
    await this.get(caller, id);
    const rows = await this.#services.db.query(listTransitions, { clusterIds: [id] });
    const items = rows.map(({ from, to, at, jobId, fence, reason }) => ({
      from,
      to: clusterStatus(to),
      at: at.toISOString(),
      jobId,
      fence,
      reason,
    }));
    return { items, nextCursor: null };
  }

  async residue(caller: Caller, id: string): Promise<Schemas['Residue']> {
    const [row] = await this.#services.db.query(getCluster, { id, teams: readableTeams(caller) });
    if (!row) throw notFound('cluster', id);
    return residueOf(this.#services.db, row);
  }

  async outputs(caller: Caller, id: string): Promise<Schemas['ClusterOutputs']> {
    await this.get(caller, id);
    const [outputs] = await this.#services.db.query(getOutputs, { clusterId: id });
    return {
      clusterId: id,
      apiUrl: outputs?.apiUrl ?? null,
      consoleUrl: outputs?.consoleUrl ?? null,
      kubeadminUser: outputs ? 'kubeadmin' : null,
      kubeconfig: outputs ? `secret:${id}/kubeconfig` : null,
      kubeadminPassword: outputs ? `secret:${id}/kubeadmin-password` : null,
    };
  }

  async jobs(caller: Caller, query: JobQuery): Promise<Page<ApiJob>> {
    const limit = query.limit ?? 50;
    const rows = await this.#services.db.query(listClusterJobs, {
      teams: readableTeams(caller),
      before: JOBS.decodeCursor(query.cursor, caller.principal) ?? null,
      clusterId: query.cluster ?? null,
      type: query.type ?? null,
      status: query.status ?? null,
      limit: limit + 1,
    });
    const page = JOBS.page(rows, limit, caller.principal, ({ id }) => id);
    return { items: page.rows.map(presentJob), nextCursor: page.nextCursor };
  }

  job(caller: Caller, id: string): Promise<ApiJob> {
    return readJob(this.#services.db, id, readableTeams(caller));
  }
}
