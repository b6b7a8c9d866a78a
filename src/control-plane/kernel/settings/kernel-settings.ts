import { homedir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { parseDurationMs } from '../../../contract/duration.ts';
import { SetupError } from '../errors.ts';
import { isCidr } from '../notifications/address-filter.ts';
import { type Settings, type SettingValues, setting, valuesFromEnvironment } from './setting.ts';
import { parseS3Location, S3_LOCATION } from './setting-values.ts';

const SERVER_ROLES = ['api', 'worker', 'janitor', 'edge'] as const;
export type ServerRole = (typeof SERVER_ROLES)[number];

export const milliseconds = z.int().positive();
export const httpUrl = z.url({ protocol: /^https?$/ });

/**
 * The settings of jobs, stores, secrets and the audit log, whatever modules there are. Times are in milliseconds unless the name says
 * otherwise.
 */
export const KERNEL_SETTINGS = {
  roles: setting(
    z
      .array(z.enum(SERVER_ROLES))
      .min(1)
      .default([...SERVER_ROLES]),
    { flag: '--role', meaning: 'what this process does, comma-separated' },
  ),
  dataDir: setting(z.string().min(1), {
    flag: '--data',
    variable: 'OCPCTL_DATA_DIR',
    fallback: '`$XDG_DATA_HOME/ocpctl`, else `~/.local/share/ocpctl`',
    meaning: 'directory of keys, artifacts, work in progress and the embedded database',
  }),
  keyDir: setting(z.string().optional(), {
    variable: 'OCPCTL_KEY_DIR',
    fallback: '`keys` in the data directory',
    meaning: 'directory of the key that seals secrets. Keep it out of the backup of the data',
  }),
  databaseUrl: setting(z.string().optional(), {
    variable: 'DATABASE_URL',
    fallback: 'none: embedded',
    meaning:
      'PostgreSQL 14 or newer, shared by any number of servers. `?connect_timeout=SECONDS` (5) and `?options=` are those of libpq',
  }),
  databaseWaitMs: setting(z.int().min(0).default(120_000), {
    flag: '--database-wait',
    variable: 'OCPCTL_DATABASE_WAIT',
    parse: (text) => durationSetting('OCPCTL_DATABASE_WAIT', text),
    meaning:
      'how long a server that starts waits for a PostgreSQL server that does not answer, for example `2m`; `0`: not at all',
  }),
  embedded: setting(z.boolean().default(false), {
    flag: '--embedded',
    meaning: 'permits the embedded database without `--sandbox`, where resources cost money',
  }),
  sandbox: setting(z.boolean().default(false), {
    flag: '--sandbox',
    meaning: 'simulates the cloud: nothing real is touched',
  }),
  concurrency: setting(z.int().min(1).max(100).default(4), {
    flag: '--concurrency',
    meaning: 'jobs at a time in this process, at most 100',
  }),
  drainTimeoutMs: setting(z.int().min(0).default(60_000), {
    flag: '--drain-timeout',
    meaning: 'grace period for running jobs on shutdown; after it they are rescheduled',
  }),
  drainDelayMs: setting(z.int().min(0).default(0), {
    flag: '--drain-delay',
    variable: 'OCPCTL_DRAIN_DELAY',
    parse: (text) => durationSetting('OCPCTL_DRAIN_DELAY', text),
    meaning:
      'how long a server that shuts down still accepts requests after `/readyz` says 503: longer than a [load balancer](fleet.md#restarts) needs to notice',
  }),
  hostNotices: setting(z.enum(['none', 'ec2']).default('none'), {
    variable: 'OCPCTL_HOST_NOTICES',
    meaning:
      '`ec2`: shut down when the instance metadata announces a spot interruption or a scale-in of its Auto Scaling group',
  }),
  ec2MetadataEndpoint: setting(httpUrl.default('http://169.254.169.254'), {
    variable: 'AWS_EC2_METADATA_SERVICE_ENDPOINT',
    meaning: 'the instance metadata service',
  }),
  otlpEndpoint: setting(httpUrl.optional(), {
    variable: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    meaning:
      'OpenTelemetry collector that gets traces by OTLP over HTTP, without `/v1/traces`. Other standard variables apply as well, such as `OTEL_EXPORTER_OTLP_HEADERS`, `OTEL_SERVICE_NAME`, `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_TRACES_SAMPLER`',
  }),
  otlpTracesEndpoint: setting(httpUrl.optional(), {
    variable: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    meaning: 'whole URL for traces, instead of `otlpEndpoint`',
  }),
  leaseMs: setting(milliseconds.default(30_000), {
    variable: 'OCPCTL_LEASE_MS',
    meaning:
      'a worker that does not renew its lease for this long counts as dead, and its jobs are reclaimed (G7)',
  }),
  pollMs: setting(milliseconds.default(5_000), {
    variable: 'OCPCTL_POLL_MS',
    meaning: 'longest time between two reads of the queue when no wake-up arrives',
  }),
  sqsQueueUrl: setting(
    httpUrl
      .regex(/^[^?#]+\/[\w-]{1,75}\.fifo$/, 'must be the URL of a FIFO queue, which ends with .fifo')
      .optional(),
    {
      variable: 'OCPCTL_SQS_QUEUE_URL',
      fallback: 'none: NOTIFY of PostgreSQL',
      meaning:
        'URL of an [SQS FIFO queue](fleet.md#wake-ups) that wakes one worker for each job instead of all; needs PostgreSQL',
    },
  ),
  maxAttempts: setting(z.int().min(1).default(3), { meaning: 'attempts of a job' }),
  backoffBaseMs: setting(milliseconds.default(60_000), {
    variable: 'OCPCTL_BACKOFF_MS',
    fallback: '1 min; sandbox 2 s',
    meaning: 'pause before attempt n: a random part of base × 2ⁿ',
  }),
  backoffMaxMs: setting(milliseconds.default(30 * 60_000), { meaning: 'longest such pause' }),
  killAfterMs: setting(milliseconds.default(5_000), {
    meaning: 'time between SIGTERM and SIGKILL for a program that is told to stop',
  }),
  expiryIntervalMs: setting(milliseconds.default(15_000), {
    variable: 'OCPCTL_EXPIRY_INTERVAL_MS',
    meaning: 'time between two searches for expired resources',
  }),
  followPollMs: setting(milliseconds.default(5_000), {
    meaning: 'longest time between two reads of a followed job when no wake-up arrives',
  }),
  secretAccessesPerHour: setting(z.int().min(1).default(20), {
    variable: 'OCPCTL_SECRET_ACCESSES_PER_HOUR',
    meaning: 'secrets that one principal may read in an hour',
  }),
  auditAnchors: setting(
    z
      .string()
      .min(1)
      .refine(
        (location) => !location.includes('://') || parseS3Location(location) !== undefined,
        `must be a directory or ${S3_LOCATION}`,
      )
      .optional(),
    {
      variable: 'OCPCTL_AUDIT_ANCHORS',
      fallback: 'embedded database: `audit-anchors` in the data directory; PostgreSQL: none',
      meaning: 'directory or `s3://BUCKET/PREFIX` for the [audit anchors](audit.md#anchors)',
    },
  ),
  auditAnchorIntervalMs: setting(milliseconds.default(3_600_000), {
    variable: 'OCPCTL_AUDIT_ANCHOR_INTERVAL_MS',
    meaning: 'time between two audit anchors',
  }),
  auditRetentionDays: setting(z.int().min(1).default(365), {
    variable: 'OCPCTL_AUDIT_RETENTION_DAYS',
    meaning: 'days for which S3 rejects changes of an audit anchor (object lock)',
  }),
  jobRetentionDays: setting(z.int().min(1).default(90), {
    variable: 'OCPCTL_JOB_RETENTION_DAYS',
    meaning: 'days after its end for which the events and the debug output of a job are kept',
  }),
  keyRotationIntervalMs: setting(milliseconds.default(15_000), {
    variable: 'OCPCTL_KEY_ROTATION_INTERVAL_MS',
    meaning: 'time between two runs of the key rotation task',
  }),
  notificationNetworks: setting(
    z.array(z.string().refine(isCidr, 'must be networks like 10.1.0.0/16')).default([]),
    {
      variable: 'OCPCTL_NOTIFICATION_NETWORKS',
      meaning:
        'private networks (CIDR, comma-separated) that targets of notifications may be in, also over plain HTTP',
    },
  ),
  notificationIntervalMs: setting(milliseconds.default(5_000), {
    variable: 'OCPCTL_NOTIFICATION_INTERVAL_MS',
    meaning: 'time between two searches for notifications to deliver',
  }),
  awsRegion: setting(z.string().min(1).default('us-east-1'), {
    variable: 'OCPCTL_AWS_REGION',
    fallback: '`AWS_REGION`, else `AWS_DEFAULT_REGION`, else `us-east-1`',
    meaning: 'region for S3, Secrets Manager and other calls without a region of their own',
  }),
  awsEndpoint: setting(httpUrl.optional(), {
    variable: 'OCPCTL_AWS_ENDPOINT',
    meaning: 'one URL for all AWS services, for the server and the programs that it runs: a simulation',
  }),
  artifacts: setting(
    z
      .string()
      .refine(
        (location) => location === 'directory' || parseS3Location(location) !== undefined,
        `must be directory or ${S3_LOCATION}`,
      )
      .default('directory'),
    {
      variable: 'OCPCTL_ARTIFACTS',
      meaning:
        '`directory`: in the data directory; `s3://BUCKET/PREFIX`: in a bucket, so that workers need not share a disk',
    },
  ),
  artifactsKmsKey: setting(z.string().min(1).optional(), {
    variable: 'OCPCTL_ARTIFACTS_KMS_KEY',
    fallback: "S3's own",
    meaning: 'KMS key that encrypts artifacts in S3',
  }),
  secrets: setting(z.enum(['sealed', 'secretsmanager']).default('sealed'), {
    variable: 'OCPCTL_SECRETS',
    meaning:
      '`sealed`: in the database, under the key of `keyDir`; `secretsmanager`: those of resources in AWS Secrets Manager',
  }),
  secretsKmsKey: setting(z.string().min(1).optional(), {
    variable: 'OCPCTL_SECRETS_KMS_KEY',
    fallback: "the account's",
    meaning: 'KMS key that encrypts secrets in Secrets Manager',
  }),
  logFormat: setting(z.enum(['json', 'text']).default('json'), {
    variable: 'OCPCTL_LOG_FORMAT',
    fallback: '`json`; on a terminal `text`',
    meaning: 'format of the server log',
  }),
  logLevel: setting(z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'), {
    variable: 'OCPCTL_LOG_LEVEL',
    meaning: '`debug`, `info`, `warn`, `error` or `silent`',
  }),
} as const satisfies Settings;

function durationSetting(variable: string, text: string): number {
  const ms = parseDurationMs(text);
  if (ms === undefined)
    throw new SetupError(`invalid duration "${text}" in ${variable}: use for example 30s or 5m`);
  return ms;
}

export type KernelConfig = SettingValues<typeof KERNEL_SETTINGS>;

export function kernelSettingsFrom(env: NodeJS.ProcessEnv): Record<string, unknown> {
  const dataHome = env['XDG_DATA_HOME'] || join(env['HOME'] || homedir(), '.local', 'share');
  const awsRegion = env['AWS_REGION'] || env['AWS_DEFAULT_REGION'];
  return {
    dataDir: join(dataHome, 'ocpctl'),
    ...(awsRegion ? { awsRegion } : {}),
    ...valuesFromEnvironment(KERNEL_SETTINGS, env),
  };
}
