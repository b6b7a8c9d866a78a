import { CliError } from '../errors/cli-error.ts';
import { accessOf, type InstallerAccess } from './kubeconfig-document.ts';

/**
 * What kubectl reads from its credential plugin.
 * https://kubernetes.io/docs/reference/config-api/client-authentication.v1/
 * @throws CliError KUBECONFIG_UNREADABLE if the installer's kubeconfig has no client certificate
 */
export function execCredential(access: InstallerAccess): object {
  const { user } = accessOf(access);
  const [certificate, key] = ['client-certificate-data', 'client-key-data'].map((field) => user[field]);
  if (typeof certificate !== 'string' || typeof key !== 'string')
    throw new CliError('KUBECONFIG_UNREADABLE', 'the kubeconfig of the cluster has no client certificate');
  const decoded = (text: string) => Buffer.from(text, 'base64').toString();
  return {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { clientCertificateData: decoded(certificate), clientKeyData: decoded(key) },
  };
}
