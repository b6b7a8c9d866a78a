import * as z from 'zod';
import { addressOf, listOf, numberOf } from '../kernel/settings/environment-values.ts';
import { milliseconds } from '../kernel/settings/kernel-settings.ts';

const port = z.int().min(0).max(65_535);

/** Where the API and the metrics listen, and how much one caller may ask. */
export const HTTP_SETTINGS = {
  /** Address of the API. `--listen`. Port 0 takes a free one. */
  host: z.string().min(1).default('127.0.0.1'),
  port: port.default(8420),
  /** Plain HTTP on an address that others can reach. `--insecure-http`. */
  insecureHttp: z.boolean().default(false),
  /** Serve HTTPS: the certificate with its chain, and its key, both PEM. Read again when they change. `--tls-cert`, `--tls-key`, OCPCTL_TLS_CERT, OCPCTL_TLS_KEY. */
  tlsCert: z.string().min(1).optional(),
  tlsKey: z.string().min(1).optional(),
  /** Time between two checks whether they changed. */
  tlsPollMs: milliseconds.default(10_000),
  /** Unauthenticated metrics address: one that only the collector reaches. `--metrics-listen`, OCPCTL_METRICS_LISTEN. */
  metrics: z.strictObject({ host: z.string().min(1), port }).optional(),
  /** Further Host headers under which the API is reached, for a proxy in front. OCPCTL_PUBLIC_HOSTS, comma-separated. */
  publicHosts: z.array(z.string()).default([]),
  /** Signing region of this installation. OCPCTL_SIGNING_REGION. */
  region: z.string().default('local'),
  /** OCPCTL_REQUESTS_PER_MINUTE, OCPCTL_REQUEST_BURST. Per principal, over all servers: requests a minute, and requests at once. */
  requestsPerMinute: z.number().positive().max(1_000_000).default(100),
  requestBurst: z.int().min(1).max(1_000_000).default(100),
  /** OCPCTL_UNAUTHENTICATED_PER_MINUTE. Per network address and server, of requests that were not authenticated. */
  unauthenticatedPerMinute: z.number().positive().max(1_000_000).default(300),
} as const;

export function httpSettingsFrom(env: NodeJS.ProcessEnv): Record<string, unknown> {
  return {
    tlsCert: env['OCPCTL_TLS_CERT'] || undefined,
    tlsKey: env['OCPCTL_TLS_KEY'] || undefined,
    metrics: addressOf(env['OCPCTL_METRICS_LISTEN']),
    publicHosts: listOf(env['OCPCTL_PUBLIC_HOSTS'])?.map((host) => host.toLowerCase()),
    region: env['OCPCTL_SIGNING_REGION'] || undefined,
    requestsPerMinute: numberOf(env['OCPCTL_REQUESTS_PER_MINUTE']),
    requestBurst: numberOf(env['OCPCTL_REQUEST_BURST']),
    unauthenticatedPerMinute: numberOf(env['OCPCTL_UNAUTHENTICATED_PER_MINUTE']),
  };
}
