import { join } from 'node:path';
import { ClusterReader } from '../clusters/service/read.ts';
import type { ClusterWing } from '../clusters/service/wing.ts';
import { databaseTime } from '../clusters/store/transitions.ts';
import type { ServerConfig } from '../config.ts';
import { loadContract } from '../http/contract.ts';
import { JobEventReader } from '../http/job-events.ts';
import { handlers } from '../http/operations.ts';
import { Refusals } from '../http/refusals.ts';
import { createHttpServer } from '../http/server.ts';
import { newId } from '../kernel/ids.ts';
import type { Rate } from '../kernel/limits/rate.ts';
import { RequestBudget } from '../kernel/limits/request-budget.ts';
import { SourceLimiter } from '../kernel/limits/source-limiter.ts';
import type { Metrics } from '../kernel/telemetry/metrics.ts';
import { systemClock } from '../kernel/time.ts';
import { VERSION } from '../version.ts';
import type { Closers, Foundation } from './foundation.ts';
import { type ServerTls, urlFor } from './tls.ts';
import { waysIn } from './ways-in.ts';

/**
 * The API of openapi.yaml, not yet listening.
 * @param draining aborted when the server stops: no new work is accepted, and followers are let go
 */
export function buildApi(
  config: ServerConfig,
  { db, secrets, checkpoints, log, root }: Foundation,
  wing: ClusterWing,
  draining: AbortSignal,
  {
    tls,
    metrics,
    closers,
  }: {
    readonly tls: ServerTls | undefined;
    readonly metrics: Metrics | undefined;
    readonly closers: Closers;
  },
): ReturnType<typeof createHttpServer> {
  const reader = new ClusterReader(wing);
  const events = new JobEventReader(db, reader, systemClock, config.followPollMs);
  const refusals = new Refusals({ db, clock: systemClock, stopping: draining, log });
  const port = () => (app.server.address() as { port: number } | null)?.port ?? config.port;
  const address = () => `${hostOf(config.host)}:${port()}`;
  const own = () => (tls === undefined ? address() : new URL(urlFor(`http://${address()}`, tls)).host);
  const contract = loadContract(join(root, 'openapi.yaml'));
  const { perPrincipal, perAddress } = requestRates(config);
  const budget = new RequestBudget(db, perPrincipal);
  const app = createHttpServer({
    contract,
    handlers: handlers({
      wing,
      reader,
      events,
      trail: { db, secrets, checkpoints },
      version: VERSION,
      contract,
      budget,
    }),
    budget,
    sources: new SourceLimiter(perAddress, systemClock),
    trustedProxies: config.trustedProxies,
    events,
    db,
    refusals,
    ...waysIn(config, { db, secrets }, { own, certificate: () => tls?.certificate, closers, refusals }),
    checkReady: async () => void (await db.query(databaseTime, {})),
    draining,
    newRequestId: () => newId('req'),
    mode: config.sandbox ? 'sandbox' : 'real',
    log,
    certificate: tls?.certificate,
    observe: metrics?.observe,
  });
  // The database is closed after the API: what was only counted is written before.
  app.addHook('onClose', () => refusals.settled());
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
