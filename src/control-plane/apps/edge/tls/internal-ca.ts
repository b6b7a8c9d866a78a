import 'reflect-metadata';
import { createPrivateKey, KeyObject, webcrypto } from 'node:crypto';
import {
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  KeyUsageFlags,
  KeyUsagesExtension,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509Certificate,
  X509CertificateGenerator,
} from '@peculiar/x509';
import type { Clock } from '../../../kernel/clock.ts';
import type { CertificateAuthority, IssuedCertificate, StoredAuthority } from './certificate-authority.ts';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const CA_DAYS = 3_650;
const LEAF_HOURS = 24;
/** Clients whose clock is behind. */
const BACKDATED_MS = 5 * 60_000;
const HOUR_MS = 3_600_000;

/** @returns a new authority, to be kept: clients trust it */
export async function createInternalCa(name: string, clock: Pick<Clock, 'now'>): Promise<StoredAuthority> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const now = clock.now().getTime();
  const certificate = await X509CertificateGenerator.createSelfSigned({
    keys,
    name: `CN=${name}`,
    notBefore: new Date(now - BACKDATED_MS),
    notAfter: new Date(now + CA_DAYS * 24 * HOUR_MS),
    signingAlgorithm: ALGORITHM,
    extensions: [
      // It signs no other authority.
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { cert: certificate.toString('pem'), key: toPem(keys.privateKey) };
}

/** An authority of the installation, for names that no public one would vouch for. */
export async function openInternalCa(
  stored: StoredAuthority,
  clock: Pick<Clock, 'now'>,
): Promise<CertificateAuthority> {
  const authority = new X509Certificate(stored.cert);
  const signingKey = await webcrypto.subtle.importKey(
    'pkcs8',
    createPrivateKey(stored.key).export({ type: 'pkcs8', format: 'der' }),
    ALGORITHM,
    false,
    ['sign'],
  );
  return {
    cert: stored.cert,
    async issue(host): Promise<IssuedCertificate> {
      const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
      const now = clock.now().getTime();
      const notAfter = new Date(Math.min(now + LEAF_HOURS * HOUR_MS, authority.notAfter.getTime()));
      const certificate = await X509CertificateGenerator.create({
        publicKey: keys.publicKey,
        signingKey,
        // A name longer than a CN may be (64) is valid; clients read only the alternative name.
        subject: '',
        issuer: authority.subject,
        notBefore: new Date(now - BACKDATED_MS),
        notAfter,
        signingAlgorithm: ALGORITHM,
        extensions: [
          new BasicConstraintsExtension(false, undefined, true),
          new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
          new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
          new SubjectAlternativeNameExtension([{ type: 'dns', value: host }], true),
        ],
      });
      return { cert: certificate.toString('pem'), key: toPem(keys.privateKey), notAfter };
    },
  };
}

function toPem(key: webcrypto.CryptoKey): string {
  return KeyObject.from(key).export({ type: 'pkcs8', format: 'pem' }).toString();
}
