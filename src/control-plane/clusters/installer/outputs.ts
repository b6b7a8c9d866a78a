import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemCodeOf } from '../../kernel/errors.ts';
import { InstallerError, type InstallerErrorCode } from './installer-error.ts';
import { readKubeconfig } from './kubeconfig.ts';

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
}

/**
 * Reads the results from the directory of a finished install. The kubeconfig must have the API address of this cluster.
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
      `the kubeconfig has the server ${server.host} instead of ${apiUrl}`,
    );
  }
  const consoleUrl = `https://console-openshift-console.apps.${domain}`;
  return { apiUrl, consoleUrl, kubeconfig, kubeadminPassword };
}

async function readAuth(installDir: string, name: string, code: InstallerErrorCode): Promise<string> {
  try {
    return await readFile(join(installDir, 'auth', name), 'utf8');
  } catch (thrown) {
    if (systemCodeOf(thrown) !== 'ENOENT') throw thrown;
    throw new InstallerError(code, `no auth/${name} in the install directory`, { cause: thrown });
  }
}
