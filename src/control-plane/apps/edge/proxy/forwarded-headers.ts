import type { OutgoingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';

/** RFC 9110 §7.6.1, with what a server would read as the end of a connection or as its own environment (`proxy`: CVE-2016-5385). */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'proxy',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
/** Of a request; the edge answers `Expect` itself, and names the host from the request target. */
const REQUEST_ONLY: ReadonlySet<string> = new Set(['expect', 'host', 'http2-settings']);
/** A Connection header may not take these from a message. */
const NEVER_NAMED: ReadonlySet<string> = new Set(['content-length', 'host']);

export interface ClientIdentity {
  readonly address: string;
  readonly protocol: 'http' | 'https';
  /** A proxy whose word on the client counts. */
  readonly isTrustedProxy: boolean;
}

export interface ForwardedHead {
  readonly rawHeaders: readonly string[];
  readonly authority: string;
  readonly requestId: string;
  readonly client: ClientIdentity;
}

/** @returns names and values in turn, as the upstream gets them */
export function requestHeaders({ rawHeaders, authority, requestId, client }: ForwardedHead): string[] {
  const named = connectionOptions(rawHeaders);
  const headers = ['host', authority];
  const cookies: string[] = [];
  const claimed = new Map<string, string>();
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    const value = rawHeaders[i + 1] ?? '';
    const lower = name.toLowerCase();
    if (lower.includes('_') && isIdentity(lower.replaceAll('_', '-'))) continue;
    if (HOP_BY_HOP.has(lower) || REQUEST_ONLY.has(lower) || named?.has(lower) === true) continue;
    if (lower === 'x-request-id' || lower.startsWith(':')) continue;
    if (lower === 'cookie') cookies.push(value);
    else if (isIdentity(lower))
      claimed.set(lower, claimed.has(lower) ? `${claimed.get(lower)}, ${value}` : value);
    else headers.push(name, value);
  }
  // RFC 9113 §8.2.3: HTTP/2 may split it, HTTP/1.1 may not.
  if (cookies.length > 0) headers.push('cookie', cookies.join('; '));
  pushIdentity(headers, client, authority, claimed);
  headers.push('x-request-id', requestId);
  return headers;
}

/**
 * Who asks, or through which proxy. With underscores they are dropped: CGI and WSGI give programs both under one name, so that they would
 * be taken for what the edge says.
 */
function isIdentity(name: string): boolean {
  return (
    name.startsWith('x-forwarded-') || name === 'forwarded' || name === 'x-real-ip' || name === 'x-request-id'
  );
}

/** What the client claims of others before it counts only when it is a trusted proxy. */
function pushIdentity(
  headers: string[],
  { address, protocol, isTrustedProxy }: ClientIdentity,
  authority: string,
  claimed: Map<string, string>,
): void {
  const before = isTrustedProxy ? claimed.get('x-forwarded-for') : undefined;
  headers.push('x-forwarded-for', before === undefined ? address : `${before}, ${address}`);
  if (!isTrustedProxy) {
    headers.push('x-forwarded-proto', protocol, 'x-forwarded-host', authority);
    return;
  }
  const forwarded = claimed.get('forwarded');
  if (forwarded !== undefined)
    claimed.set(
      'forwarded',
      `${forwarded}, for="${address.includes(':') ? `[${address}]` : address}";proto=${protocol}`,
    );
  claimed.delete('x-forwarded-for');
  headers.push('x-forwarded-proto', claimed.get('x-forwarded-proto') ?? protocol);
  headers.push('x-forwarded-host', claimed.get('x-forwarded-host') ?? authority);
  claimed.delete('x-forwarded-proto');
  claimed.delete('x-forwarded-host');
  for (const [name, value] of claimed) headers.push(name, value);
}

/**
 * @param raw as undici has them: names and values in turn
 * @returns what the client gets
 */
export function responseHeaders(raw: readonly Buffer[], requestId: string): OutgoingHttpHeaders {
  const names: string[] = [];
  const values: string[] = [];
  let named: ReadonlySet<string> | undefined;
  for (let i = 0; i < raw.length; i += 2) {
    const name = raw[i]?.toString('latin1').toLowerCase() ?? '';
    const value = raw[i + 1]?.toString('latin1') ?? '';
    if (name === 'connection') named = new Set([...(named ?? []), ...optionsOf(value)]);
    if (HOP_BY_HOP.has(name) || name === 'x-request-id') continue;
    names.push(name);
    values.push(value);
  }
  const headers: Record<string, string | string[]> = Object.create(null);
  for (const [i, name] of names.entries()) {
    if (named?.has(name) === true && !NEVER_NAMED.has(name)) continue;
    const value = values[i] ?? '';
    const present = headers[name];
    if (present === undefined) headers[name] = value;
    else if (typeof present === 'string') headers[name] = [present, value];
    else present.push(value);
  }
  headers['x-request-id'] = requestId;
  return headers;
}

/** @returns the headers that are for the next hop only */
function connectionOptions(rawHeaders: readonly string[]): ReadonlySet<string> | undefined {
  let options: Set<string> | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    if (name.length !== 10 || name.toLowerCase() !== 'connection') continue;
    const value = rawHeaders[i + 1] ?? '';
    if (value === 'keep-alive' || value === 'close') continue;
    options ??= new Set();
    for (const option of optionsOf(value)) if (!NEVER_NAMED.has(option)) options.add(option);
  }
  return options;
}

function optionsOf(value: string): string[] {
  return value.split(',').map((option) => option.trim().toLowerCase());
}

/** @returns the headers of an answer as undici read them: names and values in turn */
export function rawBuffers(raw: Dispatcher.DispatchController['rawHeaders']): readonly Buffer[] {
  if (!Array.isArray(raw)) return [];
  return isBuffers(raw) ? raw : raw.map((each) => Buffer.from(String(each), 'latin1'));
}

/** All are of one kind; for HTTP/1.1 undici gives buffers. */
function isBuffers(raw: readonly unknown[]): raw is readonly Buffer[] {
  return typeof raw[0] !== 'string';
}
