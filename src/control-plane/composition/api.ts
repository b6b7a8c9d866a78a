import { join } from 'node:path';
import type { ClusterServices } from '../clusters/service/cluster-services.ts';
import { ClusterReader } from '../clusters/service/read.ts';
import { databaseTime } from '../clusters/store/transitions.ts';
import { loadContract } from '../http/contract.ts';
import { DeniedRequestLog } from '../http/denied-request-log.ts';
import { JobEventReader } from '../http/job-events.ts';
import { handlers } from '../http/operations.ts';
import { createHttpServer } from '../http/server.ts';
import { systemClock } from '../kernel/clock.ts';
import { newId } from '../kernel/ids.ts';
import { IpRateLimiter } from '../kernel/limits/ip-rate-limiter.ts';
import { PrincipalRateLimiter } from '../kernel/limits/principal-rate-limiter.ts';
import type { Rate } from '../kernel/limits/rate.ts';
import type { Metrics } from '../kernel/telemetry/metrics.ts';
import type { ServerConfig } from '../settings/server-config.ts';
import { VERSION } from '../version.ts';
import { authenticationOptions } from './authentication-options.ts';
import type { Cleanups, Infrastructure } from './infrastructure.ts';
import { type ServerTls, urlFor } from './tls.ts';

/**
 * The API of openapi.yaml, not yet listening.
 * @param draining aborted when the server stops: no new work is accepted, and followers are let go
 */
export function buildApi(
  config: ServerConfig,
  { db, secrets, auditAnchors, log, root }: Infrastructure,
  clusters: ClusterServices,
  draining: AbortSignal,
  {
    tls,
    metrics,
    closers: cleanups,
  }: {
    readonly tls: ServerTls | undefined;
    readonly metrics: Metrics | undefined;
    readonly closers: Cleanups;
  },
): ReturnType<typeof createHttpServer> {
  const reader = new ClusterReader(clusters);
  const events = new JobEventReader(db, reader, systemClock, config.followPollMs);
  const deniedRequests = new DeniedRequestLog({ db, clock: systemClock, stopping: draining, log });
  const port = () => (app.server.address() as { port: number } | null)?.port ?? config.port;
  const address = () => `${hostOf(config.host)}:${port()}`;
  const own = () => (tls === undefined ? address() : new URL(urlFor(`http://${address()}`, tls)).host);
  const contract = loadContract(join(root, 'openapi.yaml'));
  const { perPrincipal, perAddress } = requestRates(config);
  const budget = new PrincipalRateLimiter(db, perPrincipal);
  const app = createHttpServer({
    contract,
    handlers: handlers({
      wing: clusters,
      reader,
      events,
      auditLog: { db, secrets, anchors: auditAnchors },
      version: VERSION,
      contract,
      principalLimiter: budget,
    }),
    principalLimiter: budget,
    addressLimiter: new IpRateLimiter(perAddress, systemClock),
    trustedProxies: config.trustedProxies,
    events,
    db,
    deniedRequests,
    ...authenticationOptions(
      config,
      { db, secrets },
      { own, certificate: () => tls?.certificate, cleanups, deniedRequests },
    ),
    checkReady: async () => void (await db.query(databaseTime, {})),
    draining,
    newRequestId: () => newId('req'),
    mode: config.sandbox ? 'sandbox' : 'real',
    log,
    certificate: tls?.certificate,
    observe: metrics?.observe,
  });
  // The database is closed after the API: what was only counted is written before.
  app.addHook('onClose', () => deniedRequests.flush());
  tls?.keepFresh(app.server);
  return app;
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
