import { buildApi } from './composition/api.ts';
import { logCloudIdentities } from './composition/clouds.ts';
import { openClusterJobContext, openClusterServices } from './composition/clusters.ts';
import { type Cleanups, type Infrastructure, openInfrastructure } from './composition/infrastructure.ts';
import { serveMetrics } from './composition/metrics.ts';
import { openTls, urlFor } from './composition/tls.ts';
import { buildWorker } from './composition/worker.ts';
import { listen } from './http/listen.ts';
import { duties } from './janitor/duties.ts';
import { Janitor } from './janitor/janitor.ts';
import { systemClock } from './kernel/clock.ts';
import { quietAwsSdk, type ServerConfig, servesPlainly } from './settings/server-config.ts';
import { type AccessKey, ensureAdminKey } from './startup/admin-key.ts';
import { bootstrapAdmins } from './startup/bootstrap-admins.ts';
import { VERSION } from './version.ts';

const NO_ANCHORS =
  'no anchors of the audit trail are kept: whoever rules the database could cut its end off unseen; OCPCTL_AUDIT_ANCHORS names a place';

/** A running server. */
export interface ControlPlane {
  /** Where the API answers; empty when this process has no API. */
  readonly url: string;
  /** Whether others on the network can read what is said to it. */
  readonly isPlainHttp: boolean;
  /** A file with the authority of its certificate, when its own certificate file has that. */
  readonly caFile: string | undefined;
  /** Drains: no new requests or jobs, running ones get the drain time, then everything is closed. */
  stop(): Promise<void>;
  /** Ends the drain time now. */
  forceStop(): void;
  /** A fresh key pair for the local admin, unless the given key works here. */
  ensureAdminKey(knownKeyId: string | undefined): Promise<AccessKey | undefined>;
}

/**
 * Starts API, worker and janitor, together or apart as `config.roles` says.
 * @throws SetupError when the operator has to change something first
 */
export async function startControlPlane(config: ServerConfig): Promise<ControlPlane> {
  const cleanups: Cleanups = [];
  quietAwsSdk();
  try {
    const infrastructure = await openInfrastructure(config, cleanups);
    return await startRoles(config, infrastructure, cleanups);
  } catch (error) {
    await closeAll(cleanups);
    throw error;
  }
}

async function startRoles(
  config: ServerConfig,
  infrastructure: Infrastructure,
  cleanups: Cleanups,
): Promise<ControlPlane> {
  const { db, secrets, log } = infrastructure;
  const clusters = await openClusterServices(config, infrastructure);
  await bootstrapAdmins(db, config.bootstrapAdmins, log);
  const draining = new AbortController();
  let url = '';
  const tls = openTls(config, log);
  const metrics = await serveMetrics(config, infrastructure, tls, cleanups);
  if (config.roles.includes('api')) {
    const api = buildApi(config, infrastructure, clusters, draining.signal, {
      tls,
      metrics,
      closers: cleanups,
    });
    cleanups.push(() => api.close());
    const address = await listen(api, config);
    url = tls === undefined ? address : urlFor(address, tls);
    if (servesPlainly(config)) log.warn({ url }, 'plain HTTP: others on this network can read every answer');
  }
  const worker = config.roles.includes('worker')
    ? buildWorker(config, infrastructure, await openClusterJobContext(config, infrastructure, clusters))
    : undefined;
  await worker?.start();
  if (worker) void logCloudIdentities(config, clusters.clouds, log);
  const janitor = config.roles.includes('janitor')
    ? new Janitor({ db, clock: systemClock, duties: duties(infrastructure, config), log })
    : undefined;
  if (janitor && infrastructure.auditAnchors === undefined) log.warn({}, NO_ANCHORS);
  janitor?.start();
  const { roles, sandbox } = config;
  log.info({ url, roles, engine: db.engine, sandbox, version: VERSION, pid: process.pid }, 'server started');

  return {
    url,
    isPlainHttp: config.roles.includes('api') && servesPlainly(config),
    caFile: tls?.certificate.hasItsAuthority ? config.tlsCert : undefined,
    ensureAdminKey: (knownKeyId) => ensureAdminKey(db, secrets, knownKeyId),
    forceStop: () => worker?.forceStop(),
    async stop() {
      draining.abort();
      await janitor?.stop();
      await worker?.stop(config.drainTimeoutMs);
      await closeAll(cleanups);
      log.info({}, 'server stopped');
    },
  };
}

async function closeAll(cleanups: Cleanups): Promise<void> {
  for (const close of cleanups.reverse()) await close();
}
