import { accessOf, type InstallerAccess } from './kubeconfig-document.ts';
import { unreadable } from './kubeconfig-yaml.ts';

/**
 * What kubectl reads from its credential plugin.
 * https://kubernetes.io/docs/reference/config-api/client-authentication.v1/
 * @throws CliError KUBECONFIG_UNREADABLE if the installer's kubeconfig has no client certificate
 */
export function execCredential(access: InstallerAccess): object {
  const { user } = accessOf(access);
  const { 'client-certificate-data': certificate, 'client-key-data': key } = user;
  if (certificate === undefined || key === undefined)
    throw unreadable('it has no client certificate', undefined);
  const decoded = (text: string) => Buffer.from(text, 'base64').toString();
  return {
    apiVersion: 'client.authentication.k8s.io/v1',
    kind: 'ExecCredential',
    status: { clientCertificateData: decoded(certificate), clientKeyData: decoded(key) },
  };
}
