import { randomBytes } from 'node:crypto';

export interface KeyPair {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** How the id of a session's keys begins. */
export const SESSION_KEY = 'OCPS';

const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** @returns a pair that nobody has: an id of 80 random bits after its prefix, and a secret of 256. */
export function newKeyPair(prefix: string): KeyPair {
  const id = Array.from(randomBytes(16), (byte) => CROCKFORD.charAt(byte & 31)).join('');
  return { accessKeyId: prefix + id, secretAccessKey: randomBytes(32).toString('base64url') };
}
