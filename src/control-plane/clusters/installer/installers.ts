import { type DownloadOptions, type DownloadProgress, downloadInstaller } from './download-installer.ts';
import {
  availableInstallers,
  destroyBinaryFor,
  type InstallerBinary,
  type InstallerLocations,
  resolveInstaller,
} from './installer-binary.ts';
import { InstallerError } from './installer-error.ts';

export interface ResolveInstallerOptions {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: DownloadProgress) => void) | undefined;
}

/** Where jobs get their `openshift-install`. Both methods throw InstallerError. */
export interface Installers {
  /** Of exactly this version: configured, cached, or downloaded now; once for any number of jobs. */
  forCreate(version: string, options: ResolveInstallerOptions): Promise<InstallerBinary>;
  /** The nearest that is there and at least as new; downloaded only when there is none. */
  forDestroy(version: string, options: ResolveInstallerOptions): Promise<InstallerBinary>;
}

export interface InstallerSource {
  readonly sources: InstallerLocations;
  /** Undefined: nothing is downloaded. */
  readonly download: Omit<DownloadOptions, 'cacheDir' | 'signal' | 'onProgress'> | undefined;
}

export function createInstallers({ sources, download }: InstallerSource): Installers {
  const fetched = async (version: string, options: ResolveInstallerOptions, missing: InstallerError) => {
    if (!download) throw missing;
    await downloadInstaller(version, { ...download, ...options, cacheDir: sources.cacheDir });
    // Looked at again, so that this one too has to say itself which version it is.
    return resolveInstaller(version, sources);
  };
  const forCreate = async (version: string, options: ResolveInstallerOptions): Promise<InstallerBinary> => {
    try {
      return await resolveInstaller(version, sources);
    } catch (error) {
      if (!(error instanceof InstallerError && error.code === 'INSTALLER_NOT_FOUND')) throw error;
      return fetched(version, options, error);
    }
  };
  return {
    forCreate,
    async forDestroy(version, options) {
      return destroyBinaryFor(version, await availableInstallers(sources)) ?? forCreate(version, options);
    },
  };
}

/** The stand-in of the sandbox, or any other that is right for every version. */
export function fixedInstaller(binaryOf: (version: string) => InstallerBinary): Installers {
  return {
    forCreate: async (version) => binaryOf(version),
    forDestroy: async (version) => binaryOf(version),
  };
}
