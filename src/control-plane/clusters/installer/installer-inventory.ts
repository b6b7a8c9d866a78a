import { messageOf } from '../../kernel/errors.ts';
import {
  type CachedInstaller,
  cachedInstallerFile,
  downloadInstaller,
  listCachedInstallers,
  readCacheRecord,
  verifyCachedInstaller,
} from './installer-cache.ts';
import { InstallerError } from './installer-error.ts';
import { configuredInstallers, type InstallerSource } from './installers.ts';

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
  fetch(version: string, onProgress: (message: string) => void, signal?: AbortSignal): Promise<HostInstaller>;
  /** Checks the installers, or those of one version: checksum and reported version. @throws INSTALLER_NOT_FOUND */
  verify(version: string | undefined): Promise<HostInstaller[]>;
}

export function installerInventory({ locations, download }: InstallerSource): InstallerInventory {
  const { cacheDir, probeVersion } = locations;
  const configured = async (): Promise<HostInstaller[]> =>
    (await configuredInstallers(locations)).map(({ file, version, problem }) => ({
      version: version ?? null,
      source: 'configured',
      file,
      signature: null,
      fetchedAt: null,
      problem: problem ?? null,
    }));
  const cached = (record: CachedInstaller, problem: string | null = null): HostInstaller => ({
    version: record.version,
    source: 'cache',
    file: cachedInstallerFile(cacheDir, record.version),
    signature: record.signature,
    fetchedAt: record.fetchedAt,
    problem,
  });
  const verified = async (record: CachedInstaller): Promise<HostInstaller> => {
    try {
      await verifyCachedInstaller(cacheDir, record.version);
      const reported = await probeVersion(cachedInstallerFile(cacheDir, record.version));
      return cached(record, reported === record.version ? null : `reports version ${reported}`);
    } catch (error) {
      return cached(record, messageOf(error));
    }
  };
  return {
    list: async () => [
      ...(await configured()),
      ...(await listCachedInstallers(cacheDir)).map((record) => cached(record)),
    ],
    async fetch(version, onProgress, signal) {
      if (!download) {
        throw new InstallerError('INSTALLER_NOT_FOUND', 'installer downloads are disabled on this host', {
          hint: 'OCPCTL_INSTALLER_MIRROR is "none"',
        });
      }
      return cached(await downloadInstaller(version, { ...download, cacheDir, onProgress, signal }));
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
