import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sandboxCloud } from '../clusters/clouds/sandbox/sandbox-cloud.ts';
import { sandboxInstaller, sandboxPullSecret } from '../clusters/clouds/sandbox/sandbox-installer.ts';
import type { Workshop } from '../clusters/jobs/workshop.ts';
import { loadProfiles } from '../clusters/profiles/load-profiles.ts';
import type { ClusterWing } from '../clusters/service/wing.ts';
import { loadPrices } from '../clusters/usage/prices.ts';
import type { ServerConfig } from '../config.ts';
import { directoryStore } from '../kernel/artifacts/directory-store.ts';
import { newId } from '../kernel/ids.ts';
import { systemClock } from '../kernel/time.ts';
import type { Foundation } from './foundation.ts';

/**
 * The cluster wing on its kernel.
 * @throws SetupError when a profile or the price table cannot be used
 */
export function clusterWing(config: ServerConfig, { db, queue, secrets, root }: Foundation): ClusterWing {
  return {
    db,
    queue,
    secrets,
    profiles: loadProfiles([join(root, 'profiles'), ...config.profileDirs]),
    prices: loadPrices(join(root, 'prices'), systemClock.now()),
    cloud: sandboxCloud({
      dir: join(config.dataDir, 'sandbox-cloud'),
      speed: config.sandboxSpeed,
      settleMs: config.sandboxSettleMs,
      clock: systemClock,
    }),
    limits: {
      activeClusters: config.activeClustersPerTeam,
      concurrentCreates: config.concurrentCreatesPerTeam,
    },
    newId,
  };
}

/** What the wing's jobs work with: the wing, installers, a place for their files, and their limits. */
export async function clusterWorkshop(
  config: ServerConfig,
  { redactor, root }: Foundation,
  { db, queue, secrets, profiles, cloud }: ClusterWing,
): Promise<Workshop> {
  const workDir = join(config.dataDir, 'work');
  await mkdir(workDir, { recursive: true, mode: 0o700 });
  return {
    db,
    queue,
    secrets,
    cloud,
    profiles,
    newId,
    redactor,
    artifacts: directoryStore(join(config.dataDir, 'artifacts')),
    clock: systemClock,
    workDir,
    guardPath: join(root, 'dist', 'guard.js'),
    searchPath: '/usr/local/bin:/usr/bin:/bin',
    leaseMs: config.leaseMs,
    killAfterMs: config.killAfterMs,
    minFreeDiskMb: config.minFreeDiskMb,
    snapshotIntervalMs: config.snapshotIntervalMs,
    createTimeoutMs: config.createTimeoutMs,
    destroyTimeoutMs: config.destroyTimeoutMs,
    installerFor: async (version) => sandboxInstaller(root, version),
    pullSecret: async () => sandboxPullSecret(),
  };
}
