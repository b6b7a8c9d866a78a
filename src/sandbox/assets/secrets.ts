import { createHash, randomBytes, randomInt } from 'node:crypto';
import { stringify } from 'yaml';
import { type Authority, type CertifiedKey, issueCertificate } from './x509.ts';

const PASSWORD_ALPHABET = '23456789abcdefghijkmnopqrstuvwxyzABCDEFGHIJKLMNPQRSTUVWXYZ';
const PEM_WIDTH = 64;

/** A password in the format of kubeadmin's: four groups of five characters. */
export function generatePassword(): string {
  const group = () =>
    Array.from({ length: 5 }, () => PASSWORD_ALPHABET.charAt(randomInt(PASSWORD_ALPHABET.length))).join('');
  return [group(), group(), group(), group()].join('-');
}

/** A placeholder in the format of a bcrypt hash; it is never verified. */
export function hashPassword(password: string): string {
  return `$2a$10$${createHash('sha256').update(password).digest('hex').slice(0, 53)}`;
}

/** Random bytes in PEM format. */
export function generatePem(label: string, bytes = 700): string {
  const body =
    randomBytes(bytes)
      .toString('base64')
      .match(new RegExp(`.{1,${PEM_WIDTH}}`, 'g')) ?? [];
  return [`-----BEGIN ${label}-----`, ...body, `-----END ${label}-----`, ''].join('\n');
}

export interface KubeconfigInput {
  /** Also the name of cluster and context. It is unique, so that kubeconfigs can be merged: clients cache credentials by the name of the user. */
  readonly name: string;
  readonly domain: string;
  readonly caBundle: string;
  readonly admin: CertifiedKey;
  /** `http://HOST:PORT` of the proxy that reaches the API server; undefined: none is needed. */
  readonly proxyUrl?: string | undefined;
}

/** The certificate of system:admin. */
export function issueAdminCertificate(authority: Authority): CertifiedKey {
  return issueCertificate(authority, {
    commonName: 'system:admin',
    organizations: ['system:masters'],
    usage: 'client',
  });
}

/** The kubeconfig of system:admin for the API server of `domain`. */
export function renderKubeconfig({ name, domain, caBundle, admin, proxyUrl }: KubeconfigInput): string {
  // As the installer names them, for every cluster.
  const user = 'admin';
  return stringify(
    {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          cluster: {
            'certificate-authority-data': base64(caBundle),
            ...(proxyUrl === undefined ? {} : { 'proxy-url': proxyUrl }),
            server: `https://api.${domain}:6443`,
          },
          name,
        },
      ],
      contexts: [{ context: { cluster: name, user }, name: user }],
      'current-context': user,
      preferences: {},
      users: [
        {
          name: user,
          user: {
            'client-certificate-data': base64(admin.certificate),
            'client-key-data': base64(admin.key),
          },
        },
      ],
    },
    { lineWidth: 0 },
  );
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64');
}
