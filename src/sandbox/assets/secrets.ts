import { createHash, randomBytes, randomInt } from 'node:crypto';
import { stringify } from 'yaml';

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

export interface AdminCredentials {
  readonly caBundle: string;
  readonly clientCertificate: string;
  readonly clientKey: string;
}

export function generateAdminCredentials(): AdminCredentials {
  return {
    caBundle: generatePem('CERTIFICATE'),
    clientCertificate: generatePem('CERTIFICATE'),
    clientKey: generatePem('RSA PRIVATE KEY', 1190),
  };
}

/** The kubeconfig of system:admin for the API server of `domain`. */
export function renderKubeconfig(clusterName: string, domain: string, admin: AdminCredentials): string {
  return stringify(
    {
      clusters: [
        {
          cluster: {
            'certificate-authority-data': base64(admin.caBundle),
            server: `https://api.${domain}:6443`,
          },
          name: clusterName,
        },
      ],
      contexts: [{ context: { cluster: clusterName, user: 'admin' }, name: 'admin' }],
      'current-context': 'admin',
      preferences: {},
      users: [
        {
          name: 'admin',
          user: {
            'client-certificate-data': base64(admin.clientCertificate),
            'client-key-data': base64(admin.clientKey),
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
