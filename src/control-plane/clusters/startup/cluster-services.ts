import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Infrastructure } from '../../kernel/api/infrastructure.ts';
import { systemClock } from '../../kernel/clock.ts';
import { newId } from '../../kernel/ids.ts';
import { sandboxPullSecret } from '../clouds/sandbox/sandbox-installer.ts';
import { checkProfileInstallConfig } from '../install-config/check-install-config.ts';
import type { ClusterJobContext } from '../jobs/cluster-job-context.ts';
import { loadProfiles, withAllEnabled } from '../profiles/load-profiles.ts';
import type { ClusterServices } from '../service/cluster-services.ts';
import { readPullSecret } from '../settings/cloud-settings.ts';
import type { ClusterConfig } from '../settings/cluster-settings.ts';
import { loadPrices } from '../usage/prices.ts';
import { connectClouds } from './connect-clouds.ts';
import { chooseCredentialTools, chooseInstallers, SEARCH_PATH } from './installers.ts';

/**
 * What the module's operations and jobs work with.
 * @throws SetupError when a profile or the price table cannot be used
 */
export function openClusterServices(
  config: ClusterConfig,
  { db, queue, resourceSecrets, root }: Infrastructure,
): ClusterServices {
  const clouds = connectClouds(config);
  const profiles = loadProfiles([join(root, 'profiles'), ...config.profileDirs], (profile) =>
    checkProfileInstallConfig(profile, clouds.forPlatform(profile.platform)?.credentialsMode),
  );
  return {
    db,
    queue,
    secrets: resourceSecrets,
    // Nothing that a profile could lack is missing in a simulated cloud.
    profiles: config.sandbox ? withAllEnabled(profiles) : profiles,
    prices: loadPrices(join(root, 'prices'), systemClock.now()),
    clouds,
    limits: {
      activeClusters: config.activeClustersPerTeam,
      concurrentCreates: config.concurrentCreatesPerTeam,
      createsPerHour: config.createsPerHourPerTeam,
    },
    newId,
    breakGlass: { policies: config.breakGlass, accessesPerHour: config.secretAccessesPerHour },
  };
}

/**
 * What the module's jobs work with: the services, installers, a folder for their files, and their limits.
 */
export async function openClusterJobContext(
  config: ClusterConfig,
  { redactor, artifacts, root }: Infrastructure,
  { db, queue, secrets, profiles, clouds }: ClusterServices,
): Promise<ClusterJobContext> {
  if (config.ibmcloudApiKey !== undefined) redactor.register(config.ibmcloudApiKey);
  const workDir = join(config.dataDir, 'work');
  if (config.roles.includes('worker')) await mkdir(workDir, { recursive: true, mode: 0o700 });
  return {
    db,
    queue,
    secrets,
    clouds,
    profiles,
    newId,
    redactor,
    artifacts,
    clock: systemClock,
    workDir,
    guardPath: join(root, 'dist', 'guard.js'),
    searchPath: SEARCH_PATH,
    leaseMs: config.leaseMs,
    killAfterMs: config.killAfterMs,
    minFreeDiskMb: config.minFreeDiskMb,
    snapshotIntervalMs: config.snapshotIntervalMs,
    createTimeoutMs: config.createTimeoutMs,
    destroyTimeoutMs: config.destroyTimeoutMs,
    installers: chooseInstallers(config, root),
    installerVariables: config.sandbox ? {} : config.installerVariables,
    credentialTool: chooseCredentialTools(config, root),
    // Read for each create, so that a renewed one counts without a restart.
    pullSecret: async () =>
      config.pullSecretFile === undefined || config.sandbox
        ? sandboxPullSecret()
        : readPullSecret(config.pullSecretFile),
  };
}
