import * as z from 'zod';
import type { components } from '../../../contract/api.gen.ts';
import { forbiddenChange, notFound, readableTeams } from '../../kernel/access/team-access.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Queryable, Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { Listing } from '../../kernel/listing.ts';
import { roundCost } from '../../kernel/usage/usage-sums.ts';
import { latestResidue } from '../store/abandonment.sql.ts';
import { getOutputs } from '../store/artifacts.sql.ts';
import { type ClusterRow, getCluster, listActiveClusters, listClusters } from '../store/clusters.sql.ts';
import { getDestroyProof } from '../store/destroy-proofs.sql.ts';
import { listTransitions } from '../store/transitions.sql.ts';
import { sumClusterCosts } from '../store/usage.sql.ts';
import { type EventsQuery, listClusterEvents } from './cluster-events.ts';
import { type ClusterListQuery, clusterFilters } from './cluster-filters.ts';
import type { ClusterServices } from './cluster-services.ts';
import { CREATE_ACCEPTED } from './insert-cluster.ts';
import { OffhoursReader } from './offhours-state.ts';
import { type ApiCluster, clusterStatus, presentCluster } from './presentation.ts';

type Schemas = components['schemas'];

interface Page<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}

const CLUSTERS = new Listing('clusters', z.string().max(40));

/** Why a caller may not act on a cluster that is not in their teams: to who cannot even see it, it does not exist. */
export async function forbiddenOrNotFound(
  db: Queryable,
  caller: Caller,
  id: string,
  role = 'requester',
): Promise<AppError> {
  const [seen] = await db.query(getCluster, { id, teams: readableTeams(caller) });
  if (!seen) return notFound('cluster', id);
  return forbiddenChange(caller, { what: 'cluster', name: seen.name, team: seen.team, role });
}

/** The cluster as the API shows it, read in the given transaction. */
export async function readCluster(db: Queryable, id: string, teams: string[] | null): Promise<ApiCluster> {
  const [row] = await db.query(getCluster, { id, teams });
  if (!row) throw notFound('cluster', id);
  const [cluster] = await present(db, [row]);
  if (!cluster) throw notFound('cluster', id);
  return cluster;
}

/** The same of a cluster that this transaction has inserted: it has one transition, and no rate before its job runs. */
export async function readNewCluster(tx: Tx, id: string): Promise<ApiCluster> {
  const [row] = await tx.query(getCluster, { id, teams: null });
  if (!row) throw notFound('cluster', id);
  const history = { timeline: [{ to: row.status, at: row.createdAt, reason: CREATE_ACCEPTED }], cost: 0 };
  const offhours = await OffhoursReader.read(tx, [row], row.readAt);
  return { ...presentCluster(row, history, row.readAt), offhours: offhours.present(row) };
}

async function present(db: Queryable, rows: readonly ClusterRow[]): Promise<ApiCluster[]> {
  const [first] = rows;
  if (first === undefined) return [];
  const now = first.readAt;
  const clusterIds = rows.map((row) => row.id);
  const timelines = byCluster(await db.query(listTransitions, { clusterIds }));
  const costs = new Map(
    (await db.query(sumClusterCosts, { clusterIds, until: now })).map(({ clusterId, cost }) => [
      clusterId,
      roundCost(BigInt(cost)),
    ]),
  );
  const offhours = await OffhoursReader.read(db, rows, now);
  return rows.map((row) => {
    const history = {
      timeline: timelines.get(row.id) ?? [],
      cost: costs.get(row.id) ?? 0,
    };
    return { ...presentCluster(row, history, now), offhours: offhours.present(row) };
  });
}

function byCluster<T extends { readonly clusterId: string }>(rows: readonly T[]): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const group = groups.get(row.clusterId);
    if (group) group.push(row);
    else groups.set(row.clusterId, [row]);
  }
  return groups;
}

/** What callers may read of clusters, filtered by their teams in each query. */
export class ClusterReader {
  readonly #services: Pick<ClusterServices, 'db'>;

  constructor(services: Pick<ClusterServices, 'db'>) {
    this.#services = services;
  }

  async list(caller: Caller, query: ClusterListQuery): Promise<Page<ApiCluster>> {
    const limit = query.limit ?? 50;
    const { status, expiresBefore } = query;
    // Whatever has no destroyed clusters in it reads only the others.
    const isActive = expiresBefore !== undefined || (status !== undefined && !status.includes('DESTROYED'));
    const rows = await this.#services.db.query(isActive ? listActiveClusters : listClusters, {
      ...clusterFilters(query, caller),
      teams: readableTeams(caller),
      before: CLUSTERS.decodeCursor(query.cursor, caller.principal) ?? null,
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

  async events(caller: Caller, id: string, query: EventsQuery): Promise<Page<Schemas['ClusterEvent']>> {
    await this.get(caller, id);
    return listClusterEvents(this.#services.db, caller, id, query);
  }

  async residue(caller: Caller, id: string): Promise<Schemas['Residue']> {
    const [row] = await this.#services.db.query(getCluster, { id, teams: readableTeams(caller) });
    if (!row) throw notFound('cluster', id);
    return residueOf(this.#services.db, row);
  }

  /** The signed proof of the destroy. @throws AppError NOT_FOUND, which says why there is none */
  async destroyProof(caller: Caller, id: string): Promise<Schemas['DestroyProof']> {
    const { name, status } = await this.get(caller, id);
    const [proof] = await this.#services.db.query(getDestroyProof, { clusterId: id });
    if (proof) return proofSchema.parse(proof.envelope);
    throw new AppError(
      'NOT_FOUND',
      status === 'DESTROYED'
        ? `Cluster ${name} has no proof: it was destroyed before its create had begun, or by a version of ocpctl that wrote none.`
        : `Cluster ${name} has no proof: it is ${status}. The proof is written when it becomes DESTROYED.`,
    );
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
}

type Residue = components['schemas']['Residue'];

const residueSchema = z.array(
  z.object({
    id: z.string(),
    arn: z.string(),
    type: z.string(),
    region: z.string(),
    name: z.string(),
    note: z.string().nullable().default(null),
  }),
);

export const proofSchema = z.object({
  payloadType: z.string(),
  payload: z.string(),
  signatures: z.array(z.object({ keyid: z.string(), sig: z.string() })),
});

/** What the cloud still held when it was last read back; nothing once a later read-back proved that it is gone. */
export async function residueOf(db: Queryable, { id, status }: ClusterRow): Promise<Residue> {
  const [found] = status === 'DESTROYED' ? [] : await db.query(latestResidue, { clusterId: id });
  return {
    items: residueSchema.parse(found?.residue ?? []),
    nextCursor: null,
    total: found?.total ?? 0,
    jobId: found?.jobId ?? null,
    foundAt: found?.foundAt.toISOString() ?? null,
  };
}
