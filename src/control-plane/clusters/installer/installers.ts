import { access, constants, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, systemCodeOf } from '../../kernel/errors.ts';
import { INSTALLER_FILE } from './installer-archive.ts';
import {
  cachedInstallerFile,
  type DownloadOptions,
  downloadInstaller,
  listCachedInstallers,
} from './installer-cache.ts';
import { InstallerError } from './installer-error.ts';
import { compareVersions, minorOf } from './installer-version.ts';

/** An installer that can be run: `file` with `prefixArgs` before the command (the sandbox's is a script for node). */
export interface InstallerBinary {
  readonly version: string;
  readonly file: string;
  readonly prefixArgs: readonly string[];
}

export interface InstallerLocations {
  /** Programs and folders of programs, read for each job: an added file is found without a restart. */
  readonly configured: readonly string[];
  readonly cacheDir: string;
  /** Runs `version` on a program: file names are not trusted. */
  readonly probeVersion: (file: string) => Promise<string>;
}

/** Where a host gets its installers from. */
export interface InstallerSource {
  readonly locations: InstallerLocations;
  /** Undefined: nothing is downloaded. */
  readonly download: Omit<DownloadOptions, 'cacheDir' | 'signal' | 'onProgress'> | undefined;
}

export type ResolveInstallerOptions = Pick<DownloadOptions, 'signal' | 'onProgress'>;

/** Provides jobs with their `openshift-install`. Both methods throw InstallerError. */
export interface Installers {
  /** Exactly this version: configured, cached, or downloaded now, once for any number of jobs. */
  forCreate(version: string, options: ResolveInstallerOptions): Promise<InstallerBinary>;
  /** The nearest available version that is not older; downloaded only when there is none. */
  forDestroy(version: string, options: ResolveInstallerOptions): Promise<InstallerBinary>;
}

export function createInstallers({ locations, download }: InstallerSource): Installers {
  const forCreate: Installers['forCreate'] = async (version, options) => {
    try {
      return await resolveInstaller(version, locations);
    } catch (error) {
      if (!(error instanceof InstallerError && error.code === 'INSTALLER_NOT_FOUND' && download)) throw error;
    }
    await downloadInstaller(version, { ...download, ...options, cacheDir: locations.cacheDir });
    // Resolved again, because a downloaded binary must report its version like any other.
    return resolveInstaller(version, locations);
  };
  return {
    forCreate,
    async forDestroy(version, options) {
      return destroyBinaryFor(version, await availableInstallers(locations)) ?? forCreate(version, options);
    },
  };
}

/** One installer for every version, such as the sandbox's. */
export function fixedInstaller(binaryOf: (version: string) => InstallerBinary): Installers {
  return {
    forCreate: async (version) => binaryOf(version),
    forDestroy: async (version) => binaryOf(version),
  };
}

/** A program that may be an installer: its version, or why it cannot be used. */
export type InstallerCandidate = { readonly file: string } & (
  | { readonly version: string; readonly problem?: never }
  | { readonly version?: never; readonly problem: string }
);

/**
 * Finds the installer of exactly this version: a configured one, else the cached one.
 * @throws InstallerError INSTALLER_NOT_FOUND, listing what was tried
 */
export async function resolveInstaller(
  version: string,
  locations: InstallerLocations,
): Promise<InstallerBinary> {
  const cached = cachedInstallerFile(locations.cacheDir, version);
  const tried: string[] = [];
  for (const file of [...(await configuredFiles(locations.configured)), cached]) {
    const candidate = await inspect(file, locations);
    if (candidate.version === version) return { version, file, prefixArgs: [] };
    tried.push(`${file} (${candidate.problem ?? `version ${candidate.version}`})`);
  }
  throw new InstallerError('INSTALLER_NOT_FOUND', `no openshift-install ${version} on this worker`, {
    hint: `tried ${tried.join(', ')}`,
  });
}

/** Every installer of this host that runs, configured and cached. */
async function availableInstallers(locations: InstallerLocations): Promise<InstallerBinary[]> {
  const cached = await listCachedInstallers(locations.cacheDir);
  const files = [
    ...(await configuredFiles(locations.configured)),
    ...cached.map(({ version }) => cachedInstallerFile(locations.cacheDir, version)),
  ];
  const candidates = await Promise.all(files.map((file) => inspect(file, locations)));
  return candidates.flatMap(({ file, version }) =>
    version === undefined ? [] : [{ version, file, prefixArgs: [] }],
  );
}

/** The configured programs, each with its version or its problem. */
export async function configuredInstallers(locations: InstallerLocations): Promise<InstallerCandidate[]> {
  const files = await configuredFiles(locations.configured);
  return Promise.all(files.map((file) => inspect(file, locations)));
}

/**
 * Picks the installer for a destroy: the nearest version that is not older than the cluster, since any newer one can destroy it.
 * A version that has no order (the name of an old nightly) gets the newest there is. @returns undefined when all are older
 */
export function destroyBinaryFor<Binary extends { readonly version: string }>(
  version: string,
  available: readonly Binary[],
): Binary | undefined {
  const ordered = [...available].sort((a, b) => compareVersions(a.version, b.version));
  if (minorOf(version) === undefined)
    return ordered.find((binary) => binary.version === version) ?? ordered.at(-1);
  return ordered.find((binary) => minorOf(binary.version) && compareVersions(binary.version, version) >= 0);
}

/** In a folder: `openshift-install…`, and `openshift-install` in its subfolders, which is how the cache is laid out. */
async function configuredFiles(paths: readonly string[]): Promise<string[]> {
  const lists = await Promise.all(
    paths.map(async (path) => {
      if (!(await isFolder(path))) return [path];
      const entries = await readdir(path, { withFileTypes: true });
      return entries
        .flatMap((entry) => {
          if (entry.isDirectory()) return [join(path, entry.name, INSTALLER_FILE)];
          return entry.name.startsWith(INSTALLER_FILE) ? [join(path, entry.name)] : [];
        })
        .sort();
    }),
  );
  return lists.flat();
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (thrown) {
    if (systemCodeOf(thrown) === 'ENOENT') return false;
    throw thrown;
  }
}

async function inspect(file: string, { probeVersion }: InstallerLocations): Promise<InstallerCandidate> {
  try {
    await access(file, constants.X_OK);
  } catch (thrown) {
    return { file, problem: systemCodeOf(thrown) === 'ENOENT' ? 'not found' : 'not executable' };
  }
  try {
    return { file, version: await probeVersion(file) };
  } catch (thrown) {
    return { file, problem: `cannot be run: ${messageOf(thrown)}` };
  }
}
