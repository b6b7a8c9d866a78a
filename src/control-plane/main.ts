import { mkdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { type AccessKey, ensureAdminKey } from './admin-key.ts';
import { sandboxCloud } from './clusters/clouds/sandbox/sandbox-cloud.ts';
import { sandboxInstaller, sandboxPullSecret } from './clusters/clouds/sandbox/sandbox-installer.ts';
import { CreateHandler } from './clusters/jobs/create.ts';
import { DestroyHandler } from './clusters/jobs/destroy.ts';
import type { Workshop } from './clusters/jobs/workshop.ts';
import { loadProfiles } from './clusters/profiles/load-profiles.ts';
import { ClusterReader } from './clusters/service/read.ts';
import type { ClusterWing } from './clusters/service/wing.ts';
import { databaseTime } from './clusters/store/transitions.ts';
import { loadPrices } from './clusters/usage/prices.ts';
import type { ServerConfig } from './config.ts';
import { emptyDatabase } from './embedded-database.ts';
import { authenticator } from './http/authentication.ts';
import { loadContract } from './http/contract.ts';
import { JobEventReader } from './http/job-events.ts';
import { listen } from './http/listen.ts';
import { handlers } from './http/operations.ts';
import { createHttpServer } from './http/server.ts';
import { duties } from './janitor/duties.ts';
import { Janitor } from './janitor/janitor.ts';
import { directoryStore } from './kernel/artifacts/directory-store.ts';
import { migrate } from './kernel/db/migrate.ts';
import { openDatabase } from './kernel/db/open.ts';
import { newId } from './kernel/ids.ts';
import { createDispatcher } from './kernel/jobs/dispatcher.ts';
import { JobQueue } from './kernel/jobs/queue.ts';
import { openSealedSecrets } from './kernel/secrets/sealed.ts';
import { createLog } from './kernel/telemetry/log.ts';
import { createRedactor } from './kernel/telemetry/redaction.ts';
import { systemClock } from './kernel/time.ts';
import { MIGRATIONS } from './migrations/migrations.gen.ts';
import { packageRoot } from './package-root.ts';
import { VERSION } from './version.ts';
import { Worker } from './worker/worker.ts';

/** A running server. */
export interface ControlPlane {
  /** Where the API answers; empty when this process has no API. */
  readonly url: string;
  /** Drains: no new requests or jobs, running ones get the drain time, then everything is closed. */
  stop(): Promise<void>;
  /** Ends the drain time now. */
  hurry(): void;
  /** A fresh key pair for the local admin, unless the given key works here. */
  ensureAdminKey(knownKeyId: string | undefined): Promise<AccessKey | undefined>;
}

/**
 * Starts API, worker and janitor, together or apart as `config.roles` says. The only place that knows all rooms.
 * @throws SetupError when the operator has to change something first
 */
export async function startControlPlane(config: ServerConfig): Promise<ControlPlane> {
  const root = packageRoot();
  await mkdir(config.dataDir, { recursive: true, mode: 0o700 });
  const profiles = loadProfiles([join(root, 'profiles'), ...config.profileDirs]);
  const prices = loadPrices(join(root, 'prices'), systemClock.now());
  const redactor = createRedactor();
  const log = createLog({ level: config.logLevel, redactor, format: config.logFormat });
  const db = await openDatabase(
    config.databaseUrl,
    join(config.dataDir, 'db'),
    () => emptyDatabase(root),
    (error) => log.error({ err: error }, 'the embedded database could not be maintained'),
  );
  const closers: (() => Promise<void>)[] = [() => db.close()];
  try {
    const applied = await migrate(db, MIGRATIONS);
    if (applied.length > 0) log.info({ migrations: applied }, 'database migrated');
    const secrets = await openSealedSecrets({ keyDir: config.keyDir ?? join(config.dataDir, 'keys'), newId });
    await secrets.assertKeysPresent(db);
    const dispatcher = await createDispatcher(db, (error) =>
      log.warn({ err: error }, 'a wake-up was not sent'),
    );
    closers.push(() => dispatcher.close());
    const queue = new JobQueue(dispatcher, newId, config.maxAttempts);
    const cloud = sandboxCloud({
      dir: join(config.dataDir, 'sandbox-cloud'),
      speed: config.sandboxSpeed,
      settleMs: config.sandboxSettleMs,
      clock: systemClock,
    });
    const limits = {
      activeClusters: config.activeClustersPerTeam,
      concurrentCreates: config.concurrentCreatesPerTeam,
    };
    const wing: ClusterWing = { db, queue, secrets, profiles, prices, cloud, limits, newId };
    const workshop: Workshop = {
      db,
      queue,
      secrets,
      cloud,
      profiles,
      newId,
      redactor,
      artifacts: directoryStore(join(config.dataDir, 'artifacts')),
      clock: systemClock,
      workDir: join(config.dataDir, 'work'),
      guardPath: join(root, 'dist', 'guard.js'),
      searchPath: '/usr/local/bin:/usr/bin:/bin',
      leaseMs: config.leaseMs,
      killAfterMs: config.killAfterMs,
      minFreeDiskMb: config.minFreeDiskMb,
      snapshotIntervalMs: config.snapshotIntervalMs,
      createTimeoutMs: config.createTimeoutMs,
      destroyTimeoutMs: config.destroyTimeoutMs,
      installerFor: async (version) => sandboxInstaller(root, version),
      pullSecret: async () => sandboxPullSecret(),
    };
    await mkdir(workshop.workDir, { recursive: true, mode: 0o700 });

    const draining = new AbortController();
    let url = '';
    if (config.roles.includes('api')) {
      const api = buildApi(config, { wing, draining: draining.signal, log, root });
      url = await listen(api, config);
      closers.push(() => api.close());
    }
    const worker = config.roles.includes('worker')
      ? buildWorker(config, workshop, dispatcher, log)
      : undefined;
    await worker?.start();
    const janitor = config.roles.includes('janitor')
      ? new Janitor({ db, clock: systemClock, duties: duties(db, queue, dispatcher, config), log })
      : undefined;
    janitor?.start();
    log.info(
      {
        url,
        roles: config.roles,
        engine: db.engine,
        sandbox: config.sandbox,
        version: VERSION,
        pid: process.pid,
      },
      'server started',
    );

    return {
      url,
      ensureAdminKey: (knownKeyId) => ensureAdminKey(db, secrets, knownKeyId),
      hurry: () => worker?.hurry(),
      async stop() {
        draining.abort();
        await janitor?.stop();
        await worker?.stop(config.drainTimeoutMs);
        await closeAll(closers);
        log.info({}, 'server stopped');
      },
    };
  } catch (error) {
    await closeAll(closers);
    throw error;
  }
}

type Log = ReturnType<typeof createLog>;

function buildApi(
  config: ServerConfig,
  { wing, draining, log, root }: { wing: ClusterWing; draining: AbortSignal; log: Log; root: string },
): ReturnType<typeof createHttpServer> {
  const { db, secrets } = wing;
  const reader = new ClusterReader(wing);
  const events = new JobEventReader(db, reader, systemClock, config.followPollMs);
  const port = () => (app.server.address() as { port: number } | null)?.port ?? config.port;
  const app = createHttpServer({
    contract: loadContract(join(root, 'openapi.yaml')),
    handlers: handlers({ wing, reader, events, version: VERSION }),
    events,
    db,
    authenticate: authenticator({
      db,
      secrets,
      region: config.region,
      hosts: (host) =>
        [`${config.host}:${port()}`, `localhost:${port()}`, ...config.publicHosts].includes(host),
      now: systemClock.now,
    }),
    checkReady: async () => void (await db.query(databaseTime, {})),
    draining,
    newRequestId: () => newId('req'),
    mode: config.sandbox ? 'sandbox' : 'real',
    log,
  });
  return app;
}

function buildWorker(
  config: ServerConfig,
  workshop: Workshop,
  dispatcher: Awaited<ReturnType<typeof createDispatcher>>,
  log: Log,
): Worker {
  return new Worker({
    db: workshop.db,
    clock: systemClock,
    dispatcher,
    handlers: [
      new CreateHandler(workshop),
      new DestroyHandler(workshop, 'DESTROY'),
      new DestroyHandler(workshop, 'JANITOR_DESTROY'),
    ],
    newId,
    host: hostname(),
    pid: process.pid,
    roles: config.roles,
    concurrency: config.concurrency,
    leaseMs: config.leaseMs,
    pollMs: config.pollMs,
    backoff: { baseMs: config.backoffBaseMs, maxMs: config.backoffMaxMs },
    random: Math.random,
    log,
  });
}

async function closeAll(closers: (() => Promise<void>)[]): Promise<void> {
  for (const close of closers.reverse()) await close();
}
