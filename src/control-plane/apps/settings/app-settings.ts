import * as z from 'zod';
import { type KernelConfig, milliseconds } from '../../kernel/settings/kernel-settings.ts';
import {
  type ModuleSettings,
  type Settings,
  type SettingValues,
  setting,
} from '../../kernel/settings/setting.ts';
import { pairsOf } from '../../kernel/settings/setting-values.ts';
import { buildVariablesFrom } from '../builder/host/build-environment.ts';

/** A name under which browsers and curl find this machine without DNS (RFC 6761 §6.3). */
const LOCAL_DOMAIN = 'localhost';

const image = z.string().min(1).exactOptional();
/** By language; `run` for programs that need none. */
const BASE_IMAGES = { node: image, go: image, python: image, run: image };

/** The settings of applications. */
export const APP_SETTINGS = {
  appDir: setting(z.string().min(1).optional(), {
    variable: 'OCPCTL_APP_DIR',
    fallback:
      '`apps` in the data directory; as root `/var/lib/ocpctl/apps/INSTALLATION`, which the users of instances can enter',
    meaning: 'directory of builds, instances and their logs on the host of the applications',
  }),
  appRuntime: setting(z.enum(['process', 'podman']).default('process'), {
    variable: 'OCPCTL_APP_RUNTIME',
    meaning:
      'what runs instances: `process`, or `podman` in containers that buildah builds. After a change, services are deployed again: a release runs where it was built for',
  }),
  appBaseImages: setting(z.strictObject(BASE_IMAGES).prefault({}), {
    variable: 'OCPCTL_APP_BASE_IMAGES',
    parse: pairsOf,
    fallback: 'none: only sources with a Containerfile are built',
    meaning:
      'images that `podman` builds on, such as `node=docker.io/library/node:22-slim,run=docker.io/library/debian:12-slim`; also `go` and `python`',
  }),
  podmanVariables: setting(z.record(z.string(), z.string()).default({}), {
    fallback: '`HOME` and `XDG_RUNTIME_DIR` of the server',
    meaning: 'environment variables of podman',
  }),
  appDomain: setting(
    z
      .string()
      .regex(/^[a-z0-9]([a-z0-9.-]{0,200}[a-z0-9])?$/, 'must be a domain in lower case')
      .default(LOCAL_DOMAIN),
    { variable: 'OCPCTL_APP_DOMAIN', meaning: 'domain that the host names of services are below' },
  ),
  edgeHost: setting(z.string().min(1).default('127.0.0.1'), {
    variable: 'OCPCTL_EDGE_HOST',
    meaning: 'address that the edge listens on',
  }),
  edgePort: setting(z.int().min(0).max(65_535).optional(), {
    variable: 'OCPCTL_EDGE_PORT',
    fallback: '8080; any free one when the API takes a free port',
    meaning: 'port that the edge listens on; 0: any free one',
  }),
  edgeAccessLogShare: setting(z.number().min(0).max(1).default(1), {
    variable: 'OCPCTL_EDGE_ACCESS_LOG',
    meaning:
      'share of requests at the edge that get a line in the log, 0 to 1; those that fail with 5xx get one unless it is 0',
  }),
  edgeTls: setting(z.enum(['off', 'internal', 'files']).default('off'), {
    variable: 'OCPCTL_EDGE_TLS',
    meaning:
      '`internal`: HTTPS with certificates of an authority of the installation, which is written to `edge-ca.pem` in the data directory; `files`: with the two below',
  }),
  edgeTlsCert: setting(z.string().min(1).optional(), {
    variable: 'OCPCTL_EDGE_TLS_CERT',
    fallback: 'none',
    meaning: 'certificate of the edge and its chain, PEM; read again when it changes',
  }),
  edgeTlsKey: setting(z.string().min(1).optional(), {
    variable: 'OCPCTL_EDGE_TLS_KEY',
    fallback: 'none',
    meaning: 'its private key, PEM, not readable by others',
  }),
  edgeTrustedProxies: setting(z.array(z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()])).default([]), {
    variable: 'OCPCTL_EDGE_TRUSTED_PROXIES',
    meaning:
      'addresses and networks, comma-separated, of proxies before the edge whose `X-Forwarded-*` and `X-Request-Id` count',
  }),
  appServicesPerTeam: setting(z.int().min(0).default(20), {
    variable: 'OCPCTL_TEAM_APP_SERVICES',
    meaning: 'quota: services of a team',
  }),
  appInstancesPerTeam: setting(z.int().min(0).default(40), {
    variable: 'OCPCTL_TEAM_APP_INSTANCES',
    meaning: 'quota: instances that the services of a team ask for',
  }),
  appMemoryMbPerTeam: setting(z.int().min(0).default(16_384), {
    variable: 'OCPCTL_TEAM_APP_MEMORY_MB',
    meaning: 'quota: memory of these instances, in MiB',
  }),
  appVolumeGibPerTeam: setting(z.int().min(0).default(100), {
    variable: 'OCPCTL_TEAM_APP_VOLUME_GIB',
    meaning: 'quota: size of the volumes of a team, in GiB; the hosts do not enforce the size of one',
  }),
  appMemoryMb: setting(z.int().min(16).default(512), {
    variable: 'OCPCTL_APP_MEMORY_MB',
    meaning: 'memory of an instance whose service names none, in MiB',
  }),
  appCpus: setting(z.number().positive().default(1), {
    variable: 'OCPCTL_APP_CPUS',
    meaning: 'CPUs of an instance whose service names none',
  }),
  appCpuPrice: setting(z.number().min(0).max(1000).optional(), {
    variable: 'OCPCTL_APP_CPU_PRICE',
    fallback: 'that of the newest table in `prices/hosts`',
    meaning: 'US dollars for an hour of a CPU that an instance may use; 0 with the next one: no price',
  }),
  appMemoryPrice: setting(z.number().min(0).max(1000).optional(), {
    variable: 'OCPCTL_APP_MEMORY_PRICE',
    fallback: 'that of the newest table in `prices/hosts`',
    meaning: 'US dollars for an hour of a GiB of memory that an instance may use',
  }),
  buildTimeoutMs: setting(milliseconds.default(15 * 60_000), {
    variable: 'OCPCTL_BUILD_TIMEOUT_MS',
    meaning: 'longest build',
  }),
  buildVariables: setting(z.record(z.string(), z.string()).default({}), {
    fallback: 'those of the environment that builds may have: proxies, certificates, package registries',
    meaning: 'environment variables of all builds',
  }),
  buildMemoryMb: setting(z.int().min(128).default(2048), {
    variable: 'OCPCTL_BUILD_MEMORY_MB',
    meaning: 'memory of one build in MiB, where it can be limited',
  }),
  buildCacheMb: setting(z.int().min(0).default(10_240), {
    variable: 'OCPCTL_BUILD_CACHE_MB',
    meaning: 'MiB of outputs up to which those that no release needs are kept',
  }),
  appKeepReleases: setting(z.int().min(1).default(10), {
    variable: 'OCPCTL_APP_KEEP_RELEASES',
    meaning: 'releases of a service whose builds are kept for a rollback',
  }),
  appLogDays: setting(z.int().min(1).default(7), {
    variable: 'OCPCTL_APP_LOG_DAYS',
    meaning: 'days for which the lines that instances wrote are kept',
  }),
  backupsDaily: setting(z.int().min(1).max(1000).default(7), {
    variable: 'OCPCTL_BACKUPS_DAILY',
    meaning: 'daily backups of a database that are kept',
  }),
  backupsWeekly: setting(z.int().min(1).max(1000).default(4), {
    variable: 'OCPCTL_BACKUPS_WEEKLY',
    meaning: 'weeks of which the last daily backup of a database is kept, and weekly backups that are kept',
  }),
  backupVerifyDays: setting(z.int().min(0).max(365).default(7), {
    variable: 'OCPCTL_BACKUP_VERIFY_DAYS',
    meaning: 'days between two restore drills of the backups of a database; 0: none',
  }),
  backupDays: setting(z.int().min(1).default(30), {
    variable: 'OCPCTL_BACKUP_DAYS',
    meaning:
      'days for which backups are kept that were asked for by hand, and, all of them after their database was destroyed without them',
  }),
  reconcileIntervalMs: setting(milliseconds.default(15_000), {
    variable: 'OCPCTL_RECONCILE_INTERVAL_MS',
    fallback: '15000; sandbox 2000',
    meaning: 'time between two comparisons of the instances with those that are wanted',
  }),
} as const satisfies Settings;

export type AppConfig = KernelConfig & SettingValues<typeof APP_SETTINGS>;

export const APP_MODULE_SETTINGS = {
  sections: [
    {
      title: 'Applications',
      introduction: 'How they are used: [apps.md](apps.md).',
      settings: APP_SETTINGS,
    },
  ],
  fromEnvironment: (env) => ({
    buildVariables: buildVariablesFrom(env),
    podmanVariables: namedVariables(env, ['HOME', 'XDG_RUNTIME_DIR']),
  }),
  sandboxDefaults: { reconcileIntervalMs: 2_000 },
} as const satisfies ModuleSettings<AppConfig>;

function namedVariables(env: NodeJS.ProcessEnv, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = env[name];
      return value === undefined ? [] : [[name, value] as const];
    }),
  );
}
