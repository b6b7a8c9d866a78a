import { access, constants, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf } from '../../kernel/errors.ts';
import { cachedInstallerFile, INSTALLER_FILE, listCachedInstallers } from './installer-cache.ts';
import { InstallerError, isNotFound } from './installer-error.ts';
import { compareVersions, minorOf } from './installer-version.ts';

/** An installer that can be run: `file` with `prefixArgs` before the command (the sandbox's is a script for node). */
export interface InstallerBinary {
  readonly version: string;
  readonly file: string;
  readonly prefixArgs: readonly string[];
}

export interface InstallerLocations {
  /** Programs, and folders of them; read again each time, so that what an operator adds counts at once. */
  readonly configured: readonly string[];
  readonly cacheDir: string;
  /** Runs `version` on a program and returns what it says it is; file names are not believed. */
  readonly probeVersion: (file: string) => Promise<string>;
}

/** A program that may be an installer, and what it turned out to be. */
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
  sources: InstallerLocations,
): Promise<InstallerBinary> {
  const cached = cachedInstallerFile(sources.cacheDir, version);
  const tried: string[] = [];
  for (const file of [...(await configuredFiles(sources.configured)), cached]) {
    const candidate = await inspect(file, sources);
    if (candidate.version === version) return { version, file, prefixArgs: [] };
    tried.push(`${file} (${candidate.problem ?? `is ${candidate.version}`})`);
  }
  throw new InstallerError('INSTALLER_NOT_FOUND', `no openshift-install ${version} on this worker`, {
    hint: `tried ${tried.join(', ')}`,
  });
}

/** Every installer of this worker that runs, configured and cached. */
export async function availableInstallers(sources: InstallerLocations): Promise<InstallerBinary[]> {
  const cached = await listCachedInstallers(sources.cacheDir);
  const files = [
    ...(await configuredFiles(sources.configured)),
    ...cached.map(({ version }) => cachedInstallerFile(sources.cacheDir, version)),
  ];
  const candidates = await Promise.all(files.map((file) => inspect(file, sources)));
  return candidates.flatMap(({ file, version }) =>
    version === undefined ? [] : [{ version, file, prefixArgs: [] }],
  );
}

/** What is configured, each with its version or with what is wrong with it. */
export async function configuredInstallers(sources: InstallerLocations): Promise<InstallerCandidate[]> {
  const files = await configuredFiles(sources.configured);
  return Promise.all(files.map((file) => inspect(file, sources)));
}

/**
 * Picks the installer for a destroy: the nearest that is at least as new as the cluster, since any newer one can do it.
 * A version that nobody can order (an old nightly's name) gets the newest there is. @returns undefined when all are older
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

/** In a folder: `openshift-install…`, and `openshift-install` in folders below it, as the cache has them. */
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
    if (isNotFound(thrown)) return false;
    throw thrown;
  }
}

async function inspect(file: string, { probeVersion }: InstallerLocations): Promise<InstallerCandidate> {
  try {
    await access(file, constants.X_OK);
  } catch (thrown) {
    return { file, problem: isNotFound(thrown) ? 'not there' : 'not executable' };
  }
  try {
    return { file, version: await probeVersion(file) };
  } catch (thrown) {
    return { file, problem: `does not run: ${messageOf(thrown)}` };
  }
}
