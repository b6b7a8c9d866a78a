import * as z from 'zod';
import { numberOf, pairsOf } from '../../kernel/settings/environment-values.ts';
import { type KernelConfig, milliseconds } from '../../kernel/settings/kernel-settings.ts';
import type { SettingsPart } from '../../kernel/settings/settings-part.ts';
import { assertReadyForRealClouds, CLOUD_SETTINGS, cloudSettingsFrom } from './cloud-settings.ts';

const secretAccessPolicy = z.enum(['none', 'reason', 'approval']);
const SANDBOX_DISK_MB = 200;

/** The settings of the cluster module. */
const SHAPE = {
  /** A site's own profiles, added to those that ship. `--profiles`. */
  profileDirs: z.array(z.string()).default([]),
  /** Time scale of the sandbox: 10 is ten times as fast, 0.5 half as fast, 0 does not wait at all. OCPCTL_SANDBOX_SPEED. */
  sandboxSpeed: z.string().optional(),
  /** How long an empty read-back of the sandbox is repeated. OCPCTL_SANDBOX_SETTLE_MS. */
  sandboxSettleMs: z.int().min(0).default(300),
  /** Time after a failed destroy before the next one is requested at expiry. */
  destroyRetryMinutes: z.number().positive().default(30),
  /** Per team. OCPCTL_TEAM_ACTIVE_CLUSTERS, OCPCTL_TEAM_CONCURRENT_CREATES, OCPCTL_TEAM_CREATES_PER_HOUR. */
  activeClustersPerTeam: z.int().min(1).default(10),
  concurrentCreatesPerTeam: z.int().min(1).default(5),
  createsPerHourPerTeam: z.int().min(1).default(10),
  /** Free disk that an install needs, in MiB; in the sandbox 200. */
  minFreeDiskMb: z.int().min(0).default(5_000),
  /** Time between two snapshots of a running install. */
  snapshotIntervalMs: milliseconds.default(5 * 60_000),
  /** Timeouts of `create cluster` and `destroy cluster`. OCPCTL_CREATE_TIMEOUT_MS, OCPCTL_DESTROY_TIMEOUT_MS. */
  createTimeoutMs: milliseconds.default(3 * 3_600_000),
  destroyTimeoutMs: milliseconds.default(3_600_000),
  /** What reading a secret takes, by kind: none, reason or approval. OCPCTL_BREAK_GLASS, as `kubeconfig=reason`, comma-separated. */
  breakGlass: z
    .strictObject({
      kubeconfig: secretAccessPolicy.default('none'),
      'kubeadmin-password': secretAccessPolicy.default('reason'),
    })
    .prefault({}),
  ...CLOUD_SETTINGS,
} as const;

export type ClusterConfig = KernelConfig & z.output<z.ZodObject<typeof SHAPE>>;

export const CLUSTER_SETTINGS: SettingsPart<typeof SHAPE, ClusterConfig> = {
  shape: SHAPE,
  sandboxDefaults: { minFreeDiskMb: SANDBOX_DISK_MB },
  fromEnvironment: (env) => ({
    sandboxSpeed: env['OCPCTL_SANDBOX_SPEED'] || undefined,
    sandboxSettleMs: numberOf(env['OCPCTL_SANDBOX_SETTLE_MS']),
    createTimeoutMs: numberOf(env['OCPCTL_CREATE_TIMEOUT_MS']),
    destroyTimeoutMs: numberOf(env['OCPCTL_DESTROY_TIMEOUT_MS']),
    activeClustersPerTeam: numberOf(env['OCPCTL_TEAM_ACTIVE_CLUSTERS']),
    concurrentCreatesPerTeam: numberOf(env['OCPCTL_TEAM_CONCURRENT_CREATES']),
    createsPerHourPerTeam: numberOf(env['OCPCTL_TEAM_CREATES_PER_HOUR']),
    breakGlass: pairsOf(env['OCPCTL_BREAK_GLASS']),
    ...cloudSettingsFrom(env),
  }),
  /** @throws SetupError for a server without `--sandbox` that lacks what a real cloud needs */
  assertUsable(config) {
    if (!config.sandbox) assertReadyForRealClouds(config);
  },
};
