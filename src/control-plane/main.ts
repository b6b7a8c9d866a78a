import { join } from 'node:path';
import { buildApi } from './composition/api.ts';
import { assertHostStays, type HostEnd, untilHostEnds } from './composition/host-notices.ts';
import { type Cleanups, openInfrastructure } from './composition/infrastructure.ts';
import { buildJanitor } from './composition/janitor.ts';
import { serveMetrics } from './composition/metrics.ts';
import { MODULES, openModules, type ShippedModule } from './composition/modules.ts';
import { checkArtifactStore } from './composition/stores.ts';
import { openTls, urlFor } from './composition/tls.ts';
import { buildWorker } from './composition/worker.ts';
import { listen } from './http/listen.ts';
import { keepServingRecord } from './http/serving-record.ts';
import type { Infrastructure } from './kernel/api/infrastructure.ts';
import type { Module, ModuleDefinition } from './kernel/api/module.ts';
import { systemClock } from './kernel/clock.ts';
import { readDatabaseTime } from './kernel/db/clock.sql.ts';
import { databaseSetupError } from './kernel/db/database-setup-error.ts';
import type { Migration } from './kernel/db/migrate.ts';
import { type OnControlPlaneEvent, safeListener } from './kernel/telemetry/control-plane-event.ts';
import { createLog } from './kernel/telemetry/log.ts';
import { createRedactor } from './kernel/telemetry/redaction.ts';
import { VERSION } from './kernel/version.ts';
import { MIGRATIONS } from './migrations/migrations.gen.ts';
import {
  quietAwsSdk,
  type ServerConfig,
  type ServerConfigWith,
  servesPlainly,
} from './settings/server-config.ts';
import { type AccessKey, ensureAdminKey, findLiveKey } from './startup/admin-key.ts';
import { bootstrapAdmins } from './startup/bootstrap-admins.ts';
import { packageRoot } from './startup/package-files.ts';
import { type WaitingState, waitForDatabase } from './startup/wait-for-database.ts';
import type { Worker } from './worker/worker.ts';

const NO_ANCHORS =
  'audit anchors are disabled: truncation of the audit log would go undetected; set OCPCTL_AUDIT_ANCHORS';

/** A server that listens, and is not ready yet. */
export interface ListeningServer {
  /** Where the API answers; empty when this process has no API. */
  readonly url: string;
  /** Whether others on the network can read what is said to it. */
  readonly isPlainHttp: boolean;
  /** A file with the authority of its certificate, when its own certificate file has that. */
  readonly caFile: string | undefined;
  /** Which of the keys is a live one of this server. */
  findKey(keyIds: readonly string[]): Promise<string | undefined>;
  /** A fresh key pair for the local admin, unless the given key works here. */
  ensureAdminKey(knownKeyId: string | undefined): Promise<AccessKey | undefined>;
}

export interface RoleService {
  readonly role: string;
  readonly address: string;
  /** What is not as it was asked for. */
  readonly note?: string;
}

/** A running server. */
export interface ControlPlane extends ListeningServer {
  /** What the modules run in this process besides, and where it is reached: the edge. */
  readonly services: readonly RoleService[];
  /** What the modules keep on this host in a directory of their own, by the kind of the module. */
  readonly directories: readonly { readonly kind: string; readonly path: string }[];
  /** Resolves when the host will be taken away, if `config.hostNotices` is set: stop the server then. */
  readonly hostEnds: Promise<HostEnd>;
  /**
   * Drains: `/readyz` says 503 and no jobs are claimed; requests are answered for `config.drainDelayMs` and as long as jobs run, which
   * may take `graceMs`; then everything is closed. Jobs that still run are handed over.
   * @param graceMs default and maximum: `config.drainTimeoutMs`
   */
  stop(graceMs?: number): Promise<void>;
  /** Ends the drain time now. */
  forceStop(): void;
}

/** What a server is made of besides its settings; by default, all that ships. */
export interface ControlPlaneParts<Module extends ModuleDefinition = ModuleDefinition> {
  readonly modules: readonly Module[];
  readonly migrations: readonly Migration[];
  /** The OpenAPI document with the operations of all modules. */
  readonly contractFile: string;
  /**
   * What has to be done before the server says that it is ready, for example to save its address and a key. The start fails when it
   * fails, and is repeated when the database was away.
   */
  readonly beforeReady: (server: ListeningServer) => Promise<void>;
  /** Called for what the worker and the janitor of this process do. Default: nothing. */
  readonly onEvent: OnControlPlaneEvent;
  /** Ends the start at once; default none. */
  readonly signal: AbortSignal | undefined;
}

/**
 * Starts API, worker and janitor, together or apart as `config.roles` says. Waits for a PostgreSQL server that does not answer.
 * @throws SetupError when the operator has to change something first
 * @throws DatabaseUnavailableError when the database does not answer in `config.databaseWaitMs`
 * @throws the reason of `parts.signal` when it aborts before the server is ready
 */
export async function startControlPlane<Module extends ModuleDefinition = ShippedModule>(
  config: ServerConfigWith<Module>,
  parts: Partial<ControlPlaneParts<Module>> = {},
): Promise<ControlPlane> {
  const contractFile = join(packageRoot(), 'dist', 'openapi.json');
  const all = {
    modules: MODULES,
    migrations: MIGRATIONS,
    contractFile,
    beforeReady: async () => {},
    onEvent: () => {},
    signal: undefined,
    ...parts,
  };
  quietAwsSdk();
  const redactor = createRedactor();
  const log = createLog({ level: config.logLevel, redactor, format: config.logFormat });
  const start = async () => {
    const cleanups: Cleanups = [];
    try {
      const infrastructure = await openInfrastructure(config, all.migrations, { log, redactor, cleanups });
      all.signal?.throwIfAborted();
      const server = await startRoles(config, infrastructure, all, cleanups);
      if (all.signal?.aborted === true) await server.stop();
      return server;
    } catch (error) {
      await closeAll(cleanups);
      throw databaseSetupError(error);
    }
  };
  const { databaseUrl, databaseWaitMs: waitMs } = config;
  const onWaiting = (state: WaitingState) => log.warn(state, 'waiting for the database');
  return waitForDatabase(start, { databaseUrl, waitMs, clock: systemClock, onWaiting, signal: all.signal });
}

async function startRoles(
  config: ServerConfig,
  infrastructure: Infrastructure,
  { modules: definitions, contractFile, beforeReady, onEvent: listener }: ControlPlaneParts,
  cleanups: Cleanups,
): Promise<ControlPlane> {
  const { db, secrets, artifacts, log } = infrastructure;
  const { roles, sandbox } = config;
  const onEvent = safeListener(listener, log);
  const modules = await openModules(definitions, config, infrastructure, cleanups);
  await bootstrapAdmins(db, config.bootstrapAdmins, log);
  const [draining, forced] = [new AbortController(), new AbortController()];
  let url = '';
  let isReady = false;
  const tls = openTls(config, log);
  let worker: Worker | undefined;
  const readiness = {
    draining: draining.signal,
    isStarted: () => isReady,
    checkReady: async () => void (await readDatabaseTime(db)),
    workerProblems: () => worker?.problems,
  };
  const metrics = await serveMetrics(config, infrastructure, modules, readiness, tls, cleanups);
  if (roles.includes('api')) {
    const parts = { modules, contractFile, readiness, tls, metrics, cleanups };
    const api = buildApi(config, infrastructure, parts);
    cleanups.push(() => api.close());
    const address = await listen(api, config);
    url = tls === undefined ? address : urlFor(address, tls);
    if (servesPlainly(config)) log.warn({ url }, 'plain HTTP: others on this network can read every answer');
  }
  const listening: ListeningServer = {
    url,
    isPlainHttp: roles.includes('api') && servesPlainly(config),
    caFile: tls?.certificate.hasItsAuthority ? config.tlsCert : undefined,
    findKey: (keyIds) => findLiveKey(db, keyIds),
    ensureAdminKey: (knownKeyId) => ensureAdminKey(db, secrets, knownKeyId),
  };
  if (roles.includes('worker')) await checkArtifactStore(artifacts, config);
  await assertHostStays(config);
  await beforeReady(listening);
  if (roles.includes('worker')) worker = buildWorker(config, infrastructure, modules, { metrics, onEvent });
  await worker?.start();
  const janitor = buildJanitor(config, infrastructure, modules, onEvent);
  if (roles.includes('janitor') && infrastructure.auditAnchors === undefined) log.warn({}, NO_ANCHORS);
  janitor?.start();
  const services = await startServices(modules, roles, config.drainTimeoutMs, cleanups);
  isReady = true;
  if (roles.includes('api'))
    await keepServingRecord({
      db,
      clock: systemClock,
      leaseMs: config.leaseMs,
      stopped: draining.signal,
      log,
    });
  log.info({ url, roles, engine: db.engine, sandbox, version: VERSION, pid: process.pid }, 'server started');

  return {
    ...listening,
    services,
    directories: roles.includes('worker')
      ? modules.flatMap(({ kind, directory }) => (directory === undefined ? [] : { kind, path: directory }))
      : [],
    forceStop() {
      forced.abort();
      worker?.forceStop();
    },
    hostEnds: untilHostEnds(config, log, draining.signal),
    async stop(graceMs = config.drainTimeoutMs) {
      draining.abort();
      await Promise.all([
        worker?.stop(Math.min(graceMs, config.drainTimeoutMs)),
        janitor?.stop(),
        roles.includes('api') && systemClock.sleep(config.drainDelayMs, forced.signal).catch(() => {}),
      ]);
      await closeAll(cleanups);
      log.info({}, 'server stopped');
    },
  };
}

/** Starts what the modules run in the roles of this process. */
async function startServices(
  modules: readonly Module[],
  roles: ServerConfig['roles'],
  graceMs: number,
  cleanups: Cleanups,
): Promise<ControlPlane['services']> {
  const started: RoleService[] = [];
  for (const service of modules.flatMap(({ services = [] }) => services)) {
    if (!roles.includes(service.role)) continue;
    const { address, note, stop } = await service.start();
    cleanups.push(() => stop(graceMs));
    started.push({ role: service.role, address, ...(note === undefined ? {} : { note }) });
  }
  return started;
}

async function closeAll(cleanups: Cleanups): Promise<void> {
  for (const close of cleanups.reverse()) await close();
}
