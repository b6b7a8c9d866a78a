import { access, constants, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ifExists, messageOf, systemCodeOf } from '../../kernel/errors.ts';
import { cachedInstallerFile, INSTALLER_FILE, listCachedInstallers } from './installer-cache.ts';
import { type DownloadOptions, downloadInstaller } from './installer-download.ts';
import { InstallerError } from './installer-error.ts';
import { describeNeed, type InstallerNeed } from './installer-need.ts';
import { compareVersions, type InstallerVersion, minorOf } from './installer-version.ts';

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
  readonly probeVersion: (file: string) => Promise<InstallerVersion>;
}

/** Where a host gets its installers from. */
export interface InstallerSource {
  readonly locations: InstallerLocations;
  /** Undefined: nothing is downloaded. */
  readonly download: Omit<DownloadOptions, 'cacheDir' | 'signal' | 'onProgress'> | undefined;
}

export interface ResolveInstallerOptions extends Pick<DownloadOptions, 'signal' | 'onProgress'> {
  /** Extracts the installer of the cluster's release image; undefined for a cluster without one. */
  readonly extract?: (() => Promise<InstallerBinary>) | undefined;
}

/** Provides jobs with their `openshift-install`. Both methods throw InstallerError. */
export interface Installers {
  /** Exactly this version with this release: extracted from the release image, or configured, cached, or downloaded now, once for any number of jobs. */
  forCreate(need: InstallerNeed, options: ResolveInstallerOptions): Promise<InstallerBinary>;
  /** The nearest available version that is not older, of any architecture; extracted or downloaded only when there is none. */
  forDestroy(version: string, options: ResolveInstallerOptions): Promise<InstallerBinary>;
  /** @throws InstallerError INSTALLER_NOT_FOUND when no version at all can be provided */
  assertAvailable(): Promise<void>;
}

export function createInstallers({ locations, download }: InstallerSource): Installers {
  const forCreate: Installers['forCreate'] = async (need, { extract, ...options }) => {
    if (extract !== undefined) return extract();
    try {
      return await resolveInstaller(need, locations);
    } catch (error) {
      if (!(error instanceof InstallerError && error.code === 'INSTALLER_NOT_FOUND' && download)) throw error;
    }
    await downloadInstaller(need, { ...download, ...options, cacheDir: locations.cacheDir });
    // Resolved again, because a downloaded binary must report its version like any other.
    return resolveInstaller(need, locations);
  };
  return {
    forCreate,
    async forDestroy(version, options) {
      const nearest = destroyBinaryFor(version, await availableInstallers(locations));
      return nearest ?? forCreate({ version, architecture: 'amd64', fips: false }, options);
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
export function fixedInstaller(binaryOf: (need: InstallerNeed) => InstallerBinary): Installers {
  return {
    forCreate: async (need) => binaryOf(need),
    forDestroy: async (version) => binaryOf({ version, architecture: 'amd64', fips: false }),
    assertAvailable: async () => {},
  };
}

/** A program that may be an installer: its version, or why it cannot be used. */
type InstallerCandidate = { readonly file: string } & (
  | {
      readonly version: string;
      readonly architecture: string;
      readonly fips: boolean;
      readonly problem?: never;
    }
  | { readonly version?: never; readonly problem: string }
);

/**
 * Finds the installer of exactly this version whose release runs on the machines of the cluster: a configured one, else the cached one.
 * @throws InstallerError INSTALLER_NOT_FOUND, listing what was tried
 */
export async function resolveInstaller(
  need: InstallerNeed,
  locations: InstallerLocations,
): Promise<InstallerBinary> {
  const { version } = need;
  const cached = { file: cachedInstallerFile(locations.cacheDir, need), fips: need.fips };
  const configured = (await configuredFiles(locations.configured)).map((file) => ({
    file,
    fips: isFipsFile(file),
  }));
  const tried: string[] = [];
  for (const { file, fips } of [...configured, cached]) {
    const candidate = await inspect(file, locations, fips);
    if (candidate.version !== undefined && serves(candidate, need)) return { version, file, prefixArgs: [] };
    tried.push(`${file} (${candidate.problem ?? `version ${describeNeed(candidate)}`})`);
  }
  throw new InstallerError(
    'INSTALLER_NOT_FOUND',
    `no openshift-install ${describeNeed(need)} on this worker`,
    {
      hint: `tried ${tried.join(', ')}`,
    },
  );
}

type Usable = Extract<InstallerCandidate, { readonly version: string }>;

/** A `multi` release has every architecture. The FIPS build installs clusters without FIPS mode as well. */
function serves(candidate: Usable, need: InstallerNeed): boolean {
  return (
    candidate.version === need.version &&
    (candidate.architecture === need.architecture || candidate.architecture === 'multi') &&
    (candidate.fips || !need.fips)
  );
}

/** The publisher calls the program `openshift-install-fips`; it does not say so itself. */
export function isFipsFile(file: string): boolean {
  return basename(file).includes('fips');
}

/** Every installer of this host that runs, configured and cached. */
async function availableInstallers(locations: InstallerLocations): Promise<InstallerBinary[]> {
  const cached = await listCachedInstallers(locations.cacheDir);
  const files = [
    ...(await configuredFiles(locations.configured)),
    ...cached.map((record) => cachedInstallerFile(locations.cacheDir, record)),
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

async function inspect(
  file: string,
  { probeVersion }: InstallerLocations,
  fips = isFipsFile(file),
): Promise<InstallerCandidate> {
  try {
    await access(file, constants.X_OK);
  } catch (thrown) {
    return { file, problem: systemCodeOf(thrown) === 'ENOENT' ? 'not found' : 'not executable' };
  }
  try {
    const { version, releaseArchitecture: architecture = 'amd64' } = await probeVersion(file);
    return { file, version, architecture, fips };
  } catch (thrown) {
    return { file, problem: `cannot be run: ${messageOf(thrown)}` };
  }
}
