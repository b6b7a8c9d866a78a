import { randomBytes } from 'node:crypto';

const CROCKFORD = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_CHARACTERS = 10;
const RANDOM_CHARACTERS = 16;

export type NewId = (prefix: string) => string;

/**
 * `prefix_` + 26 characters of Crockford's base 32: 48 bits of milliseconds, then 80 random bits (a ULID in lower case), so ids sort by
 * creation time.
 */
export function newId(
  prefix: string,
  nowMs = Date.now(),
  random: Uint8Array = randomBytes(RANDOM_CHARACTERS),
): string {
  let time = '';
  for (let rest = nowMs, i = 0; i < TIME_CHARACTERS; i++, rest = Math.floor(rest / 32)) {
    time = CROCKFORD.charAt(rest % 32) + time;
  }
  const tail = Array.from(random.subarray(0, RANDOM_CHARACTERS), (byte) => CROCKFORD.charAt(byte & 31)).join(
    '',
  );
  return `${prefix}_${time}${tail}`;
}
