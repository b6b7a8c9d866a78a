const MAPPED = '::ffff:';

/** @returns the address as the client would write it: a socket for both versions shows IPv4 as a part of IPv6 */
export function clientAddress(remoteAddress: string | undefined): string {
  if (remoteAddress === undefined) return 'unknown';
  return remoteAddress.startsWith(MAPPED) ? remoteAddress.slice(MAPPED.length) : remoteAddress;
}
