import { homedir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import { numberOf } from './environment-values.ts';
import { parseS3Location, S3_LOCATION } from './s3-location.ts';

const SERVER_ROLES = ['api', 'worker', 'janitor'] as const;

export const milliseconds = z.int().positive();
export const httpUrl = z.url({ protocol: /^https?$/ });

/**
 * The settings of jobs, stores, secrets and the audit log, whatever modules there are. Times are in milliseconds unless the name says
 * otherwise.
 */
export const KERNEL_SETTINGS = {
  /** What this process does. `--role`, default all three. */
  roles: z
    .array(z.enum(SERVER_ROLES))
    .min(1)
    .default([...SERVER_ROLES]),
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
  /** Jobs at a time in this process. `--concurrency`. */
  concurrency: z.int().min(1).max(100).default(4),
  /** Grace period for running jobs on shutdown. `--drain-timeout`. */
  drainTimeoutMs: z.int().min(0).default(60_000),
  /** A worker that does not renew its lease for this long is dead (G7). OCPCTL_LEASE_MS. */
  leaseMs: milliseconds.default(30_000),
  /** Longest time between two reads of the queue when no wake-up comes. OCPCTL_POLL_MS. */
  pollMs: milliseconds.default(5_000),
  /** Attempts of a job, and the back-off between them: base x 2^n with full jitter, at most max. */
  maxAttempts: z.int().min(1).default(3),
  backoffBaseMs: milliseconds.default(60_000),
  backoffMaxMs: milliseconds.default(30 * 60_000),
  /** Between SIGTERM and SIGKILL for a program that was told to stop. */
  killAfterMs: milliseconds.default(5_000),
  /** Time between two searches for expired resources. OCPCTL_DEADLINE_INTERVAL_MS. */
  deadlineIntervalMs: milliseconds.default(15_000),
  /** Longest time between two reads of a followed job when no wake-up comes. */
  followPollMs: milliseconds.default(5_000),
  /** Secrets that one principal may open within an hour. OCPCTL_SECRET_ACCESSES_PER_HOUR. */
  secretAccessesPerHour: z.int().min(1).default(20),
  /** Signed anchors of the audit log: a folder, or `s3://BUCKET/PREFIX`. OCPCTL_AUDIT_ANCHORS. */
  auditAnchors: z
    .string()
    .min(1)
    .refine(
      (location) => !location.includes('://') || parseS3Location(location) !== undefined,
      `must be a folder or ${S3_LOCATION}`,
    )
    .optional(),
  /** Time between two anchors. OCPCTL_AUDIT_ANCHOR_INTERVAL_MS. */
  auditAnchorIntervalMs: milliseconds.default(3_600_000),
  /** Days for which S3 refuses to change or remove an anchor (object lock). OCPCTL_AUDIT_RETENTION_DAYS. */
  auditRetentionDays: z.int().min(1).default(365),
  /** Time between two runs of the key rotation. OCPCTL_KEY_ROTATION_INTERVAL_MS. */
  keyRotationIntervalMs: milliseconds.default(15_000),
  /** Where S3, Secrets Manager and global AWS services are called. OCPCTL_AWS_REGION, else AWS_REGION. */
  awsRegion: z.string().min(1).default('us-east-1'),
  /** A service that stands for all of AWS: a simulation, a proxy. OCPCTL_AWS_ENDPOINT. */
  awsEndpoint: httpUrl.optional(),
  /** Where artifacts are kept. OCPCTL_ARTIFACTS: `directory` (in the data directory), or `s3://BUCKET/PREFIX`. */
  artifacts: z
    .string()
    .refine(
      (location) => location === 'directory' || parseS3Location(location) !== undefined,
      `must be directory or ${S3_LOCATION}`,
    )
    .default('directory'),
  /** KMS key for artifacts. OCPCTL_ARTIFACTS_KMS_KEY; one that S3 manages. */
  artifactsKmsKey: z.string().min(1).optional(),
  /** Where secrets of resources are kept. OCPCTL_SECRETS. */
  secrets: z.enum(['sealed', 'secretsmanager']).default('sealed'),
  /** KMS key for them. OCPCTL_SECRETS_KMS_KEY; the account's own. */
  secretsKmsKey: z.string().min(1).optional(),
  /** `text` for a person at a terminal. OCPCTL_LOG_FORMAT. */
  logFormat: z.enum(['json', 'text']).default('json'),
  logLevel: z.enum(['debug', 'info', 'warn', 'error', 'silent']).default('info'),
} as const;

export type KernelConfig = z.output<z.ZodObject<typeof KERNEL_SETTINGS>>;

export function kernelSettingsFrom(env: NodeJS.ProcessEnv): Record<string, unknown> {
  return {
    dataDir:
      env['OCPCTL_DATA_DIR'] ||
      join(env['XDG_DATA_HOME'] || join(env['HOME'] || homedir(), '.local', 'share'), 'ocpctl'),
    databaseUrl: env['DATABASE_URL'] || undefined,
    keyDir: env['OCPCTL_KEY_DIR'] || undefined,
    leaseMs: numberOf(env['OCPCTL_LEASE_MS']),
    pollMs: numberOf(env['OCPCTL_POLL_MS']),
    backoffBaseMs: numberOf(env['OCPCTL_BACKOFF_MS']),
    deadlineIntervalMs: numberOf(env['OCPCTL_DEADLINE_INTERVAL_MS']),
    secretAccessesPerHour: numberOf(env['OCPCTL_SECRET_ACCESSES_PER_HOUR']),
    auditAnchors: env['OCPCTL_AUDIT_ANCHORS'] || undefined,
    auditAnchorIntervalMs: numberOf(env['OCPCTL_AUDIT_ANCHOR_INTERVAL_MS']),
    auditRetentionDays: numberOf(env['OCPCTL_AUDIT_RETENTION_DAYS']),
    keyRotationIntervalMs: numberOf(env['OCPCTL_KEY_ROTATION_INTERVAL_MS']),
    awsRegion: env['OCPCTL_AWS_REGION'] || env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || undefined,
    awsEndpoint: env['OCPCTL_AWS_ENDPOINT'] || undefined,
    artifacts: env['OCPCTL_ARTIFACTS'] || undefined,
    artifactsKmsKey: env['OCPCTL_ARTIFACTS_KMS_KEY'] || undefined,
    secrets: env['OCPCTL_SECRETS'] || undefined,
    secretsKmsKey: env['OCPCTL_SECRETS_KMS_KEY'] || undefined,
    logLevel: env['OCPCTL_LOG_LEVEL'] || undefined,
    logFormat: env['OCPCTL_LOG_FORMAT'] || undefined,
  };
}
