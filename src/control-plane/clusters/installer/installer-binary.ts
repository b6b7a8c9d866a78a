import { access, constants } from 'node:fs/promises';
import { messageOf } from '../../kernel/errors.ts';
import { InstallerError, isNotFound } from './errors.ts';
import { cachedInstallerFile } from './installer-cache.ts';
import { compareVersions, minorOf } from './installer-version.ts';

/** An installer that can be run: `file` with `prefixArgs` before the command (the sandbox's is a script for node). */
export interface InstallerBinary {
  readonly version: string;
  readonly file: string;
  readonly prefixArgs: readonly string[];
}

export interface ConfiguredInstaller {
  readonly file: string;
  readonly prefixArgs?: readonly string[];
}

export interface InstallerSources {
  /** By exact version (`4.20.3`), minor (`4.20`) or `default`. */
  readonly configured: Readonly<Record<string, ConfiguredInstaller>>;
  readonly cacheDir: string;
  /** Runs `version` on a candidate and returns what it says it is; file names are not believed. */
  readonly probeVersion: (candidate: Omit<InstallerBinary, 'version'>, wanted: string) => Promise<string>;
}

/**
 * Finds the installer of exactly this version: configured for the version, for its minor, by default, then the cache.
 * A candidate of another version is passed over. @throws InstallerError INSTALLER_NOT_FOUND, listing what was tried
 */
export async function resolveInstaller(version: string, sources: InstallerSources): Promise<InstallerBinary> {
  const tried: string[] = [];
  for (const candidate of candidatesFor(version, sources)) {
    const problem = await problemWith(candidate, version, sources);
    if (problem === undefined) return { version, ...candidate };
    tried.push(`${candidate.file} (${problem})`);
  }
  throw new InstallerError('INSTALLER_NOT_FOUND', `no openshift-install ${version} on this worker`, {
    hint: `tried ${tried.join(', ')}`,
  });
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

function candidatesFor(version: string, sources: InstallerSources): Omit<InstallerBinary, 'version'>[] {
  const keys = [version, minorOf(version), 'default'];
  const configured = keys.flatMap((key) => {
    const found = key === undefined ? undefined : sources.configured[key];
    return found ? [{ file: found.file, prefixArgs: found.prefixArgs ?? [] }] : [];
  });
  return [...configured, { file: cachedInstallerFile(sources.cacheDir, version), prefixArgs: [] }];
}

async function problemWith(
  candidate: Omit<InstallerBinary, 'version'>,
  wanted: string,
  sources: InstallerSources,
): Promise<string | undefined> {
  try {
    await access(candidate.file, constants.X_OK);
  } catch (thrown) {
    return isNotFound(thrown) ? 'not there' : 'not executable';
  }
  try {
    const found = await sources.probeVersion(candidate, wanted);
    return found === wanted ? undefined : `is ${found}`;
  } catch (thrown) {
    return `does not run: ${messageOf(thrown)}`;
  }
}
