import { loadContract } from '../http/contract.ts';
import { DeniedRequestLog } from '../http/denied-request-log.ts';
import { kernelOperations } from '../http/kernel-operations.ts';
import type { ReadinessOptions } from '../http/readiness.ts';
import { createHttpServer } from '../http/server.ts';
import { WarningLimiter } from '../http/warning-limiter.ts';
import type { Handlers } from '../kernel/api/handler.ts';
import type { Infrastructure } from '../kernel/api/infrastructure.ts';
import type { Module } from '../kernel/api/module.ts';
import { systemClock } from '../kernel/clock.ts';
import { newId } from '../kernel/ids.ts';
import { JobEventReader } from '../kernel/jobs/job-event-reader.ts';
import { JobReader } from '../kernel/jobs/job-reader.ts';
import { IpRateLimiter } from '../kernel/limits/ip-rate-limiter.ts';
import { PrincipalRateLimiter } from '../kernel/limits/principal-rate-limiter.ts';
import type { Rate } from '../kernel/limits/rate.ts';
import type { Metrics } from '../kernel/telemetry/metrics.ts';
import { VERSION } from '../kernel/version.ts';
import type { ServerConfig } from '../settings/server-config.ts';
import { authenticationOptions } from './authentication-options.ts';
import type { Cleanups } from './infrastructure.ts';
import { retentionRules } from './modules.ts';
import { type ServerTls, urlFor } from './tls.ts';

export interface ApiParts {
  readonly modules: readonly Module[];
  /** The OpenAPI document with the operations of the kernel and of all modules. */
  readonly contractFile: string;
  /** Its signal ends streams and new work when the server stops. */
  readonly readiness: ReadinessOptions;
  readonly tls: ServerTls | undefined;
  readonly metrics: Metrics | undefined;
  readonly cleanups: Cleanups;
}

/** The API of the contract, not yet listening. */
export function buildApi(
  config: ServerConfig,
  infrastructure: Infrastructure,
  { modules, contractFile, readiness, tls, metrics, cleanups }: ApiParts,
): ReturnType<typeof createHttpServer> {
  const { db, queue, dispatcher, secrets, artifacts, auditAnchors, tracing, log } = infrastructure;
  const types = modules.flatMap(({ jobs }) => jobs.map(({ type }) => type));
  const jobs = new JobReader(db, types);
  const pollMs = config.followPollMs;
  const events = new JobEventReader({ db, jobs, clock: systemClock, dispatcher, pollMs });
  const limited = { clock: systemClock, stopping: readiness.draining, log };
  const deniedRequests = new DeniedRequestLog({ db, ...limited });
  const warnings = new WarningLimiter(limited);
  // A server that drains has no address any more, and still answers requests that it has begun to read.
  let { port } = config;
  const address = () => `${hostOf(config.host)}:${port}`;
  const own = () => (tls === undefined ? address() : new URL(urlFor(`http://${address()}`, tls)).host);
  const contract = loadContract(contractFile);
  const { perPrincipal, perAddress } = requestRates(config);
  const principalLimiter = new PrincipalRateLimiter(db, perPrincipal);
  const mode = config.sandbox ? 'sandbox' : 'real';
  const auditLog = { db, secrets, anchors: auditAnchors };
  const options = {
    modules,
    queue,
    jobs,
    events,
    artifacts,
    auditLog,
    version: VERSION,
    mode,
    contract,
    notificationNetworks: config.notificationNetworks,
    retention: retentionRules(config, infrastructure, modules),
  } as const;
  const app = createHttpServer({
    contract,
    handlers: mergeOperations(kernelOperations({ ...options, principalLimiter }), modules),
    addressLimiter: new IpRateLimiter(perAddress, systemClock),
    trustedProxies: config.trustedProxies,
    db,
    deniedRequests,
    ...authenticationOptions(
      config,
      { db, secrets, principalLimiter },
      { own, certificate: () => tls?.certificate, cleanups, deniedRequests, warnings },
    ),
    ...readiness,
    newRequestId: () => newId('req'),
    mode,
    tracing,
    log,
    certificate: tls?.certificate,
    observe: metrics?.observe,
  });
  app.server.on('listening', () => {
    port = (app.server.address() as { port: number }).port;
  });
  // The database is closed after the API: what was only counted is written before.
  app.addHook('onClose', () => deniedRequests.flush());
  tls?.keepFresh(app.server);
  return app;
}

/** @throws TypeError when two modules, or a module and the kernel, handle the same operation */
function mergeOperations(kernel: Handlers, modules: readonly Module[]): Handlers {
  const owners = new Map(Object.keys(kernel).map((id) => [id, 'the kernel']));
  for (const { kind, operations } of modules) {
    for (const id of Object.keys(operations)) {
      const other = owners.get(id);
      if (other !== undefined)
        throw new TypeError(`operation ${id} is handled by ${other} and by module ${kind}`);
      owners.set(id, `module ${kind}`);
    }
  }
  return Object.assign({}, kernel, ...modules.map(({ operations }) => operations));
}

function requestRates({ requestsPerMinute, requestBurst, unauthenticatedPerMinute }: ServerConfig): {
  perPrincipal: Rate;
  perAddress: Rate;
} {
  return {
    perPrincipal: { perMinute: requestsPerMinute, burst: requestBurst },
    perAddress: { perMinute: unauthenticatedPerMinute, burst: Math.ceil(unauthenticatedPerMinute) },
  };
}

/** An address as a Host header has it: IPv6 in brackets (RFC 3986, 3.2.2). */
function hostOf(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
