import { isIPv4, isIPv6 } from 'node:net';

/** An IP address as a number. */
export interface IpAddress {
  readonly bits: 32 | 128;
  readonly value: bigint;
}

/** An address with a prefix length. The address is kept as written and may have bits outside the prefix. */
export interface IpNetwork {
  readonly text: string;
  readonly address: IpAddress;
  readonly prefix: number;
}

/** @returns the address, or undefined; addresses with a zone (`fe80::1%eth0`) are not accepted. */
export function parseIp(text: string): IpAddress | undefined {
  if (isIPv4(text)) return { bits: 32, value: fromParts(text.split('.').map(Number), 8n) };
  if (!isIPv6(text) || text.includes('%')) return undefined;
  return { bits: 128, value: fromParts(ipv6Groups(text), 16n) };
}

/** @returns the network `address/prefix`, or undefined. */
export function parseNetwork(text: string): IpNetwork | undefined {
  const slash = text.indexOf('/');
  const address = slash < 0 ? undefined : parseIp(text.slice(0, slash));
  const prefix = text.slice(slash + 1);
  if (address === undefined || !/^\d{1,3}$/.test(prefix) || Number(prefix) > address.bits) return undefined;
  return { text, address, prefix: Number(prefix) };
}

/** For constants in code. @throws TypeError if the text is not a network */
export function ipNetwork(text: string): IpNetwork {
  const parsed = parseNetwork(text);
  if (parsed === undefined) throw new TypeError(`${text} is not a network`);
  return parsed;
}

export function containsIp(outer: IpNetwork, address: IpAddress): boolean {
  if (outer.address.bits !== address.bits) return false;
  const shift = BigInt(address.bits - outer.prefix);
  return outer.address.value >> shift === address.value >> shift;
}

export function networksOverlap(a: IpNetwork, b: IpNetwork): boolean {
  return containsIp(a, b.address) || containsIp(b, a.address);
}

/** @returns whether the address has no bits outside its prefix. */
export function isAligned({ address, prefix }: IpNetwork): boolean {
  const shift = BigInt(address.bits - prefix);
  return (address.value >> shift) << shift === address.value;
}

function fromParts(parts: readonly number[], width: bigint): bigint {
  return parts.reduce((value, part) => (value << width) | BigInt(part), 0n);
}

/** @returns the eight groups of a valid IPv6 address, with "::" expanded and a dotted IPv4 tail converted. */
function ipv6Groups(text: string): number[] {
  const hex = text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a, b, c, d) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((group) => group.toString(16)).join(':'),
  );
  const [head = '', tail] = hex.split('::');
  const groupsOf = (part: string) =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  if (tail === undefined) return groupsOf(head);
  const [left, right] = [groupsOf(head), groupsOf(tail)];
  return [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
}
