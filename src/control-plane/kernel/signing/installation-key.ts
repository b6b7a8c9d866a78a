import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
} from 'node:crypto';
import { type DsseEnvelope, dssePreAuthEncoding } from '../../../contract/dsse.ts';
import type { Queryable, Tx } from '../db/db.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import { lockInstallationKey } from './installation-key.sql.ts';

/** The Ed25519 key of an installation: it signs audit anchors and the proofs of destroys. */
export interface InstallationKey {
  /** The first 16 hex digits of the SHA-256 of the public key in DER. */
  readonly id: string;
  readonly publicPem: string;
  /** @returns the signature in base64. */
  sign(bytes: Uint8Array): string;
  /** @param signature in base64 */
  verify(bytes: Uint8Array, signature: string): boolean;
}

/** Sealed like every secret, so that access to the database alone does not allow signing. Named after its first use. */
const KEY_SECRET = { ownerId: 'audit', kind: 'anchor-key' };

/** @param pem an Ed25519 private key in PKCS #8 */
export function installationKey(pem: string): InstallationKey {
  const secret = createPrivateKey(pem);
  const open = createPublicKey(secret);
  const der = open.export({ type: 'spki', format: 'der' });
  return {
    id: createHash('sha256').update(der).digest('hex').slice(0, 16),
    publicPem: String(open.export({ type: 'spki', format: 'pem' })),
    sign: (bytes) => sign(null, bytes, secret).toString('base64'),
    verify: (bytes, signature) => verify(null, bytes, open, Buffer.from(signature, 'base64')),
  };
}

/** @returns undefined when nothing was ever signed. */
export async function findInstallationKey(
  q: Queryable,
  secrets: SecretStore,
): Promise<InstallationKey | undefined> {
  const pem = await secrets.open(q, KEY_SECRET);
  return pem === undefined ? undefined : installationKey(Buffer.from(pem).toString('utf8'));
}

/**
 * Creates the key at the first use, one for all processes.
 * @param transact runs its work in a transaction
 */
export function ensureInstallationKey(
  transact: (work: (tx: Tx) => Promise<InstallationKey>) => Promise<InstallationKey>,
  secrets: SecretStore,
): Promise<InstallationKey> {
  return transact(async (tx) => {
    const known = await findInstallationKey(tx, secrets);
    if (known) return known;
    await tx.query(lockInstallationKey, {});
    const made = await findInstallationKey(tx, secrets);
    if (made) return made;
    const { privateKey } = generateKeyPairSync('ed25519');
    const pem = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
    await secrets.put(tx, KEY_SECRET, Buffer.from(pem));
    return installationKey(pem);
  });
}

/** Signs a document as a DSSE envelope. */
export function signDsse(key: InstallationKey, payloadType: string, payload: Uint8Array): DsseEnvelope {
  return {
    payloadType,
    payload: Buffer.from(payload).toString('base64'),
    signatures: [{ keyid: key.id, sig: key.sign(dssePreAuthEncoding(payloadType, payload)) }],
  };
}
