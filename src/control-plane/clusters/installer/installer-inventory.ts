import { messageOf } from '../../kernel/errors.ts';
import {
  type CachedInstaller,
  cachedInstallerFile,
  listCachedInstallers,
  verifyCachedInstaller,
} from './installer-cache.ts';
import { downloadInstaller } from './installer-download.ts';
import { InstallerError } from './installer-error.ts';
import type { InstallerNeed } from './installer-need.ts';
import { configuredInstallers, type InstallerSource, isFipsFile } from './installers.ts';

/** An installer of this host, as its operator sees it. */
export interface HostInstaller {
  /** What a configured program reports; null when it cannot be run. */
  readonly version: string | null;
  /** Of the machines that it installs; `multi` for all. */
  readonly architecture: string | null;
  readonly fips: boolean;
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
  fetch(need: InstallerNeed, onProgress: (message: string) => void): Promise<HostInstaller>;
  /** Checks the installers, or those of one version: checksum and reported version. @throws INSTALLER_NOT_FOUND */
  verify(version: string | undefined): Promise<HostInstaller[]>;
}

export function installerInventory({ locations, download }: InstallerSource): InstallerInventory {
  const { cacheDir, probeVersion } = locations;
  const configured = async (): Promise<HostInstaller[]> =>
    (await configuredInstallers(locations)).map((candidate) => ({
      version: candidate.version ?? null,
      architecture: candidate.version === undefined ? null : candidate.architecture,
      fips: isFipsFile(candidate.file),
      source: 'configured',
      file: candidate.file,
      signature: null,
      fetchedAt: null,
      problem: candidate.problem ?? null,
    }));
  const cached = (record: CachedInstaller, problem: string | null = null): HostInstaller => {
    const { version, architecture, fips, signature, fetchedAt } = record;
    const file = cachedInstallerFile(cacheDir, record);
    return { version, architecture, fips, source: 'cache', file, signature, fetchedAt, problem };
  };
  const verified = async (record: CachedInstaller): Promise<HostInstaller> => {
    try {
      await verifyCachedInstaller(cacheDir, record);
      const { version, releaseArchitecture = 'amd64' } = await probeVersion(
        cachedInstallerFile(cacheDir, record),
      );
      if (version !== record.version) return cached(record, `reports version ${version}`);
      const isOther = releaseArchitecture !== record.architecture;
      return cached(record, isOther ? `reports release architecture ${releaseArchitecture}` : null);
    } catch (error) {
      return cached(record, messageOf(error));
    }
  };
  return {
    list: async () => {
      const records = await listCachedInstallers(cacheDir);
      return [...(await configured()), ...records.map((record) => cached(record))];
    },
    async fetch(need, onProgress) {
      if (download) return cached(await downloadInstaller(need, { ...download, cacheDir, onProgress }));
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
      const records = (await listCachedInstallers(cacheDir)).filter((record) => record.version === version);
      found.push(...(await Promise.all(records.map(verified))));
      if (found.length > 0) return found;
      throw new InstallerError('INSTALLER_NOT_FOUND', `no openshift-install ${version} on this host`, {
        hint: `download it: ocpctl server installers fetch ${version}`,
      });
    },
  };
}
