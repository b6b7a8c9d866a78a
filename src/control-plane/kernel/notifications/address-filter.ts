import { lookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';

/** Networks that targets may be in although they are not public: CIDRs, from the settings. */
export type AllowedNetworks = readonly string[];

/** A name resolves to an address that no event is sent to. */
export class AddressNotPermittedError extends Error {
  constructor() {
    super('the name resolves to an address that is not permitted');
    this.name = 'AddressNotPermittedError';
  }
}

/**
 * Whether a URL may receive events, as far as its text says. Names are checked when they are resolved, by `permittedLookup`.
 * @returns what is wrong; undefined for a permitted URL
 */
export function urlProblem(url: URL, allowed: AllowedNetworks): string | undefined {
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && allowed.length > 0))
    return 'must be an https URL';
  if (url.username !== '' || url.password !== '') return 'must not contain credentials';
  // The parser has turned 0x7f.1 and 2130706433 into 127.0.0.1; IPv6 is in brackets.
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) === 0 || isPermitted(host, url.protocol, allowed)) return undefined;
  return url.protocol === 'http:' && ipaddr.process(host).range() === 'unicast'
    ? 'must be an https URL: plain HTTP is for allowed private networks only'
    : 'must not be a private or reserved address';
}

/** Whether a connection may be made: to a public address over HTTPS, or to an allowed network. Mapped IPv4 addresses count as IPv4. */
export function isPermitted(address: string, protocol: string, allowed: AllowedNetworks): boolean {
  const parsed = ipaddr.process(address);
  if (protocol === 'https:' && parsed.range() === 'unicast') return true;
  return allowed.some((cidr) => {
    const network = ipaddr.parseCIDR(cidr);
    return network[0].kind() === parsed.kind() && parsed.match(network);
  });
}

/**
 * Resolves a name in the step that connects, so that a second resolution cannot answer differently (DNS rebinding). Node.js calls it
 * for names only, not for addresses in the URL. One address that is not permitted rejects the name.
 */
export function permittedLookup(protocol: string, allowed: AllowedNetworks): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, addresses) => {
      const [first] = addresses ?? [];
      if (error !== null || first === undefined) return callback(error ?? new AddressNotPermittedError(), '');
      if (!addresses.every(({ address }) => isPermitted(address, protocol, allowed)))
        return callback(new AddressNotPermittedError(), '');
      return options.all === true ? callback(null, addresses) : callback(null, first.address, first.family);
    });
  };
}

export function isCidr(text: string): boolean {
  return ipaddr.isValidCIDR(text);
}
