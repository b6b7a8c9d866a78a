import { setTimeout as delay } from 'node:timers/promises';
import { idempotencyKey } from '../../../src/client/api-client.ts';
import { ApiError } from '../../../src/client/api-error.ts';
import { eventually } from '../../e2e/eventually.ts';
import type { MarathonInstallation } from '../marathon/installation.ts';
import type { Random } from '../marathon/random.ts';
import { retryOnAnyServer } from '../marathon/users.ts';
import { type AppSources, BROKEN, VERSIONS, type Version } from './app-sources.ts';
import { AppTraffic, type Outages, type TrafficCounts } from './app-traffic.ts';

const POLL_MS = 300;
/** What is not done by then is found at the end of the run. */
const REST_WITHIN_MS = 90_000;
const CHANGES = 6;
const MAX_REPLICAS = 3;

/** What servers said yes to. */
export interface AppLedger {
  readonly deployments: { readonly id: string; readonly serviceId: string; readonly version: Version }[];
  readonly destroys: Set<string>;
}

export interface AppUserOptions {
  readonly installation: MarathonInstallation;
  readonly sources: AppSources;
  readonly ledger: AppLedger;
  readonly counts: TrafficCounts;
  readonly outages: Outages;
  readonly random: Random;
  readonly closing: AbortSignal;
}

interface Target {
  readonly team: string;
  readonly environment: string;
  readonly hasVolume: boolean;
}

interface Service {
  readonly id: string;
  readonly url: string;
  readonly environmentId: string;
}

/** A person who deploys a service into an environment of its own, changes it some times, and destroys the environment. */
export async function simulateAppUser(team: string, options: AppUserOptions): Promise<void> {
  const { closing, random, counts, outages } = options;
  for (let n = 1; !closing.aborted; n++) {
    const target = { team, environment: `e${n}`, hasVolume: random.chance(0.25) };
    const service = await deploy(options, target, random.pick(VERSIONS) ?? 'one');
    if (service === undefined) return;
    // An instance that was killed while it was checked has failed its deployment: there is nothing to ask yet.
    if (!(await untilRest(options, service.id))) continue;
    // A service with a volume has one instance, which is stopped before the next one starts.
    const traffic = target.hasVolume ? undefined : new AppTraffic(service, { counts, outages });
    for (let change = 0; change < CHANGES && !closing.aborted; change++) {
      await delay(random.between(0, 2_000));
      await changeService(options, target, service);
      if (random.chance(0.8)) await untilRest(options, service.id);
    }
    await untilRest(options, service.id);
    await traffic?.stop();
    if (closing.aborted || random.chance(0.1)) continue;
    await destroyEnvironment(options, service.environmentId);
  }
}

async function changeService(options: AppUserOptions, target: Target, { id }: Service): Promise<void> {
  const { random } = options;
  const params = { path: { id }, header: { 'idempotency-key': idempotencyKey() } };
  switch (
    random.weighted({
      ...{ deploy: 4, burst: 1, broken: 1, rollback: 2, restart: 1 },
      scale: target.hasVolume ? 0 : 2,
    })
  ) {
    case 'deploy':
      return void (await deploy(options, target, random.pick(VERSIONS) ?? 'one'));
    case 'burst':
      for (const version of VERSIONS) await deploy(options, target, version);
      return;
    case 'broken':
      return void (await deploy(options, target, BROKEN));
    case 'rollback':
      return attempt(options, (client) =>
        client.POST('/v1/app/services/{id}/rollback', { params, body: {} }),
      );
    case 'scale': {
      const body = { replicas: 1 + Math.floor(random.next() * MAX_REPLICAS) };
      return attempt(options, (client) => client.POST('/v1/app/services/{id}/scale', { params, body }));
    }
    case 'restart':
      return attempt(options, (client) => client.POST('/v1/app/services/{id}/restart', { params }));
  }
}

/** @returns undefined when no server answered in time */
async function deploy(
  options: AppUserOptions,
  { team, environment, hasVolume }: Target,
  version: Version,
): Promise<Service | undefined> {
  const key = idempotencyKey();
  const settings = {
    health: { path: '/healthz' },
    ...(hasVolume ? { volume: { name: 'data', path: '/data' } } : {}),
  };
  const accepted = await retryOnAnyServer(options, async (client) => {
    const source = await options.sources.upload(client, version, team);
    const { data } = await client.POST('/v1/app/deployments', {
      params: { query: { dryRun: false }, header: { 'idempotency-key': key } },
      body: { service: 'web', environment, team, source, settings },
    });
    return 'deployment' in data ? data : undefined;
  });
  if (accepted === undefined) return undefined;
  const { deployment, service } = accepted;
  options.ledger.deployments.push({ id: deployment.id, serviceId: service.id, version });
  return { id: service.id, url: service.url ?? '', environmentId: await environmentOf(options, service.id) };
}

async function environmentOf({ installation: { pool } }: AppUserOptions, serviceId: string): Promise<string> {
  return eventually('the database answers', async () => {
    const found = await pool
      .query<{ id: string }>('select environment_id as id from app_services where id = $1', [serviceId])
      .catch(() => undefined);
    return found?.rows[0]?.id;
  });
}

/** A request that the state of the service forbids at the moment is not repeated. */
async function attempt(
  options: AppUserOptions,
  call: (client: Parameters<Parameters<typeof retryOnAnyServer>[1]>[0]) => Promise<unknown>,
): Promise<void> {
  await retryOnAnyServer(options, async (client) => {
    try {
      await call(client);
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 409)) throw error;
    }
    return true;
  });
}

export async function destroyEnvironment(
  options: Pick<AppUserOptions, 'installation' | 'random' | 'ledger'>,
  id: string,
): Promise<void> {
  const key = idempotencyKey();
  const params = { path: { id }, header: { 'idempotency-key': key } };
  const accepted = await retryOnAnyServer(options, async (client) => {
    try {
      await client.POST('/v1/app/environments/{id}/destroy', { params });
    } catch (error) {
      if (!(error instanceof ApiError && error.status === 409)) throw error;
    }
    return true;
  });
  if (accepted === true) options.ledger.destroys.add(id);
}

/** @returns whether it has a live release and nothing works on it any more */
async function untilRest({ installation: { pool } }: AppUserOptions, serviceId: string): Promise<boolean> {
  const untilMs = performance.now() + REST_WITHIN_MS;
  while (performance.now() < untilMs) {
    const found = await pool
      .query<{ live: boolean; open: number }>(
        `select s.live_release_id is not null as live, (
            select count(*)::int4 from app_deployments d where d.service_id = s.id and d.ended_at is null)
          + (select count(*)::int4 from jobs j where j.resource_id = s.id and j.ended_at is null) as open
        from app_services s where s.id = $1`,
        [serviceId],
      )
      .catch(() => undefined);
    const row = found?.rows[0];
    if (row?.open === 0) return row.live;
    await delay(POLL_MS);
  }
  return false;
}
