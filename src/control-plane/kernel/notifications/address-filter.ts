import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Networks that targets may be in although they are not public: CIDRs, from the settings. */
export type AllowedNetworks = readonly string[];

/**
 * Whether a URL may be told of events, as far as its text says. Names are checked when they are resolved, in the step that connects.
 * @returns what is wrong; undefined for a permitted URL
 */
export function urlProblem(url: URL, allowed: AllowedNetworks): string | undefined {
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && allowed.length > 0))
    return 'must be an https URL';
  if (url.username !== '' || url.password !== '') return 'must not contain credentials';
  // The parser has turned 0x7f.1 and 2130706433 into 127.0.0.1; IPv6 is in brackets.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0 && !isPermitted(host, allowed)) return 'must not be a private or reserved address';
  return undefined;
}

/** Whether an address is public, or in an allowed network. Mapped IPv4 addresses count as IPv4. */
export function isPermitted(address: string, allowed: AllowedNetworks): boolean {
  const parsed = ipaddr.process(address);
  if (parsed.range() === 'unicast') return true;
  return allowed.some((cidr) => {
    const network = ipaddr.parseCIDR(cidr);
    return network[0].kind() === parsed.kind() && parsed.match(network);
  });
}

export function isCidr(text: string): boolean {
  return ipaddr.isValidCIDR(text);
}
