import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runProgram } from '../../kernel/process/run-program.ts';
import { sandboxCredentialTool, sandboxInstaller } from '../clouds/sandbox/sandbox-installer.ts';
import {
  type CredentialTool,
  type CredentialToolName,
  findCredentialTool,
} from '../installer/credential-tools.ts';
import { gpgVerifier } from '../installer/installer-archive.ts';
import { type InstallerInventory, installerInventory } from '../installer/installer-inventory.ts';
import { versionProbe } from '../installer/installer-version.ts';
import {
  createInstallers,
  fixedInstaller,
  type InstallerSource,
  type Installers,
} from '../installer/installers.ts';
import type { ClusterConfig } from '../settings/cluster-settings.ts';

/** Where the installer and what it calls (ssh-keygen, gpgv) are looked for. */
export const SEARCH_PATH = '/usr/local/bin:/usr/bin:/bin';
/** An installer of 600 MB on a slow disk takes seconds to say its version. */
const QUESTION_TIMEOUT_MS = 60_000;

type InstallerSettings = Pick<
  ClusterConfig,
  | 'dataDir'
  | 'installers'
  | 'installerCacheDir'
  | 'installerMirror'
  | 'installerKeyring'
  | 'installerVariables'
>;

/** Where this server's installers come from. */
function installerSource(config: InstallerSettings): InstallerSource {
  const run = (file: string, args: readonly string[]) =>
    runProgram(file, args, {
      env: { ...config.installerVariables, PATH: SEARCH_PATH, HOME: tmpdir() },
      timeoutMs: QUESTION_TIMEOUT_MS,
    });
  const { installerMirror: mirror, installerKeyring: keyring } = config;
  return {
    locations: {
      configured: config.installers,
      cacheDir: config.installerCacheDir ?? join(config.dataDir, 'installers'),
      probeVersion: versionProbe(run),
    },
    download:
      mirror === 'none'
        ? undefined
        : {
            baseUrl: mirror,
            verifySignature:
              keyring === undefined ? undefined : gpgVerifier({ keyring, run, tmpDir: tmpdir() }),
          },
  };
}

/** The stand-in, or the real ones. */
export function chooseInstallers(config: ClusterConfig, root: string): Installers {
  return config.sandbox
    ? fixedInstaller((version) => sandboxInstaller(root, version))
    : createInstallers(installerSource(config));
}

/** The installers of this host, for its operator: no server has to run. */
export function openInstallerInventory(config: InstallerSettings): InstallerInventory {
  return installerInventory(installerSource(config));
}

/** The stand-ins, or the real tools, looked for when they are needed. */
export function chooseCredentialTools(
  { sandbox, oc, ccoctl }: ClusterConfig,
  root: string,
): (name: CredentialToolName) => Promise<CredentialTool> {
  if (sandbox) return async (name) => sandboxCredentialTool(root, name);
  const configured = { oc, ccoctl };
  return (name) => findCredentialTool(name, configured[name], SEARCH_PATH);
}
