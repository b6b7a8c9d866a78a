import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { InstallerError, type InstallerErrorCode, isNotFound } from './installer-error.ts';
import { readKubeconfig } from './kubeconfig.ts';
import type { LogRecord } from './log-record.ts';

export interface InstallOutputs {
  readonly apiUrl: string;
  readonly consoleUrl: string;
  /** Secret. As the installer left it, byte for byte. */
  readonly kubeconfig: string;
  /** Secret. */
  readonly kubeadminPassword: string;
}

export interface OutputsInput {
  readonly clusterName: string;
  readonly baseDomain: string;
  /** What `consoleUrlOf` found in the log; else the address is constructed. */
  readonly consoleUrl?: string | undefined;
}

/**
 * Reads what a finished install directory is good for. The kubeconfig is read last of all files because the installer
 * rewrites it at its end, and must lead to the API of this very cluster.
 * @throws InstallerError KUBECONFIG_MISSING, KUBECONFIG_INVALID, KUBEADMIN_PASSWORD_MISSING
 */
export async function readOutputs(installDir: string, input: OutputsInput): Promise<InstallOutputs> {
  const domain = `${input.clusterName}.${input.baseDomain.replace(/\.$/, '')}`;
  const apiUrl = `https://api.${domain}:6443`;
  const password = await readAuth(installDir, 'kubeadmin-password', 'KUBEADMIN_PASSWORD_MISSING');
  const kubeadminPassword = password.trim();
  if (!kubeadminPassword) {
    throw new InstallerError('KUBEADMIN_PASSWORD_MISSING', 'auth/kubeadmin-password is empty');
  }
  const kubeconfig = await readAuth(installDir, 'kubeconfig', 'KUBECONFIG_MISSING');
  const { server } = readKubeconfig(kubeconfig);
  if (server.host !== new URL(apiUrl).host || server.protocol !== 'https:') {
    throw new InstallerError(
      'KUBECONFIG_INVALID',
      `the kubeconfig leads to ${server.host}, not to ${apiUrl}`,
    );
  }
  const consoleUrl = input.consoleUrl ?? `https://console-openshift-console.apps.${domain}`;
  return { apiUrl, consoleUrl, kubeconfig, kubeadminPassword };
}

/** @returns the console's address when this record announces it. */
export function consoleUrlOf(record: Pick<LogRecord, 'message'>): string | undefined {
  return /^Access the OpenShift web-console here: (https:\/\/\S+)$/.exec(record.message)?.[1];
}

async function readAuth(installDir: string, name: string, code: InstallerErrorCode): Promise<string> {
  try {
    return await readFile(join(installDir, 'auth', name), 'utf8');
  } catch (thrown) {
    if (!isNotFound(thrown)) throw thrown;
    throw new InstallerError(code, `the install directory holds no auth/${name}`, { cause: thrown });
  }
}
