/** 128 bits in base64url. */
export const NONCE = /^[A-Za-z0-9_-]{22}$/;

/** Servers that share the nonces may disagree about the time by less than this. */
const CLOCK_MARGIN_SECONDS = 60;

/** @returns how long a nonce has to be known: a request dated `maxSkewSeconds` ahead stays acceptable for twice that long. */
export function rememberNonceSeconds(maxSkewSeconds: number): number {
  return 2 * maxSkewSeconds + CLOCK_MARGIN_SECONDS;
}
