import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { sandboxPullSecret } from '../clusters/clouds/sandbox/sandbox-installer.ts';
import type { ClusterJobContext } from '../clusters/jobs/cluster-job-context.ts';
import { loadProfiles, withAllEnabled } from '../clusters/profiles/load-profiles.ts';
import type { ClusterServices } from '../clusters/service/cluster-services.ts';
import { loadPrices } from '../clusters/usage/prices.ts';
import { systemClock } from '../kernel/clock.ts';
import { newId } from '../kernel/ids.ts';
import { readPullSecret } from '../settings/cloud-settings.ts';
import type { ServerConfig } from '../settings/server-config.ts';
import { connectClouds } from './clouds.ts';
import type { Infrastructure } from './infrastructure.ts';
import { chooseCredentialTools, chooseInstallers, SEARCH_PATH } from './installers.ts';
import { openArtifacts, openClusterSecrets } from './stores.ts';

/**
 * The cluster wing on its kernel.
 * @throws SetupError when a profile, the price table or the store of secrets cannot be used
 */
export async function openClusterServices(
  config: ServerConfig,
  { db, queue, secrets, redactor, root }: Infrastructure,
): Promise<ClusterServices> {
  const profiles = loadProfiles([join(root, 'profiles'), ...config.profileDirs]);
  return {
    db,
    queue,
    secrets: await openClusterSecrets(config, db, secrets, redactor),
    // Nothing that a profile could lack is missing in a simulated cloud.
    profiles: config.sandbox ? withAllEnabled(profiles) : profiles,
    prices: loadPrices(join(root, 'prices'), systemClock.now()),
    clouds: connectClouds(config),
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
 * What the wing's jobs work with: the wing, installers, a place for their files, and their limits.
 * @throws SetupError when the artifact store cannot be used
 */
export async function openClusterJobContext(
  config: ServerConfig,
  { redactor, root }: Infrastructure,
  { db, queue, secrets, profiles, clouds }: ClusterServices,
): Promise<ClusterJobContext> {
  if (config.ibmcloudApiKey !== undefined) redactor.register(config.ibmcloudApiKey);
  const workDir = join(config.dataDir, 'work');
  await mkdir(workDir, { recursive: true, mode: 0o700 });
  return {
    db,
    queue,
    secrets,
    clouds,
    profiles,
    newId,
    redactor,
    artifacts: await openArtifacts(config),
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
