import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Infrastructure } from '../../kernel/api/infrastructure.ts';
import { systemClock } from '../../kernel/clock.ts';
import { newId } from '../../kernel/ids.ts';
import { runProgram } from '../../kernel/process/run-program.ts';
import { WorkerGuard } from '../../kernel/process/worker-guard.ts';
import { ensureInstallationKey } from '../../kernel/signing/installation-key.ts';
import type { Log } from '../../kernel/telemetry/log.ts';
import {
  sandboxCredentialTool,
  sandboxInstaller,
  sandboxPullSecret,
} from '../clouds/sandbox/sandbox-installer.ts';
import {
  type CredentialTool,
  type CredentialToolName,
  findCredentialTool,
} from '../installer/credential-tools.ts';
import { type InstallerInventory, installerInventory } from '../installer/installer-inventory.ts';
import { installerNeed, isFipsHost } from '../installer/installer-need.ts';
import { versionProbe } from '../installer/installer-version.ts';
import {
  createInstallers,
  fixedInstaller,
  type InstallerSource,
  type Installers,
} from '../installer/installers.ts';
import { gpgVerifier } from '../installer/mirror.ts';
import type { ClusterJobContext } from '../jobs/cluster-job-context.ts';
import { WorkerHost } from '../jobs/worker-host.ts';
import { profileWarnings } from '../policy/profile-warnings.ts';
import { loadProfiles, type Profiles, withAllEnabled } from '../profiles/load-profiles.ts';
import type { ClusterServices } from '../service/cluster-services.ts';
import { readPullSecret } from '../settings/cloud-settings.ts';
import type { ClusterConfig } from '../settings/cluster-settings.ts';
import { loadPrices } from '../usage/prices.ts';
import { connectClouds } from './connect-clouds.ts';

/** Where the installer and what it calls (ssh-keygen, gpgv) are looked for. */
const SEARCH_PATH = '/usr/local/bin:/usr/bin:/bin';
/** An installer of 600 MB on a slow disk takes seconds to say its version. */
const QUESTION_TIMEOUT_MS = 60_000;

/**
 * What the module's operations and jobs work with.
 * @throws SetupError when a profile or the price table cannot be used
 */
export function openClusterServices(
  config: ClusterConfig,
  { db, queue, resourceSecrets, root }: Infrastructure,
  installationId: string,
): ClusterServices {
  const clouds = connectClouds(config);
  const profiles = loadProfiles([join(root, 'profiles'), ...config.profileDirs], {
    credentialsModeOf: (platform) => clouds.forPlatform(platform)?.credentialsMode,
    now: systemClock.now(),
  });
  return {
    db,
    queue,
    secrets: resourceSecrets,
    // Nothing that a profile could lack is missing in a simulated cloud.
    profiles: config.sandbox ? withAllEnabled(profiles) : profiles,
    prices: loadPrices(join(root, 'prices')),
    clouds,
    limits: {
      activeClusters: config.activeClustersPerTeam,
      concurrentCreates: config.concurrentCreatesPerTeam,
      createsPerHour: config.createsPerHourPerTeam,
    },
    newId,
    installationId,
    breakGlass: { policies: config.breakGlass, accessesPerHour: config.secretAccessesPerHour },
    orphans: {
      confirmMs: config.orphanConfirmMs,
      // Resources of a running create must never be taken for orphans.
      minAgeMs: Math.max(config.orphanMinAgeMs, config.sandbox ? 0 : config.createTimeoutMs),
      sweepLimit: config.orphanSweepLimit,
    },
  };
}

/**
 * What the module's jobs work with: the services, installers, a folder for their files, and their limits.
 */
export function openClusterJobContext(
  config: ClusterConfig,
  { redactor, artifacts, root, version, secrets: kernelSecrets }: Infrastructure,
  { queue, secrets, profiles, clouds }: ClusterServices,
): ClusterJobContext {
  if (config.ibmcloudApiKey !== undefined) redactor.register(config.ibmcloudApiKey);
  const workDir = join(config.dataDir, 'work');
  const { minFreeDiskMb } = config;
  const installers = chooseInstallers(config, root);
  const credentialTool = chooseCredentialTools(config, root);
  const clock = systemClock;
  return {
    queue,
    secrets,
    installationKey: (attempt) => ensureInstallationKey((work) => attempt.commit(work), kernelSecrets),
    clouds,
    profiles,
    newId,
    version,
    redactor,
    artifacts,
    clock,
    workDir,
    guard: new WorkerGuard({ guardPath: join(root, 'dist', 'guard.js'), leaseMs: config.leaseMs }),
    searchPath: SEARCH_PATH,
    killAfterMs: config.killAfterMs,
    minFreeDiskMb,
    host: new WorkerHost({ workDir, minFreeDiskMb, clouds, installers, credentialTool, clock }),
    snapshotIntervalMs: config.snapshotIntervalMs,
    createTimeoutMs: config.createTimeoutMs,
    destroyTimeoutMs: config.destroyTimeoutMs,
    scaleTimeoutMinutes: config.scaleTimeoutMinutes,
    destroyRetryMinutes: config.destroyRetryMinutes,
    installers,
    installerVariables: config.sandbox ? {} : config.installerVariables,
    credentialTool,
    // Read for each create, so that a renewed one counts without a restart.
    pullSecret: async () =>
      config.pullSecretFile === undefined || config.sandbox
        ? sandboxPullSecret()
        : readPullSecret(config.pullSecretFile, config.installerVariables),
  };
}

type InstallerSettings = Pick<
  ClusterConfig,
  | 'dataDir'
  | 'installers'
  | 'installerCacheDir'
  | 'installerMirror'
  | 'installerKeyring'
  | 'installerVariables'
>;

/** Where this server's installers come from. */
function installerSource(config: InstallerSettings): InstallerSource {
  const run = (file: string, args: readonly string[]) =>
    runProgram(file, args, {
      env: { ...config.installerVariables, PATH: SEARCH_PATH, HOME: tmpdir() },
      timeoutMs: QUESTION_TIMEOUT_MS,
    });
  const { installerMirror: mirror, installerKeyring: keyring } = config;
  return {
    locations: {
      configured: config.installers,
      cacheDir: config.installerCacheDir ?? join(config.dataDir, 'installers'),
      probeVersion: versionProbe(run),
    },
    download:
      mirror === 'none'
        ? undefined
        : {
            baseUrl: mirror,
            verifySignature:
              keyring === undefined ? undefined : gpgVerifier({ keyring, run, tmpDir: tmpdir() }),
          },
  };
}

/** The stand-in, or the real ones. */
function chooseInstallers(config: ClusterConfig, root: string): Installers {
  return config.sandbox
    ? fixedInstaller((need) => sandboxInstaller(root, need))
    : createInstallers(installerSource(config));
}

/** Warns of profiles whose creates fail on this host, or in most networks. */
export async function logHostLimits(
  { sandbox, installerVariables }: ClusterConfig,
  profiles: Profiles,
  log: Log,
): Promise<void> {
  if (sandbox) return;
  for (const profile of profiles.list()) {
    for (const reason of profileWarnings(profile)) {
      log.warn({ profile: profile.name, reason }, 'creates from the profile may fail');
    }
  }
  if (await isFipsHost()) return;
  const names = profiles
    .list()
    .filter((profile) => installerNeed(profile, profile.openshiftVersions.default, installerVariables).fips)
    .map(({ name }) => name);
  if (names.length > 0) log.warn({ profiles: names }, 'profiles with fipsMode need a host in FIPS mode');
}

/** The installers of this host, for its operator: no server has to run. */
export function openInstallerInventory(config: InstallerSettings): InstallerInventory {
  return installerInventory(installerSource(config));
}

/** The stand-ins, or the real tools, looked for when they are needed. */
function chooseCredentialTools(
  { sandbox, oc, ccoctl }: ClusterConfig,
  root: string,
): (name: CredentialToolName) => Promise<CredentialTool> {
  if (sandbox) return async (name) => sandboxCredentialTool(root, name);
  const configured = { oc, ccoctl };
  return (name) => findCredentialTool(name, configured[name], SEARCH_PATH);
}
