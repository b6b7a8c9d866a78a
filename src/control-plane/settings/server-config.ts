import { homedir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { SetupError } from '../kernel/errors.ts';
import { ACCESS_SETTINGS, accessSettingsFrom, assertAccessIsClosed, isLoopback } from './access-settings.ts';
import { assertReadyForRealClouds, CLOUD_SETTINGS, cloudSettingsFrom } from './cloud-settings.ts';
import { addressOf, listOf, numberOf, pairsOf } from './environment-values.ts';
import { parseS3Location, S3_LOCATION } from './s3-location.ts';

const SERVER_ROLES = ['api', 'worker', 'janitor'] as const;

const ms = z.int().positive();
const openingPolicy = z.enum(['none', 'reason', 'approval']);
const port = z.int().min(0).max(65_535);

/**
 * Every setting of a server, parsed once. Each has a default; a flag wins over its environment variable.
 * Times are in milliseconds unless the name says otherwise.
 */
const settingsSchema = z.strictObject({
  /** What this process does. `--role`, default all three. */
  roles: z
    .array(z.enum(SERVER_ROLES))
    .min(1)
    .default([...SERVER_ROLES]),
  /** Address of the API. `--listen`. Port 0 takes a free one. */
  host: z.string().min(1).default('127.0.0.1'),
  port: port.default(8420),
  /** Plain HTTP on an address that others can reach. `--insecure-http`. */
  insecureHttp: z.boolean().default(false),
  /** Serve HTTPS: the certificate with its chain, and its key, both PEM. Read again when they change. `--tls-cert`, `--tls-key`, OCPCTL_TLS_CERT, OCPCTL_TLS_KEY. */
  tlsCert: z.string().min(1).optional(),
  tlsKey: z.string().min(1).optional(),
  /** Between two looks whether they changed. */
  tlsPollMs: ms.default(10_000),
  /** Where `/metrics` answers, without a signature: an address that only the collector reaches. `--metrics-listen`, OCPCTL_METRICS_LISTEN. */
  metrics: z.strictObject({ host: z.string().min(1), port }).optional(),
  /** Further Host headers under which the API is reached, for a proxy in front. OCPCTL_PUBLIC_HOSTS, comma-separated. */
  publicHosts: z.array(z.string()).default([]),
  /** Where keys, artifacts, work in progress and the embedded database live. `--data`, OCPCTL_DATA_DIR. */
  dataDir: z.string().min(1),
  /** The key that seals secrets, best outside whatever backs the data up. OCPCTL_KEY_DIR; `keys` in the data directory. */
  keyDir: z.string().optional(),
  /** PostgreSQL. DATABASE_URL; without it the embedded database in the data directory. */
  databaseUrl: z.string().optional(),
  /** Accept the embedded database where real money is spent. `--embedded`. */
  embedded: z.boolean().default(false),
  /** Replace the cloud by a simulated one. `--sandbox`. */
  sandbox: z.boolean().default(false),
  /** Pace of the sandbox: 10 is ten times as fast, 0.5 half as fast, 0 does not wait at all. OCPCTL_SANDBOX_SPEED. */
  sandboxSpeed: z.string().optional(),
  /** How long an empty read-back of the sandbox is doubted. OCPCTL_SANDBOX_SETTLE_MS. */
  sandboxSettleMs: z.int().min(0).default(300),
  /** A site's own profiles, added to those that ship. `--profiles`. */
  profileDirs: z.array(z.string()).default([]),
  /** Signing region of this installation. OCPCTL_SIGNING_REGION. */
  region: z.string().default('local'),
  /** Jobs at a time in this process. `--concurrency`. */
  concurrency: z.int().min(1).max(100).default(4),
  /** What running jobs get to end by themselves when the server is told to stop. `--drain-timeout`. */
  drainTimeoutMs: z.int().min(0).default(60_000),
  /** A worker that is silent for so long is dead (G7). OCPCTL_LEASE_MS. */
  leaseMs: ms.default(30_000),
  /** Longest time between two looks for work when no wake-up comes. OCPCTL_POLL_MS. */
  pollMs: ms.default(5_000),
  /** Attempts of a job, and the back-off between them: base x 2^n with full jitter, at most max. */
  maxAttempts: z.int().min(1).default(3),
  backoffBaseMs: ms.default(60_000),
  backoffMaxMs: ms.default(30 * 60_000),
  /** Turns of the janitor for deadlines. OCPCTL_DEADLINE_INTERVAL_MS. */
  deadlineIntervalMs: ms.default(15_000),
  /** Time after a failed destroy before the deadline orders another. */
  destroyRetryMinutes: z.number().positive().default(30),
  /** Per team. OCPCTL_TEAM_ACTIVE_CLUSTERS, OCPCTL_TEAM_CONCURRENT_CREATES, OCPCTL_TEAM_CREATES_PER_HOUR. */
  activeClustersPerTeam: z.int().min(1).default(10),
  concurrentCreatesPerTeam: z.int().min(1).default(5),
  createsPerHourPerTeam: z.int().min(1).default(10),
  /** OCPCTL_REQUESTS_PER_MINUTE, OCPCTL_REQUEST_BURST. Per principal, over all servers: so many come back in a minute, and so many at once. */
  requestsPerMinute: z.number().positive().max(1_000_000).default(100),
  requestBurst: z.int().min(1).max(1_000_000).default(100),
  /** OCPCTL_UNAUTHENTICATED_PER_MINUTE. Per network address and server, of requests that nobody was let in for. */
  unauthenticatedPerMinute: z.number().positive().max(1_000_000).default(300),
  /** Free disk that an install needs, in MiB. */
  minFreeDiskMb: z.int().min(0),
  snapshotIntervalMs: ms.default(5 * 60_000),
  /** What `create cluster` and `destroy cluster` get to end by themselves. OCPCTL_CREATE_TIMEOUT_MS, OCPCTL_DESTROY_TIMEOUT_MS. */
  createTimeoutMs: ms.default(3 * 3_600_000),
  destroyTimeoutMs: ms.default(3_600_000),
  /** Between SIGTERM and SIGKILL for an installer that was told to stop. */
  killAfterMs: ms.default(5_000),
  /** Time between two looks at a job that somebody follows. */
  followPollMs: ms.default(300),
  /** What opening a secret takes, by kind: none, reason or approval. OCPCTL_BREAK_GLASS, as `kubeconfig=reason`, comma-separated. */
  breakGlass: z
    .strictObject({
      kubeconfig: openingPolicy.default('none'),
      'kubeadmin-password': openingPolicy.default('reason'),
    })
    .prefault({}),
  /** Secrets that one principal may open within an hour. OCPCTL_SECRET_ACCESSES_PER_HOUR. */
  secretAccessesPerHour: z.int().min(1).default(20),
  /** Signed anchors of the audit trail: a folder, or `s3://BUCKET/PREFIX`. OCPCTL_AUDIT_ANCHORS. */
  auditAnchors: z
    .string()
    .min(1)
    .refine(
      (place) => !place.includes('://') || parseS3Location(place) !== undefined,
      `must be a folder or ${S3_LOCATION}`,
    )
    .optional(),
  /** Pause between two anchors. OCPCTL_AUDIT_ANCHOR_INTERVAL_MS. */
  auditAnchorIntervalMs: ms.default(3_600_000),
  /** Days for which S3 refuses to change or remove an anchor (object lock). OCPCTL_AUDIT_RETENTION_DAYS. */
  auditRetentionDays: z.int().min(1).default(365),
  /** Turns of the janitor for the keys that seal secrets. OCPCTL_KEY_ROTATION_INTERVAL_MS. */
  keyRotationIntervalMs: ms.default(15_000),
  /** `text` for a person at a terminal. OCPCTL_LOG_FORMAT. */
  logFormat: z.enum(['json', 'text']).default('json'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
  ...CLOUD_SETTINGS,
  ...ACCESS_SETTINGS,
});

export type ServerConfig = z.output<typeof settingsSchema>;
/** What an embedder or the server command may set; everything has a default. */
export type ServerSettings = Partial<z.input<typeof settingsSchema>>;

const SANDBOX_DISK_MB = 200;
const REAL_DISK_MB = 5_000;
/** In the sandbox a person waits at the screen: a retry after a minute would look like a hang. */
const SANDBOX_BACKOFF_MS = 2_000;

/**
 * Puts settings together: what is given, then the environment, then defaults.
 * @throws SetupError naming every setting that is wrong, and combinations that would lose data or expose keys
 */
export function serverConfig(given: ServerSettings, env: NodeJS.ProcessEnv = process.env): ServerConfig {
  const config = parseServerSettings(given, env);
  assertSafe(config);
  return config;
}

/** The same for a command that starts no server, and so can neither lose nor expose anything. */
export function parseServerSettings(given: ServerSettings, env: NodeJS.ProcessEnv): ServerConfig {
  const sandbox = given.sandbox ?? false;
  const parsed = settingsSchema.safeParse({
    ...fromEnvironment(env),
    minFreeDiskMb: sandbox ? SANDBOX_DISK_MB : REAL_DISK_MB,
    ...(sandbox ? { backoffBaseMs: SANDBOX_BACKOFF_MS } : {}),
    ...withoutUndefined(given),
  });
  if (!parsed.success) throw new SetupError(`the settings cannot be used: ${z.prettifyError(parsed.error)}`);
  return parsed.data;
}

function fromEnvironment(env: NodeJS.ProcessEnv): Record<string, unknown> {
  return withoutUndefined({
    dataDir:
      env['OCPCTL_DATA_DIR'] ||
      join(env['XDG_DATA_HOME'] || join(env['HOME'] || homedir(), '.local', 'share'), 'ocpctl'),
    databaseUrl: env['DATABASE_URL'] || undefined,
    keyDir: env['OCPCTL_KEY_DIR'] || undefined,
    tlsCert: env['OCPCTL_TLS_CERT'] || undefined,
    tlsKey: env['OCPCTL_TLS_KEY'] || undefined,
    metrics: addressOf(env['OCPCTL_METRICS_LISTEN']),
    publicHosts: listOf(env['OCPCTL_PUBLIC_HOSTS'])?.map((host) => host.toLowerCase()),
    region: env['OCPCTL_SIGNING_REGION'] || undefined,
    sandboxSpeed: env['OCPCTL_SANDBOX_SPEED'] || undefined,
    sandboxSettleMs: numberOf(env['OCPCTL_SANDBOX_SETTLE_MS']),
    leaseMs: numberOf(env['OCPCTL_LEASE_MS']),
    pollMs: numberOf(env['OCPCTL_POLL_MS']),
    backoffBaseMs: numberOf(env['OCPCTL_BACKOFF_MS']),
    createTimeoutMs: numberOf(env['OCPCTL_CREATE_TIMEOUT_MS']),
    destroyTimeoutMs: numberOf(env['OCPCTL_DESTROY_TIMEOUT_MS']),
    deadlineIntervalMs: numberOf(env['OCPCTL_DEADLINE_INTERVAL_MS']),
    activeClustersPerTeam: numberOf(env['OCPCTL_TEAM_ACTIVE_CLUSTERS']),
    concurrentCreatesPerTeam: numberOf(env['OCPCTL_TEAM_CONCURRENT_CREATES']),
    createsPerHourPerTeam: numberOf(env['OCPCTL_TEAM_CREATES_PER_HOUR']),
    requestsPerMinute: numberOf(env['OCPCTL_REQUESTS_PER_MINUTE']),
    requestBurst: numberOf(env['OCPCTL_REQUEST_BURST']),
    unauthenticatedPerMinute: numberOf(env['OCPCTL_UNAUTHENTICATED_PER_MINUTE']),
    breakGlass: pairsOf(env['OCPCTL_BREAK_GLASS']),
    secretAccessesPerHour: numberOf(env['OCPCTL_SECRET_ACCESSES_PER_HOUR']),
    auditAnchors: env['OCPCTL_AUDIT_ANCHORS'] || undefined,
    auditAnchorIntervalMs: numberOf(env['OCPCTL_AUDIT_ANCHOR_INTERVAL_MS']),
    auditRetentionDays: numberOf(env['OCPCTL_AUDIT_RETENTION_DAYS']),
    keyRotationIntervalMs: numberOf(env['OCPCTL_KEY_ROTATION_INTERVAL_MS']),
    logLevel: env['OCPCTL_LOG_LEVEL'] || undefined,
    logFormat: env['OCPCTL_LOG_FORMAT'] || undefined,
    ...cloudSettingsFrom(env),
    ...accessSettingsFrom(env),
  });
}

function assertSafe(config: ServerConfig): void {
  if ((config.tlsCert === undefined) !== (config.tlsKey === undefined)) {
    throw new SetupError('--tls-cert and --tls-key belong together', {
      hint: 'give the certificate and its key, both PEM files',
    });
  }
  if (servesPlainly(config) && !config.insecureHttp) {
    throw new SetupError(`${config.host} can be reached by others, and this is plain HTTP`, {
      hint: 'serve HTTPS with --tls-cert and --tls-key, put a TLS proxy in front and listen on 127.0.0.1, or add --insecure-http if the network is yours',
    });
  }
  const { metrics, tlsCert } = config;
  if (metrics && servesPlainly({ host: metrics.host, tlsCert }) && !config.insecureHttp) {
    throw new SetupError(`metrics on ${metrics.host} can be read by others, and this is plain HTTP`, {
      hint: 'listen on 127.0.0.1, serve HTTPS, or add --insecure-http if the network is yours',
    });
  }
  assertAccessIsClosed(config);
  if (!config.sandbox) assertReadyForRealClouds(config);
}

/** The AWS SDK would warn about Node 20 on a screen of ours; must be said before it is loaded. */
export function quietAwsSdk(env: NodeJS.ProcessEnv = process.env): void {
  env['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] = 'true';
}

/** Whether what is said to this server can be read and changed on its way. */
export function servesPlainly({ host, tlsCert }: Pick<ServerConfig, 'host' | 'tlsCert'>): boolean {
  return tlsCert === undefined && !isLoopback(host);
}

function withoutUndefined(object: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}
