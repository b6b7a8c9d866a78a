import { isIPv6 } from 'node:net';
import { hostname } from 'node:os';
import type { Infrastructure } from '../../kernel/api/infrastructure.ts';
import type { ModuleService } from '../../kernel/api/module.ts';
import { systemClock } from '../../kernel/clock.ts';
import { messageOf, SetupError, systemCodeOf } from '../../kernel/errors.ts';
import { newId } from '../../kernel/ids.ts';
import { containsIp, ipNetwork, parseIp } from '../../kernel/ip-network.ts';
import type { Log } from '../../kernel/telemetry/log.ts';
import type { MetricSet } from '../../kernel/telemetry/metrics.ts';
import { EdgeRole } from '../edge/edge-role.ts';
import type { RunningEdge } from '../edge/proxy/create-edge.ts';
import type { AppConfig } from '../settings/app-settings.ts';
import { openEdgeTls } from './edge-tls.ts';

const DEFAULT_PORT = 8080;

/** The edge: an own role, so that a restart of the API touches no traffic. Its proxy is loaded where it runs. */
export function edgeService(
  config: AppConfig & { readonly port: number },
  infrastructure: Infrastructure,
): ModuleService {
  let registered: Parameters<MetricSet['register']> | undefined;
  return {
    role: 'edge',
    // Metrics are set up before the edge is.
    metrics: {
      register: (...given) => {
        registered = given;
      },
    },
    async start() {
      const { createEdge } = await import('../edge/proxy/create-edge.ts');
      const { db, dispatcher, log } = infrastructure;
      const { edgeHost: host, appDomain: domain } = config;
      const tls = await openEdgeTls(config, infrastructure);
      const edge = createEdge({
        log,
        accessLogShare: config.edgeAccessLogShare,
        isTrustedProxy: isWithin(config.edgeTrustedProxies),
        ...(tls === undefined ? {} : { tls }),
      });
      if (registered !== undefined) edge.metrics.register(...registered);
      const { port, note } = await listen(edge, config, log);
      const address = baseUrlOf(tls === undefined ? 'http' : 'https', domain, port);
      const role = new EdgeRole({
        ...{ db, dispatcher, log, edge, domain, clock: systemClock },
        ...{ id: newId('edg'), host: hostname(), pid: process.pid },
        baseUrl: address,
      });
      await role.start();
      log.info({ host, port, domain }, 'edge started');
      return { address, ...(note === undefined ? {} : { note }), stop: (graceMs) => role.stop(graceMs) };
    },
  };
}

/** @returns the port. The default one may be in use by something else: then any free one does, with a note that says so. */
async function listen(
  edge: RunningEdge,
  { edgeHost: host, edgePort, port: apiPort }: AppConfig & { readonly port: number },
  log: Log,
): Promise<{ readonly port: number; readonly note?: string }> {
  const wanted = edgePort ?? (apiPort === 0 ? 0 : DEFAULT_PORT);
  try {
    return { port: await edge.listen({ host, port: wanted }) };
  } catch (error) {
    if (edgePort === undefined && systemCodeOf(error) === 'EADDRINUSE') {
      const note = `port ${wanted} is in use, and URLs change with each start: set OCPCTL_EDGE_PORT to another one`;
      log.warn({ port: wanted }, note);
      return { port: await edge.listen({ host, port: 0 }), note };
    }
    throw new SetupError(`the edge cannot listen on ${host}:${wanted}: ${messageOf(error)}`, {
      hint: 'choose another port with OCPCTL_EDGE_PORT, or leave the role edge out with --role',
      cause: error,
    });
  }
}

/** With `*` where the label of a service is. */
function baseUrlOf(scheme: 'http' | 'https', domain: string, port: number): string {
  const isDefault = port === (scheme === 'http' ? 80 : 443);
  return `${scheme}://*.${domain}${isDefault ? '' : `:${port}`}`;
}

/** @param networks addresses and networks, which the settings have checked */
function isWithin(networks: readonly string[]): (address: string) => boolean {
  const parsed = networks.map((text) =>
    ipNetwork(text.includes('/') ? text : `${text}/${isIPv6(text) ? 128 : 32}`),
  );
  return (address) => {
    const ip = parsed.length === 0 ? undefined : parseIp(address);
    return ip !== undefined && parsed.some((network) => containsIp(network, ip));
  };
}
