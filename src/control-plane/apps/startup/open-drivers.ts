import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Infrastructure } from '../../kernel/api/infrastructure.ts';
import { systemClock } from '../../kernel/clock.ts';
import { WorkerGuard } from '../../kernel/process/worker-guard.ts';
import { BuildahBuilder } from '../builder/buildah/buildah-builder.ts';
import { HostBuilder } from '../builder/host/host-builder.ts';
import { DatabaseVolumes } from '../databases/database-volumes.ts';
import { PostgresHost } from '../databases/postgres-host.ts';
import type { DriverReport, HostDrivers, OpenedDrivers } from '../jobs/host-drivers.ts';
import { Podman } from '../runtime/podman/podman.ts';
import { openPodmanRuntime } from '../runtime/podman/podman-runtime.ts';
import { openPodmanStorage } from '../runtime/podman/podman-storage.ts';
import { openProcessRuntime } from '../runtime/process/process-runtime.ts';
import type { AppConfig } from '../settings/app-settings.ts';
import { DirectoryVolumes } from '../volumes/directory-volumes.ts';
import { PodmanVolumes } from '../volumes/podman-volumes.ts';

const SEARCH_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Opens the runtime that is configured with the builder that builds for it. What a release was built for stays: another runtime is chosen
 * by the operator, not because a package was installed.
 */
export async function openDrivers(
  config: AppConfig,
  infrastructure: Infrastructure,
  installationId: string,
): Promise<OpenedDrivers> {
  // Before what only the server may enter is made in it: users of instances and builds must be able to enter this.
  await mkdir(appDirectory(config, installationId), { recursive: true, mode: 0o755 });
  const pairs = {
    process: openProcesses(config, infrastructure, installationId),
    podman: openContainers(config, infrastructure, installationId),
  };
  const chosen = pairs[config.appRuntime];
  const { runtime } = chosen;
  const databaseVolumes = new DatabaseVolumes(join(appDirectory(config, installationId), 'databases'));
  const databases = new PostgresHost({
    runtime,
    volumes: databaseVolumes,
    searchPath: SEARCH_PATH,
    clock: systemClock,
  });
  return { chosen: { ...chosen, databases }, probe: () => probeAll(Object.values(pairs), chosen) };
}

function probeAll(pairs: readonly BuildAndRun[], chosen: BuildAndRun): Promise<DriverReport[]> {
  return Promise.all(
    pairs.flatMap((pair) =>
      (['runtime', 'builder'] as const).map(async (kind) => {
        const { isUsable: usable, facts, remedy } = await pair[kind].probe();
        const selected = pair === chosen;
        const choose = selected || !usable ? null : `set OCPCTL_APP_RUNTIME=${pair.runtime.name}`;
        return { kind, name: pair[kind].name, usable, selected, facts, remedy: remedy ?? choose };
      }),
    ),
  );
}

type BuildAndRun = Omit<HostDrivers, 'databases'>;

function openProcesses(
  config: AppConfig,
  { root, log }: Infrastructure,
  installationId: string,
): BuildAndRun {
  const directory = appDirectory(config, installationId);
  return {
    runtime: openProcessRuntime({
      directory: join(directory, 'runtime'),
      installationId,
      runnerPath: join(root, 'dist', 'instance-runner.js'),
      path: SEARCH_PATH,
      clock: systemClock,
      log,
    }),
    volumes: new DirectoryVolumes(join(directory, 'volumes')),
    builder: new HostBuilder({
      directory: join(directory, 'builds'),
      guard: buildGuard(config, root),
      path: SEARCH_PATH,
      variables: config.buildVariables,
      memoryMb: config.buildMemoryMb,
      staticServerFile: join(root, 'dist', 'static-server.mjs'),
    }),
  };
}

function openContainers(config: AppConfig, { root }: Infrastructure, installationId: string): BuildAndRun {
  const directory = join(appDirectory(config, installationId), 'containers');
  const options = {
    directory,
    installationId,
    environment: { PATH: SEARCH_PATH, ...config.podmanVariables },
    clock: systemClock,
  };
  const storage = openPodmanStorage(options);
  return {
    runtime: openPodmanRuntime(options),
    volumes: new PodmanVolumes(new Podman({ storage, environment: options.environment })),
    builder: new BuildahBuilder({
      directory: join(directory, 'builds'),
      storage,
      guard: buildGuard(config, root),
      path: SEARCH_PATH,
      variables: config.buildVariables,
      memoryMb: config.buildMemoryMb,
      baseImages: config.appBaseImages,
      staticServerFile: join(root, 'dist', 'static-server.mjs'),
    }),
  };
}

function buildGuard({ leaseMs }: AppConfig, root: string): WorkerGuard {
  return new WorkerGuard({ guardPath: join(root, 'dist', 'guard.js'), leaseMs });
}

/** As root, instances and builds run as users of their own: they cannot enter the home of root. */
export function appDirectory({ appDir, dataDir }: AppConfig, installationId: string): string {
  if (appDir !== undefined) return resolve(appDir);
  return process.getuid?.() === 0 ? join('/var/lib/ocpctl/apps', installationId) : resolve(dataDir, 'apps');
}
