import * as z from 'zod';
import type { components, operations } from '../../../contract/api.gen.ts';
import { actingTeams, forbiddenChange, notFound, readableTeams } from '../../kernel/access/team-access.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Queryable, Tx } from '../../kernel/db/db.ts';
import { Listing } from '../../kernel/listing.ts';
import { getDeployment, lastDeployments, listDeployments } from '../store/deployments.sql.ts';
import { listLiveEdges } from '../store/edge.sql.ts';
import {
  type EnvironmentRow,
  getEnvironment,
  listEnvironments,
  lockEnvironment,
} from '../store/environments.sql.ts';
import { readHost } from '../store/host.sql.ts';
import { countRecentExits, listInstances } from '../store/instances.sql.ts';
import { listReleases } from '../store/releases.sql.ts';
import { lastRuns, listRuns } from '../store/runs.sql.ts';
import { getService, listServices, lockService, type ServiceRow } from '../store/services.sql.ts';
import { AppCosts } from './app-costs.ts';
import {
  type ApiDeployment,
  type ApiEnvironment,
  type ApiRun,
  type ApiService,
  presentDeployment,
  presentEnvironment,
  presentRelease,
  presentRun,
  presentService,
} from './presentation.ts';

type Schemas = components['schemas'];
type QueryOf<Op extends keyof operations> = NonNullable<operations[Op]['parameters']['query']>;
interface PageOf<T> {
  readonly items: T[];
  readonly nextCursor: string | null;
}

const ENVIRONMENTS = new Listing('app-environments', z.string().max(40));
const SERVICES = new Listing('app-services', z.string().max(40));
const DEPLOYMENTS = new Listing('app-deployments', z.int().min(0));
const RUNS = new Listing('app-runs', z.int().min(0));
const RELEASES = new Listing('app-releases', z.int().min(0));
const PAGE = 50;

/** @throws AppError NOT_FOUND, the same for unknown ids and those of other teams (A10) */
export async function readEnvironment(
  db: Queryable,
  id: string,
  teams: string[] | null,
): Promise<ApiEnvironment> {
  const [row] = await db.query(getEnvironment, { id, teams });
  if (!row) throw notFound('environment', id);
  return presentEnvironment(row, await AppCosts.read(db, { environments: [id] }));
}

/** @throws AppError NOT_FOUND, the same for unknown ids and those of other teams (A10) */
export async function readService(db: Queryable, id: string, teams: string[] | null): Promise<ApiService> {
  const [row] = await db.query(getService, { id, teams });
  const [service] = row === undefined ? [] : await presentServices(db, [row]);
  if (service === undefined) throw notFound('service', id);
  return service;
}

export async function readDeployment(
  db: Queryable,
  id: string,
  teams: string[] | null,
): Promise<ApiDeployment> {
  const [row] = await db.query(getDeployment, { id, teams });
  if (!row) throw notFound('deployment', id);
  return presentDeployment(row);
}

async function presentServices(db: Queryable, rows: readonly ServiceRow[]): Promise<ApiService[]> {
  if (rows.length === 0) return [];
  const serviceIds = rows.map(({ id }) => id);
  const deployments = new Map(
    (await db.query(lastDeployments, { serviceIds })).map((row) => [row.serviceId, row]),
  );
  const instances = await db.query(listInstances, { serviceIds });
  const [edge] = await db.query(listLiveEdges, {});
  const costs = await AppCosts.read(db, { services: serviceIds });
  const exits = await exitsOf(db, rows);
  const cron = rows.filter(({ kind }) => kind === 'cron').map(({ id }) => id);
  const runs = cron.length === 0 ? [] : await db.query(lastRuns, { serviceIds: cron });
  return rows.map((row) =>
    presentService(row, {
      exits: exits.get(row.id) ?? 0,
      lastRun: runs.find(({ serviceId }) => serviceId === row.id),
      deployment: deployments.get(row.id),
      instances: instances.filter(({ serviceId }) => serviceId === row.id),
      cost: costs.of(row.id),
      url: edge === undefined ? null : edge.baseUrl.replace('*', row.hostLabel),
    }),
  );
}

/** How often instances of services ended that are not started again yet. */
async function exitsOf(db: Queryable, rows: readonly ServiceRow[]): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const { id: serviceId, liveReleaseId, restartAt, crashedAt } of rows) {
    if (liveReleaseId === null || (restartAt === null && crashedAt === null)) continue;
    const [row] = await db.query(countRecentExits, { serviceId, releaseId: liveReleaseId });
    counts.set(serviceId, row?.exits ?? 0);
  }
  return counts;
}

/** The environment, locked, if the caller may change it. @throws AppError NOT_FOUND or FORBIDDEN */
export async function lockOwnEnvironment(tx: Tx, caller: Caller, id: string): Promise<EnvironmentRow> {
  const [row] = await tx.query(lockEnvironment, { id, teams: actingTeams(caller) });
  if (row) return row;
  const [seen] = await tx.query(getEnvironment, { id, teams: readableTeams(caller) });
  if (!seen) throw notFound('environment', id);
  throw forbiddenChange(caller, {
    what: 'environment',
    name: seen.name,
    team: seen.team,
    role: 'requester',
  });
}

/** The service, if the caller may change it; not locked. @throws AppError NOT_FOUND or FORBIDDEN */
export async function findOwnService(db: Queryable, caller: Caller, id: string): Promise<ServiceRow> {
  const [row] = await db.query(getService, { id, teams: actingTeams(caller) });
  if (row) return row;
  const [seen] = await db.query(getService, { id, teams: readableTeams(caller) });
  if (!seen) throw notFound('service', id);
  throw forbiddenChange(caller, { what: 'service', name: seen.name, team: seen.team, role: 'requester' });
}

/** The service, locked; the lane of the service is locked before. */
export async function relockService(tx: Tx, id: string): Promise<ServiceRow> {
  const [row] = await tx.query(lockService, { id, teams: null });
  if (!row) throw notFound('service', id);
  return row;
}

/** What callers may read of applications, filtered by their teams in each query. */
export class AppReader {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  async environments(caller: Caller, query: QueryOf<'listEnvironments'>): Promise<PageOf<ApiEnvironment>> {
    const limit = query.limit ?? PAGE;
    const rows = await this.#db.query(listEnvironments, {
      teams: readableTeams(caller),
      before: ENVIRONMENTS.decodeCursor(query.cursor, caller.principal) ?? null,
      name: query.name ?? null,
      team: query.team ?? null,
      destroyed: query.destroyed ?? false,
      limit: limit + 1,
    });
    const page = ENVIRONMENTS.page(rows, limit, caller.principal, ({ id }) => id);
    const costs = await AppCosts.read(this.#db, { environments: page.rows.map(({ id }) => id) });
    return {
      items: page.rows.map((row) => presentEnvironment(row, costs)),
      nextCursor: page.nextCursor,
    };
  }

  async services(caller: Caller, query: QueryOf<'listServices'>): Promise<PageOf<ApiService>> {
    const limit = query.limit ?? PAGE;
    const rows = await this.#db.query(listServices, {
      teams: readableTeams(caller),
      before: SERVICES.decodeCursor(query.cursor, caller.principal) ?? null,
      name: query.name ?? null,
      environment: query.environment ?? null,
      team: query.team ?? null,
      limit: limit + 1,
    });
    const page = SERVICES.page(rows, limit, caller.principal, ({ id }) => id);
    return { items: await presentServices(this.#db, page.rows), nextCursor: page.nextCursor };
  }

  async deployments(
    caller: Caller,
    serviceId: string,
    query: QueryOf<'listDeployments'>,
  ): Promise<PageOf<ApiDeployment>> {
    await this.#assertReadable(caller, serviceId);
    const limit = query.limit ?? PAGE;
    const before = DEPLOYMENTS.decodeCursor(query.cursor, caller.principal) ?? null;
    const rows = await this.#db.query(listDeployments, { serviceId, before, limit: limit + 1 });
    const page = DEPLOYMENTS.page(rows, limit, caller.principal, ({ number }) => number);
    return { items: page.rows.map(presentDeployment), nextCursor: page.nextCursor };
  }

  async runs(caller: Caller, serviceId: string, query: QueryOf<'listRuns'>): Promise<PageOf<ApiRun>> {
    await this.#assertReadable(caller, serviceId);
    const limit = query.limit ?? PAGE;
    const before = RUNS.decodeCursor(query.cursor, caller.principal) ?? null;
    const rows = await this.#db.query(listRuns, { serviceId, before, limit: limit + 1 });
    const page = RUNS.page(rows, limit, caller.principal, ({ number }) => number);
    return { items: page.rows.map(presentRun), nextCursor: page.nextCursor };
  }

  async releases(
    caller: Caller,
    serviceId: string,
    query: QueryOf<'listReleases'>,
  ): Promise<PageOf<Schemas['Release']>> {
    const service = await this.#assertReadable(caller, serviceId);
    const limit = query.limit ?? PAGE;
    const before = RELEASES.decodeCursor(query.cursor, caller.principal) ?? null;
    const rows = await this.#db.query(listReleases, { serviceId, before, limit: limit + 1 });
    const page = RELEASES.page(rows, limit, caller.principal, ({ number }) => number);
    return {
      items: page.rows.map((row) => presentRelease(row, service.liveReleaseId)),
      nextCursor: page.nextCursor,
    };
  }

  async drivers(): Promise<PageOf<Schemas['AppDriver']>> {
    const [host] = await this.#db.query(readHost, {});
    return { items: driversSchema.parse(host?.drivers ?? []), nextCursor: null };
  }

  async #assertReadable(caller: Caller, id: string): Promise<ServiceRow> {
    const [row] = await this.#db.query(getService, { id, teams: readableTeams(caller) });
    if (!row) throw notFound('service', id);
    return row;
  }
}

export const driversSchema = z.array(
  z.object({
    kind: z.enum(['runtime', 'builder', 'edge']),
    name: z.string(),
    usable: z.boolean(),
    selected: z.boolean(),
    facts: z.array(z.string()),
    remedy: z.string().nullable(),
  }),
);
