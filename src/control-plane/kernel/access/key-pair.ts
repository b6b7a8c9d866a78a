import { randomBytes } from 'node:crypto';

export interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Keys of a person or program: they live until they are revoked. */
export const LASTING_KEY = 'OCPK';
/** Keys of a session. */
export const SESSION_KEY = 'OCPS';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** @returns a pair that nobody has: an id of 80 random bits after its prefix, and a secret of 256. */
export function newKeyPair(prefix: typeof LASTING_KEY | typeof SESSION_KEY): KeyPair {
  const id = Array.from(randomBytes(16), (byte) => CROCKFORD.charAt(byte & 31)).join('');
  return { accessKeyId: prefix + id, secretAccessKey: randomBytes(32).toString('base64url') };
}
