import { messageOf } from '../../kernel/errors.ts';
import { downloadInstaller } from './download-installer.ts';
import { downloadMessages } from './download-messages.ts';
import { configuredInstallers } from './installer-binary.ts';
import {
  type CachedInstaller,
  cachedInstallerFile,
  listCachedInstallers,
  readCacheRecord,
  verifyCachedInstaller,
} from './installer-cache.ts';
import { InstallerError } from './installer-error.ts';
import type { InstallerSource } from './installers.ts';

/** An installer of this host, as its operator sees it. */
export interface HostInstaller {
  /** Of a configured one as it says itself; null when it does not. */
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
  /** Into the cache, unless it is there. */
  fetch(version: string, say: (message: string) => void, signal?: AbortSignal): Promise<HostInstaller>;
  /** Reads the cached ones again and runs each, or those of one version. @throws INSTALLER_NOT_FOUND when there is none */
  verify(version: string | undefined): Promise<HostInstaller[]>;
}

export function installerInventory({ sources, download }: InstallerSource): InstallerInventory {
  const { cacheDir, probeVersion } = sources;
  const configured = async (): Promise<HostInstaller[]> =>
    (await configuredInstallers(sources)).map(({ file, version, problem }) => ({
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
      const says = await probeVersion(cachedInstallerFile(cacheDir, record.version));
      return cached(record, says === record.version ? null : `says that it is ${says}`);
    } catch (error) {
      return cached(record, messageOf(error));
    }
  };
  return {
    list: async () => [
      ...(await configured()),
      ...(await listCachedInstallers(cacheDir)).map((record) => cached(record)),
    ],
    async fetch(version, say, signal) {
      if (!download) {
        throw new InstallerError('INSTALLER_NOT_FOUND', 'this server downloads no installers', {
          hint: 'OCPCTL_INSTALLER_MIRROR is none',
        });
      }
      const onProgress = downloadMessages(version, say);
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
      throw new InstallerError(
        'INSTALLER_NOT_FOUND',
        `there is no openshift-install ${version} on this host`,
        {
          hint: `ocpctl server installers fetch ${version}`,
        },
      );
    },
  };
}
