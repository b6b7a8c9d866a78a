import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { SecretId } from './secret-store.ts';

const FORMAT = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;
export const KEY_BYTES = 32;

/** A sealed secret: encrypted with its own data key (DEK), which is encrypted with a key of the key file (KEK). */
export interface Envelope {
  readonly kekId: string;
  readonly wrappedDek: Uint8Array;
  readonly sealed: Uint8Array;
}

export interface KeyEncryptionKey {
  readonly id: string;
  readonly bytes: Uint8Array;
}

/** AES-256-GCM. Owner, kind, format and, for the data key, the id of the KEK are authenticated, so that no part can be moved. */
export function sealEnvelope(kek: KeyEncryptionKey, secretId: SecretId, plaintext: Uint8Array): Envelope {
  const dek = randomBytes(KEY_BYTES);
  const sealed = encrypt(dek, contentContext(secretId), plaintext);
  return { ...wrapKey(kek, secretId, dek), sealed: Buffer.concat([Buffer.from([FORMAT]), sealed]) };
}

/** @throws Error of node:crypto when any part was changed or belongs to another secret */
export function openEnvelope(kek: KeyEncryptionKey, secretId: SecretId, envelope: Envelope): Buffer {
  if (envelope.sealed[0] !== FORMAT) throw new Error('unknown format');
  return decrypt(unwrapKey(kek, secretId, envelope), contentContext(secretId), envelope.sealed.subarray(1));
}

/** Encrypts the data key with another KEK; the secret itself stays as it is. */
export function rewrapEnvelope(
  from: KeyEncryptionKey,
  to: KeyEncryptionKey,
  secretId: SecretId,
  envelope: Envelope,
): Pick<Envelope, 'kekId' | 'wrappedDek'> {
  return wrapKey(to, secretId, unwrapKey(from, secretId, envelope));
}

function wrapKey(kek: KeyEncryptionKey, secretId: SecretId, dek: Uint8Array) {
  return { kekId: kek.id, wrappedDek: encrypt(kek.bytes, keyContext(secretId, kek.id), dek) };
}

function unwrapKey(kek: KeyEncryptionKey, secretId: SecretId, envelope: Envelope): Buffer {
  return decrypt(kek.bytes, keyContext(secretId, kek.id), envelope.wrappedDek);
}

const contentContext = ({ ownerId, kind }: SecretId) => JSON.stringify(['secret', FORMAT, ownerId, kind]);
const keyContext = ({ ownerId, kind }: SecretId, kekId: string) =>
  JSON.stringify(['data-key', FORMAT, ownerId, kind, kekId]);

function encrypt(key: Uint8Array, context: string, plaintext: Uint8Array): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv, { authTagLength: TAG_BYTES }).setAAD(
    Buffer.from(context),
  );
  return Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Uint8Array, context: string, sealed: Uint8Array): Buffer {
  if (sealed.length < IV_BYTES + TAG_BYTES) throw new Error('truncated');
  // Without an explicit length Node 20 would accept a tag of four bytes.
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(context)).setAuthTag(sealed.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
}
