import * as z from 'zod';
import { milliseconds } from '../kernel/settings/kernel-settings.ts';
import { type Settings, setting } from '../kernel/settings/setting.ts';
import { addressOf } from '../kernel/settings/setting-values.ts';

const port = z.int().min(0).max(65_535);

/** Where the API and the metrics listen, and how much one caller may request. */
export const HTTP_SETTINGS = {
  host: setting(z.string().min(1).default('127.0.0.1'), {
    flag: '--listen',
    meaning: 'address of the API, with `port` as `HOST:PORT`',
  }),
  port: setting(port.default(8420), { flag: '--listen', meaning: 'port of the API; 0 takes a free one' }),
  insecureHttp: setting(z.boolean().default(false), {
    flag: '--insecure-http',
    meaning:
      'permits plain HTTP on an address that other hosts can reach. Better: TLS, here or in a proxy in front',
  }),
  tlsCert: setting(z.string().min(1).optional(), {
    flag: '--tls-cert',
    variable: 'OCPCTL_TLS_CERT',
    fallback: 'none: plain HTTP',
    meaning:
      'serve HTTPS (TLS 1.2 or newer) with this certificate and its chain, PEM. Its names are accepted as `Host` headers',
  }),
  tlsKey: setting(z.string().min(1).optional(), {
    flag: '--tls-key',
    variable: 'OCPCTL_TLS_KEY',
    meaning: 'its private key, PEM, readable only by its owner, or by a group if it is of root',
  }),
  tlsPollMs: setting(milliseconds.default(10_000), {
    meaning:
      'time between two checks of both files; a renewed certificate is used for new connections without a restart',
  }),
  metrics: setting(z.strictObject({ host: z.string().min(1), port }).optional(), {
    flag: '--metrics-listen',
    variable: 'OCPCTL_METRICS_LISTEN',
    parse: addressOf,
    meaning:
      'address of unauthenticated Prometheus metrics (`/metrics`): figures of requests, jobs, workers and clusters, which name teams and profiles but no person and no cluster; `/readyz` there is 503 while the worker of the process is not ready',
  }),
  publicHosts: setting(z.array(z.string().toLowerCase()).default([]), {
    variable: 'OCPCTL_PUBLIC_HOSTS',
    meaning: 'other `Host` headers that are accepted, comma-separated, for a proxy in front',
  }),
  region: setting(z.string().default('local'), {
    variable: 'OCPCTL_SIGNING_REGION',
    meaning: 'the region that requests must be signed for',
  }),
  requestsPerMinute: setting(z.number().positive().max(1_000_000).default(100), {
    variable: 'OCPCTL_REQUESTS_PER_MINUTE',
    meaning: 'requests of a principal in a minute, over all servers',
  }),
  requestBurst: setting(z.int().min(1).max(1_000_000).default(100), {
    variable: 'OCPCTL_REQUEST_BURST',
    meaning: 'requests of a principal at once',
  }),
  unauthenticatedPerMinute: setting(z.number().positive().max(1_000_000).default(300), {
    variable: 'OCPCTL_UNAUTHENTICATED_PER_MINUTE',
    meaning: 'unauthenticated requests of a network address in a minute, per server',
  }),
} as const satisfies Settings;
