import * as z from 'zod';
import { type KernelConfig, milliseconds } from '../../kernel/settings/kernel-settings.ts';
import {
  type ModuleSettings,
  type Settings,
  type SettingValues,
  setting,
} from '../../kernel/settings/setting.ts';
import { pairsOf } from '../../kernel/settings/setting-values.ts';
import { assertReadyForRealClouds, CLOUD_SETTINGS, installerVariablesFrom } from './cloud-settings.ts';

const secretAccessPolicy = z.enum(['none', 'reason', 'approval']);
const SANDBOX_DISK_MB = 200;
const SANDBOX_ORPHAN_MS = 60_000;
const HOUR_MS = 3_600_000;

/** The settings of the cluster module, without those of real clouds. */
export const CLUSTER_SETTINGS = {
  profileDirs: setting(z.array(z.string()).default([]), {
    flag: '--profiles',
    meaning: 'directories of your own profiles, in addition to those that ship',
  }),
  sandboxSpeed: setting(z.string().optional(), {
    variable: 'OCPCTL_SANDBOX_SPEED',
    fallback: '`1`',
    meaning: 'time scale of the sandbox: 10 is ten times as fast, 0 does not wait at all',
  }),
  sandboxSettleMs: setting(z.int().min(0).default(300), {
    variable: 'OCPCTL_SANDBOX_SETTLE_MS',
    meaning: 'time after which an empty read-back of the sandbox is repeated',
  }),
  destroyRetryMinutes: setting(z.number().positive().default(30), {
    meaning: 'minutes after a failed destroy until the next one; doubles with each failure, at most a day',
  }),
  artifactRetentionDays: setting(z.int().min(1).default(90), {
    variable: 'OCPCTL_ARTIFACT_RETENTION_DAYS',
    meaning: 'days after a proven destroy for which the snapshots and logs of a cluster are kept',
  }),
  activeClustersPerTeam: setting(z.int().min(1).default(10), {
    variable: 'OCPCTL_TEAM_ACTIVE_CLUSTERS',
    meaning: 'quota: active clusters of a team',
  }),
  concurrentCreatesPerTeam: setting(z.int().min(1).default(5), {
    variable: 'OCPCTL_TEAM_CONCURRENT_CREATES',
    meaning: 'quota: creates of a team in progress',
  }),
  createsPerHourPerTeam: setting(z.int().min(1).default(10), {
    variable: 'OCPCTL_TEAM_CREATES_PER_HOUR',
    meaning: 'accepted creates of a team in any hour, whatever became of them',
  }),
  minFreeDiskMb: setting(z.int().min(0).default(5_000), {
    fallback: '5000; sandbox 200',
    meaning: 'free disk in MiB that an install needs',
  }),
  snapshotIntervalMs: setting(milliseconds.default(5 * 60_000), {
    meaning: 'time between two snapshots of a running install',
  }),
  createTimeoutMs: setting(milliseconds.default(3 * 3_600_000), {
    variable: 'OCPCTL_CREATE_TIMEOUT_MS',
    meaning: 'longest attempt of a create',
  }),
  destroyTimeoutMs: setting(milliseconds.default(3_600_000), {
    variable: 'OCPCTL_DESTROY_TIMEOUT_MS',
    meaning: 'longest attempt of a destroy',
  }),
  scaleTimeoutMinutes: setting(
    z
      .number()
      .positive()
      .max(24 * 60)
      .default(30),
    {
      variable: 'OCPCTL_SCALE_TIMEOUT_MINUTES',
      meaning: 'minutes that a scale waits for its workers: a drain never ends by itself',
    },
  ),
  orphanScanIntervalMs: setting(milliseconds.default(6 * HOUR_MS), {
    variable: 'OCPCTL_ORPHAN_SCAN_INTERVAL_MS',
    fallback: '21600000; sandbox 60000',
    meaning: 'time between two scans of each cloud for resources without a living cluster',
  }),
  orphanConfirmMs: setting(milliseconds.default(24 * HOUR_MS), {
    variable: 'OCPCTL_ORPHAN_CONFIRM_MS',
    fallback: '86400000; sandbox 60000',
    meaning: 'time between two sightings after which such resources are orphans',
  }),
  orphanMinAgeMs: setting(milliseconds.default(3 * HOUR_MS), {
    variable: 'OCPCTL_ORPHAN_MIN_AGE_MS',
    fallback: '10800000; sandbox 60000',
    meaning: 'age below which nothing is an orphan; on real clouds at least `createTimeoutMs`',
  }),
  orphanSweepLimit: setting(z.int().min(1).max(20).default(5), {
    variable: 'OCPCTL_ORPHAN_SWEEP_LIMIT',
    meaning: 'orphans that may be swept at the same time',
  }),
  breakGlass: setting(
    z
      .strictObject({
        kubeconfig: secretAccessPolicy.default('none'),
        'kubeadmin-password': secretAccessPolicy.default('reason'),
      })
      .prefault({}),
    {
      variable: 'OCPCTL_BREAK_GLASS',
      parse: pairsOf,
      fallback: '`kubeconfig=none,kubeadmin-password=reason`',
      meaning:
        'what reading a secret requires, by kind: none, reason or approval ([break-glass](audit.md#break-glass-who-may-read-which-secret))',
    },
  ),
} as const satisfies Settings;

export type ClusterConfig = KernelConfig & SettingValues<typeof CLUSTER_SETTINGS & typeof CLOUD_SETTINGS>;

export const CLUSTER_MODULE_SETTINGS = {
  sections: [
    { title: 'Clusters', settings: CLUSTER_SETTINGS },
    {
      title: 'Real clouds',
      introduction:
        'Without `--sandbox`. How they are used: [connect-aws.md](connect-aws.md), [connect-ibmcloud.md](connect-ibmcloud.md).',
      settings: CLOUD_SETTINGS,
    },
  ],
  sandboxDefaults: {
    minFreeDiskMb: SANDBOX_DISK_MB,
    orphanScanIntervalMs: SANDBOX_ORPHAN_MS,
    orphanConfirmMs: SANDBOX_ORPHAN_MS,
    orphanMinAgeMs: SANDBOX_ORPHAN_MS,
  },
  fromEnvironment: (env) => ({ installerVariables: installerVariablesFrom(env) }),
  /** @throws SetupError for a server without `--sandbox` that lacks what a real cloud needs */
  assertUsable(config) {
    if (!config.sandbox) assertReadyForRealClouds(config);
  },
} as const satisfies ModuleSettings<ClusterConfig>;
