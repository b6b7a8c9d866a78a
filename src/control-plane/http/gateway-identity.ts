import type { IncomingMessage } from 'node:http';
import { BlockList, isIPv6 } from 'node:net';
import { type AwsPrincipal, principalOfCaller, principalOfRoleArn } from '../kernel/access/principal.ts';
import { readHeaders } from '../kernel/access/sigv4/received-headers.ts';
import { parseRequestTarget } from '../kernel/access/sigv4/request-target.ts';
import { SignatureRejectedError } from '../kernel/access/sigv4/signature-rejected-error.ts';
import { AppError, SetupError } from '../kernel/errors.ts';

/** A gateway in front that authenticates the caller and names it in a header: VPC Lattice, or API Gateway with IAM authorization. */
export interface GatewayPolicy {
  /** Lower case. */
  readonly header: string;
  /** Whether a connection comes from the gateway. */
  readonly isGateway: (address: string) => boolean;
  readonly accounts: ReadonlySet<string>;
}

const MAX_IDENTITY = 4_096;

/**
 * @returns the principal that the gateway names; undefined when the header is missing or the connection is not the gateway's, and
 * then the request has to be signed.
 * @param hosts Host header values under which this server is reached: a page that rebinds its name in DNS to this address has another
 * @throws SignatureRejectedError for an ambiguous header or another host, AppError for an account that is not allowed
 */
export function gatewayIdentity(
  { rawHeaders, url, socket }: Pick<IncomingMessage, 'rawHeaders' | 'url' | 'socket'>,
  { header, isGateway, accounts }: GatewayPolicy,
  hosts: (host: string) => boolean,
): AwsPrincipal | undefined {
  const values = rawHeaders.filter((_, i) => i % 2 === 1 && rawHeaders[i - 1]?.toLowerCase() === header);
  if (values.length === 0 || !isGateway(socket.remoteAddress ?? '')) return undefined;
  if (values.length > 1) throw new SignatureRejectedError('HEADER_REPEATED');
  // As strict with the rest as the signature verifier: ambiguous targets and headers are refused.
  parseRequestTarget(url ?? '');
  const [host = ''] = readHeaders(rawHeaders).get('host') ?? [];
  if (!hosts(host)) throw new SignatureRejectedError('HOST_UNKNOWN');
  const arn = arnIn(values[0] ?? '');
  const found = principalOfCaller(arn) ?? principalOfRoleArn(arn);
  if (!found) throw new SignatureRejectedError('GATEWAY_IDENTITY_MALFORMED');
  assertAccountAllowed(accounts, found.account);
  return found;
}

/** Either the ARN alone (API Gateway's `$context.identity.userArn`) or `Principal=ARN;PrincipalOrgID=…;SessionName=…` (VPC Lattice). */
function arnIn(value: string): string {
  if (value.length > MAX_IDENTITY || !value.includes('=') || value.startsWith('arn:')) return value;
  const principals = value.split(';').filter((field) => field.trim().startsWith('Principal='));
  return principals.length === 1 ? (principals[0] ?? '').trim().slice('Principal='.length) : '';
}

/** Programs of the host itself, a proxy among them. */
export const LOOPBACK: readonly string[] = ['127.0.0.0/8', '::1'];

/**
 * Addresses whose identity header is trusted.
 * @param networks addresses or networks (`10.0.0.0/8`) @throws SetupError for what is neither
 */
export function gatewayAddresses(networks: readonly string[]): (address: string) => boolean {
  const list = new BlockList();
  for (const network of networks) {
    const [address = '', bits] = network.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    try {
      if (bits === undefined) list.addAddress(address, family);
      else list.addSubnet(address, /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN, family);
    } catch (cause) {
      throw new SetupError(`invalid address or network "${network}"`, {
        hint: 'for example 10.0.0.0/8',
        cause,
      });
    }
  }
  return (text) => {
    // A socket that listens on both families shows IPv4 addresses as IPv4-mapped IPv6.
    const address = text.replace(/^::ffff:(?=\d+\.)/i, '');
    return list.check(address, isIPv6(address) ? 'ipv6' : 'ipv4');
  };
}

/** @throws AppError ACCOUNT_NOT_ALLOWED for an AWS account that the operator has not named */
export function assertAccountAllowed(accounts: ReadonlySet<string>, account: string): void {
  if (accounts.has(account)) return;
  throw new AppError('ACCOUNT_NOT_ALLOWED', `AWS account ${account} is not allowed on this server.`);
}
