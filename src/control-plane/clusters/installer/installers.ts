import { access, constants, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ifExists, messageOf, systemCodeOf } from '../../kernel/errors.ts';
import {
  type CachedInstaller,
  cachedInstallerFile,
  INSTALLER_FILE,
  listCachedInstallers,
  readCacheRecord,
  verifyCachedInstaller,
} from './installer-cache.ts';
import { type DownloadOptions, downloadInstaller } from './installer-download.ts';
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
  /** @throws InstallerError INSTALLER_NOT_FOUND when no version at all can be provided */
  assertAvailable(): Promise<void>;
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
    async assertAvailable() {
      if (download !== undefined || (await availableInstallers(locations)).length > 0) return;
      throw new InstallerError('INSTALLER_NOT_FOUND', 'no openshift-install on this worker that can be run', {
        hint: 'pass --installer PATH, or run `ocpctl server installers fetch VERSION`',
      });
    },
  };
}

/** One installer for every version, such as the sandbox's. */
export function fixedInstaller(binaryOf: (version: string) => InstallerBinary): Installers {
  return {
    forCreate: async (version) => binaryOf(version),
    forDestroy: async (version) => binaryOf(version),
    assertAvailable: async () => {},
  };
}

/** A program that may be an installer: its version, or why it cannot be used. */
type InstallerCandidate = { readonly file: string } & (
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
async function configuredInstallers(locations: InstallerLocations): Promise<InstallerCandidate[]> {
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
      if (!(await ifExists(stat(path)))?.isDirectory()) return [path];
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

/** An installer of this host, as its operator sees it. */
export interface HostInstaller {
  /** What a configured program reports; null when it cannot be run. */
  readonly version: string | null;
  readonly source: 'configured' | 'cache';
  readonly file: string;
  /** Of the mirror's checksums, when it was downloaded. */
  readonly signature: CachedInstaller['signature'] | null;
  readonly fetchedAt: string | null;
  /** Why it cannot be used. */
  readonly problem: string | null;
}

/** What an operator does with the installers of a host. Throws InstallerError. */
export interface InstallerInventory {
  list(): Promise<HostInstaller[]>;
  /** Downloads a version into the cache unless it is there. */
  fetch(version: string, onProgress: (message: string) => void): Promise<HostInstaller>;
  /** Checks the installers, or those of one version: checksum and reported version. @throws INSTALLER_NOT_FOUND */
  verify(version: string | undefined): Promise<HostInstaller[]>;
}

export function installerInventory({ locations, download }: InstallerSource): InstallerInventory {
  const { cacheDir, probeVersion } = locations;
  const configured = async (): Promise<HostInstaller[]> =>
    (await configuredInstallers(locations)).map(({ file, version = null, problem = null }) => ({
      version,
      source: 'configured',
      file,
      signature: null,
      fetchedAt: null,
      problem,
    }));
  const cached = (record: CachedInstaller, problem: string | null = null): HostInstaller => {
    const { version, signature, fetchedAt } = record;
    const file = cachedInstallerFile(cacheDir, version);
    return { version, source: 'cache', file, signature, fetchedAt, problem };
  };
  const verified = async (record: CachedInstaller): Promise<HostInstaller> => {
    try {
      await verifyCachedInstaller(cacheDir, record);
      const reported = await probeVersion(cachedInstallerFile(cacheDir, record.version));
      return cached(record, reported === record.version ? null : `reports version ${reported}`);
    } catch (error) {
      return cached(record, messageOf(error));
    }
  };
  return {
    list: async () => {
      const records = await listCachedInstallers(cacheDir);
      return [...(await configured()), ...records.map((record) => cached(record))];
    },
    async fetch(version, onProgress) {
      if (download) return cached(await downloadInstaller(version, { ...download, cacheDir, onProgress }));
      throw new InstallerError('INSTALLER_NOT_FOUND', 'installer downloads are disabled on this host', {
        hint: 'OCPCTL_INSTALLER_MIRROR is "none"',
      });
    },
    async verify(version) {
      if (version === undefined) {
        const records = await listCachedInstallers(cacheDir);
        return [...(await configured()), ...(await Promise.all(records.map(verified)))];
      }
      const found = (await configured()).filter((installer) => installer.version === version);
      const record = await readCacheRecord(cacheDir, version);
      if (record) found.push(await verified(record));
      if (found.length > 0) return found;
      throw new InstallerError('INSTALLER_NOT_FOUND', `no openshift-install ${version} on this host`, {
        hint: `download it: ocpctl server installers fetch ${version}`,
      });
    },
  };
}
