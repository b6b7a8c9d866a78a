import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SetupError } from '../../kernel/errors.ts';
import type { JobContext } from '../../kernel/jobs/job.ts';
import type { Cloud } from '../clouds/cloud.ts';
import { furtherMachines } from '../install-config/check-install-config.ts';
import type { InstallConfigDocument } from '../install-config/install-config-document.ts';
import { serialiseInstallConfig } from '../install-config/install-config-document.ts';
import { manifestPatches } from '../install-config/manifest-patches.ts';
import { renderInstallConfig } from '../install-config/render-install-config.ts';
import { urlPasswords } from '../install-config/url-passwords.ts';
import { type ValidationOptions, validateInstallConfig } from '../install-config/validate-install-config.ts';
import { addManifests } from '../installer/extra-manifests.ts';
import { assertFreeDisk, type InstallDirs } from '../installer/install-dir.ts';
import { installerNeed, isFipsHost } from '../installer/installer-need.ts';
import type { InstallerBinary } from '../installer/installers.ts';
import { addPoolMachineSets } from '../installer/pool-machine-sets.ts';
import { useSpotInstances } from '../installer/worker-machine-sets.ts';
import type { OnFailure, ResolvedRequest } from '../policy/cluster-request.ts';
import type { SetValues } from '../policy/set-values.ts';
import type { Platform, Profile } from '../profiles/profile.ts';
import { machineSetPools } from '../profiles/profile-pools.ts';
import { openAcceptedProfile } from '../service/accepted-profile.ts';
import type { ClusterRow } from '../store/clusters.sql.ts';
import type { ClusterJobContext } from './cluster-job-context.ts';
import { CreateFailure } from './create-failure.ts';
import { runPreflight } from './preflight.ts';
import { extractInstaller, withoutImageVariable } from './release-installer.ts';

/** Everything that the installer is run with. */
export interface InstallInput {
  /** With the variables of this cluster's installer. */
  readonly context: ClusterJobContext;
  readonly binary: InstallerBinary;
  readonly cloud: Cloud;
  readonly credentialsMode: string | undefined;
  readonly dirs: InstallDirs;
  readonly cluster: ClusterRow;
  /** The content of install-config.yaml; the first command deletes the file. */
  readonly document: InstallConfigDocument;
  /** Replaces manifests; call it between manifests and ignition configs. */
  applyManifestPatches(): Promise<void>;
}

/** Checks disk space and cloud, resolves the installer, and writes the validated install-config.yaml. */
export async function prepareInput(
  given: ClusterJobContext,
  attempt: JobContext,
  cluster: ClusterRow,
  dirs: InstallDirs,
): Promise<InstallInput> {
  await assertFreeDisk(dirs.base, given.minFreeDiskMb);
  const profile = await profileOf(given, attempt, cluster);
  const context = profile.releaseImage === undefined ? given : withoutImageVariable(given);
  const cloud = context.clouds.byKind(cluster.cloud);
  const { zones } = await runPreflight(attempt, cloud, cluster, profile);
  const pullSecret = await usablePullSecret(context);
  context.redactor.register(pullSecret);
  const effectiveTags = cluster.effectiveTags as Record<string, string>;
  const { credentialsMode } = cloud;
  const spec = {
    resolved: resolvedOf(cluster),
    profile,
    effectiveTags,
    pullSecret,
    credentialsMode,
    zones,
  };
  const document = renderInstallConfig(spec);
  for (const password of urlPasswords(document)) context.redactor.register(password);
  assertValidInstallConfig(document, {
    now: context.clock.now(),
    furtherMachines: furtherMachines(profile),
  });
  if (document.credentialsMode === 'Manual') {
    for (const tool of ['oc', 'ccoctl'] as const) await context.credentialTool(tool);
  }
  // Last, because it may be downloaded: the checks before it fail in seconds.
  const need = installerNeed(profile, cluster.version, context.installerVariables);
  if (need.fips && cloud.kind !== 'sandbox') await assertFipsHost(profile);
  const { releaseImage } = need;
  const binary = await context.installers.forCreate(need, {
    ...(releaseImage !== undefined && {
      extract: () => extractInstaller(context, attempt, dirs, { ...need, releaseImage }),
    }),
    signal: attempt.signal,
    onProgress: (message) => attempt.event({ kind: 'log', level: 'info', message }),
  });
  await writeFile(join(dirs.install, 'install-config.yaml'), serialiseInstallConfig(document), {
    mode: 0o600,
  });
  return {
    context,
    binary,
    cloud,
    credentialsMode: document.credentialsMode,
    dirs,
    cluster,
    document,
    async applyManifestPatches() {
      for (const { path, content } of manifestPatches(spec)) {
        const file = join(dirs.install, path);
        await mkdir(dirname(file), { recursive: true, mode: 0o700 });
        await writeFile(file, content, { mode: 0o600 });
      }
      const pools = machineSetPools(profile);
      if (pools.length > 0) {
        await addPoolMachineSets(dirs.install, pools);
        const names = pools.map(({ name }) => name).join(', ');
        attempt.event({ kind: 'log', level: 'info', message: `added machine sets of the pools ${names}` });
      }
      if (profile.compute.workers.spot === true && cluster.workerReplicas > 0) {
        await useSpotInstances(dirs.install);
        attempt.event({ kind: 'log', level: 'info', message: 'workers are spot instances' });
      }
      const paths = await addManifests(dirs.install, profile.manifests ?? []);
      if (paths.length > 0) {
        const message = `added manifests of the profile: ${paths.join(', ')}`;
        attempt.event({ kind: 'log', level: 'info', message });
      }
    },
  };
}

/** An unusable one is final: every attempt would read the same file. */
async function usablePullSecret(context: ClusterJobContext): Promise<string> {
  try {
    return await context.pullSecret();
  } catch (error) {
    // One that cannot be read has the error of the system call as its cause, and may be readable later.
    if (!(error instanceof SetupError) || error.cause !== undefined) throw error;
    const message = `${error.message} (${error.hint ?? 'replace it'})`;
    throw new CreateFailure('PULL_SECRET_INVALID', message, { retryable: false, exists: 'nothing' });
  }
}

/** The installer would refuse after its download. */
async function assertFipsHost({ name }: Profile): Promise<void> {
  if (await isFipsHost()) return;
  throw new CreateFailure(
    'FIPS_HOST_REQUIRED',
    `profile ${name} has fipsMode, and the host of this worker does not run in FIPS mode (use a worker on RHEL 9 in FIPS mode)`,
    { retryable: false, exists: 'nothing' },
  );
}

/** As it was accepted, whatever this worker has (G17). */
async function profileOf(
  context: ClusterJobContext,
  { db }: JobContext,
  cluster: ClusterRow,
): Promise<Profile> {
  const profile = await openAcceptedProfile(context, db, cluster);
  if (profile) return profile;
  const message = `profile ${cluster.profile} was not kept with the cluster, and does not exist on this worker`;
  throw new CreateFailure('UNKNOWN_PROFILE', message, { retryable: false, exists: 'nothing' });
}

function assertValidInstallConfig(document: unknown, options: ValidationOptions): void {
  const problems = validateInstallConfig(document, options);
  if (problems.length === 0) return;
  const message = problems.map(({ field, message: text }) => `${field}: ${text}`).join('; ');
  throw new CreateFailure('INVALID_INSTALL_CONFIG', message, { retryable: false, exists: 'nothing' });
}

function resolvedOf(cluster: ClusterRow): ResolvedRequest {
  return {
    name: cluster.name,
    profile: cluster.profile,
    platform: cluster.platform as Platform,
    version: cluster.version,
    region: cluster.region,
    baseDomain: cluster.baseDomain,
    ttlHours: cluster.ttlHours,
    team: cluster.team,
    owner: cluster.owner,
    costCenter: cluster.costCenter,
    requestedBy: cluster.requestedBy,
    userTags: cluster.requestedTags as Record<string, string>,
    sshPublicKey: cluster.sshPublicKey ?? undefined,
    offhours: cluster.offhoursOptIn,
    onFailure: cluster.onFailure as OnFailure,
    keepaliveMinutes: cluster.keepaliveMinutes ?? undefined,
    workerReplicas: cluster.workerReplicas,
    setValues: cluster.setValues as SetValues,
  };
}
