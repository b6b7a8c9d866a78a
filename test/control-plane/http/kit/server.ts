import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';
import { type ApiClient, createApiClient } from '../../../../src/client/api-client.ts';
import { appModuleOf } from '../../../../src/control-plane/apps/module.ts';
import { type Clouds, sandboxClouds } from '../../../../src/control-plane/clusters/clouds/clouds.ts';
import { sandboxCloud } from '../../../../src/control-plane/clusters/clouds/sandbox/sandbox-cloud.ts';
import type { ClusterJobContext } from '../../../../src/control-plane/clusters/jobs/cluster-job-context.ts';
import { clusterModuleOf } from '../../../../src/control-plane/clusters/module.ts';
import {
  loadProfiles,
  type Profiles,
} from '../../../../src/control-plane/clusters/profiles/load-profiles.ts';
import type {
  BreakGlass,
  ClusterServices,
  TeamLimits,
} from '../../../../src/control-plane/clusters/service/cluster-services.ts';
import { loadPrices, type Prices } from '../../../../src/control-plane/clusters/usage/prices.ts';
import { authenticator } from '../../../../src/control-plane/http/authentication.ts';
import { loadContract, type Operation } from '../../../../src/control-plane/http/contract.ts';
import { DeniedRequestLog } from '../../../../src/control-plane/http/denied-request-log.ts';
import type { GatewayPolicy } from '../../../../src/control-plane/http/gateway-identity.ts';
import { kernelOperations } from '../../../../src/control-plane/http/kernel-operations.ts';
import { createHttpServer, type HttpOptions } from '../../../../src/control-plane/http/server.ts';
import type { SignInOptions } from '../../../../src/control-plane/http/sign-in.ts';
import { WarningLimiter } from '../../../../src/control-plane/http/warning-limiter.ts';
import type { Handlers } from '../../../../src/control-plane/kernel/api/handler.ts';
import type { ArtifactStore } from '../../../../src/control-plane/kernel/artifacts/artifact-store.ts';
import type { AuditAnchorStore } from '../../../../src/control-plane/kernel/audit/audit-anchor-store.ts';
import type { AuthMode } from '../../../../src/control-plane/kernel/caller.ts';
import { systemClock } from '../../../../src/control-plane/kernel/clock.ts';
import { readDatabaseTime } from '../../../../src/control-plane/kernel/db/clock.sql.ts';
import type { Db } from '../../../../src/control-plane/kernel/db/db.ts';
import { openPostgres } from '../../../../src/control-plane/kernel/db/postgres.ts';
import { newId } from '../../../../src/control-plane/kernel/ids.ts';
import type { Dispatcher } from '../../../../src/control-plane/kernel/jobs/dispatcher.ts';
import { JobEventReader } from '../../../../src/control-plane/kernel/jobs/job-event-reader.ts';
import { JobReader } from '../../../../src/control-plane/kernel/jobs/job-reader.ts';
import { JobQueue } from '../../../../src/control-plane/kernel/jobs/queue.ts';
import { IpRateLimiter } from '../../../../src/control-plane/kernel/limits/ip-rate-limiter.ts';
import { PrincipalRateLimiter } from '../../../../src/control-plane/kernel/limits/principal-rate-limiter.ts';
import type { Rate } from '../../../../src/control-plane/kernel/limits/rate.ts';
import { kernelRetention } from '../../../../src/control-plane/kernel/retention/kernel-rules.ts';
import { createLog } from '../../../../src/control-plane/kernel/telemetry/log.ts';
import { createRedactor } from '../../../../src/control-plane/kernel/telemetry/redaction.ts';
import { appContextOf } from './app-context.ts';
import type { Person, TestInstallation } from './installation.ts';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
export const CONTRACT_FILE = join(ROOT, 'openapi.yaml');
export const REGION = 'local';
const UNLIMITED: Rate = { perMinute: 1_000_000, burst: 1_000_000 };

export interface TestServerOptions {
  readonly secretPolicies?: Partial<BreakGlass['policies']>;
  readonly secretAccessesPerHour?: number;
  readonly anchors?: AuditAnchorStore;
  /** Refused logins that are kept one by one in a minute. */
  /** Private networks that targets of notifications may be in (default: none). */
  readonly notificationNetworks?: readonly string[];
  readonly loginsPerMinute?: number;
  readonly teamLimits?: Partial<TeamLimits>;
  /** Per principal; by default no one runs into it. */
  readonly requests?: Rate;
  /** Per address, of what is not let in. */
  readonly unauthenticated?: Rate;
  readonly http?: Partial<
    Pick<
      HttpOptions,
      'limits' | 'streamLimits' | 'streamMaxMs' | 'newRequestId' | 'trustedProxies' | 'workerProblems'
    >
  >;
  /** Replaces handlers, for answers that ours never give. */
  readonly handlers?: Partial<Handlers>;
  /** Another way to the same database. */
  readonly databaseUrl?: string;
  /** Sees what is asked of the database. */
  readonly observeDb?: (db: Db) => Db;
  readonly now?: () => Date;
  /** Where the debug output of jobs is. */
  readonly artifacts?: Pick<ArtifactStore, 'list' | 'get'>;
  /** Further Host headers, as of a balancer in front. */
  readonly hosts?: readonly string[];
  readonly followPollMs?: number;
  /** Instead of the simulated one. */
  readonly clouds?: Clouds;
  /** Instead of the shipped ones. */
  readonly profiles?: Profiles;
  readonly prices?: Prices;
  /** Authentication modes; default `local`. */
  readonly modes?: readonly AuthMode[];
  readonly gateway?: GatewayPolicy;
  readonly signIn?: (db: Db, host: () => string) => Partial<SignInOptions>;
}

export interface TestServer {
  readonly url: string;
  readonly app: FastifyInstance;
  readonly services: ClusterServices;
  readonly contract: readonly Operation[];
  /** A client with our own signer; it retries what it finds worth it. */
  client(person: Person): ApiClient;
  /** As SIGTERM does, without closing. */
  drain(): void;
  stop(): Promise<void>;
}

const NO_ARTIFACTS: Pick<ArtifactStore, 'list' | 'get'> = {
  list: async () => [],
  get: async (key) => {
    throw new Error(`there is no ${key}`);
  },
};
export const NO_DISPATCHER: Dispatcher = {
  engine: 'IN_PROCESS',
  problem: undefined,
  wake: () => {},
  wakeAll: () => {},
  receive: async () => {},
  onWake: () => () => {},
  announceEvents: () => {},
  onEvents: () => () => {},
  close: async () => {},
};

/** Read once: a test file starts many servers. */
let contract: readonly Operation[] | undefined;

/** The API of one server process, with a connection pool of its own. */
export async function startTestServer(
  { databaseUrl, directory, logLines, secrets }: TestInstallation,
  options: TestServerOptions,
): Promise<TestServer> {
  const opened = await openPostgres({ url: options.databaseUrl ?? databaseUrl, poolSize: 5 });
  const db = options.observeDb?.(opened) ?? opened;
  const services: ClusterServices = {
    db,
    secrets,
    queue: new JobQueue(NO_DISPATCHER, newId, 3),
    profiles: options.profiles ?? loadProfiles([join(ROOT, 'profiles')]),
    prices: options.prices ?? loadPrices(join(ROOT, 'prices')),
    clouds:
      options.clouds ??
      sandboxClouds(
        sandboxCloud({ dir: join(directory, 'cloud'), speed: undefined, settleMs: 0, clock: systemClock }),
      ),
    limits: { activeClusters: 10, concurrentCreates: 5, createsPerHour: 1000, ...options.teamLimits },
    newId,
    installationId: 'ins_test',
    breakGlass: {
      policies: { kubeconfig: 'none', 'kubeadmin-password': 'reason', ...options.secretPolicies },
      accessesPerHour: options.secretAccessesPerHour ?? 1_000,
    },
    orphans: { confirmMs: 86_400_000, minAgeMs: 10_800_000, sweepLimit: 5 },
  };
  contract ??= loadContract(CONTRACT_FILE);
  const draining = new AbortController();
  const app = createApp(services, contract, logLines, draining.signal, options);
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  const clients: ApiClient[] = [];
  return {
    url,
    app,
    services,
    contract,
    client(person) {
      const client = createApiClient({
        server: url,
        credentials: person,
        region: REGION,
        timeoutMs: 20_000,
        userAgent: 'ocpctl-test',
      });
      clients.push(client);
      return client;
    },
    drain: () => draining.abort(),
    async stop() {
      for (const client of clients) client.close();
      draining.abort();
      await app.close();
      await db.close();
    },
  };
}

function createApp(
  services: ClusterServices,
  contract: readonly Operation[],
  logLines: string[],
  draining: AbortSignal,
  options: TestServerOptions,
): FastifyInstance {
  const db: Db = services.db;
  const { queue, secrets } = services;
  const context = { queue, secrets } as ClusterJobContext;
  const modules = [
    clusterModuleOf(services, context, { tasks: [], retention: [] }),
    appModuleOf(appContextOf(services, options), { tasks: [], retention: [] }),
  ];
  const jobs = new JobReader(
    db,
    modules.flatMap((module) => module.jobs.map(({ type }) => type)),
  );
  const pollMs = options.followPollMs ?? 20;
  const events = new JobEventReader({ db, jobs, clock: systemClock, dispatcher: NO_DISPATCHER, pollMs });
  const budget = new PrincipalRateLimiter(db, options.requests ?? UNLIMITED);
  const version = '0.0.0-test';
  const log = createLog({
    level: 'info',
    redactor: createRedactor(),
    write: (line) => void logLines.push(line),
  });
  const artifacts = options.artifacts ?? NO_ARTIFACTS;
  const auditLog = { db, secrets: services.secrets, anchors: options.anchors, eventsPerCall: 2_000 };
  const limited = { clock: systemClock, stopping: draining, log };
  const deniedRequests = new DeniedRequestLog({
    ...{ db, ...limited },
    ...(options.loginsPerMinute === undefined ? {} : { perMinute: options.loginsPerMinute }),
  });
  const warnings = new WarningLimiter(limited);
  const app: FastifyInstance = createHttpServer({
    contract,
    handlers: {
      ...kernelOperations({
        ...{ modules, queue, jobs, events, artifacts, auditLog, version, mode: 'sandbox', contract },
        principalLimiter: budget,
        retention: kernelRetention(db, { ...NO_ARTIFACTS, remove: async () => {} }, { jobRetentionDays: 90 }),
        notificationNetworks: options.notificationNetworks ?? [],
      }),
      ...Object.assign({}, ...modules.map(({ operations }) => operations)),
      ...options.handlers,
    },
    addressLimiter: new IpRateLimiter(options.unauthenticated ?? UNLIMITED, systemClock),
    db,
    deniedRequests,
    authenticate: authenticator({
      db,
      principalLimiter: budget,
      secrets: services.secrets,
      modes: new Set(options.modes ?? ['local']),
      region: REGION,
      hosts: (host) => new URL(app.listeningOrigin).host === host || (options.hosts ?? []).includes(host),
      now: options.now ?? systemClock.now,
      gateway: options.gateway,
      deniedRequests,
      warnings,
    }),
    signIn: {
      db,
      secrets: services.secrets,
      region: REGION,
      deniedRequests,
      warnings,
      proof: undefined,
      accounts: new Set<string>(),
      limits: { minutes: 15, perPrincipal: 100, pinAtSignIn: false },
      ...options.signIn?.(db, () => new URL(app.listeningOrigin).host),
    },
    checkReady: async () => void (await readDatabaseTime(db)),
    draining,
    newRequestId: () => newId('req'),
    mode: 'sandbox',
    log,
    ...options.http,
  });
  app.addHook('onClose', () => deniedRequests.flush());
  return app;
}
