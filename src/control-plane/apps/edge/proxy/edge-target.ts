import type { ClientRequest } from './client-exchange.ts';

export interface EdgeTarget {
  /** As the client wrote it, with port. */
  readonly authority: string;
  /** In lower case, without port and without the dot of an absolute name. */
  readonly host: string;
  /** What the upstream is asked for: begins with a slash. */
  readonly path: string;
}

const PORT = /:\d*$/;
const ABSOLUTE = /^https?:\/\/([^/?#]*)/i;

/** @returns undefined when the request names no host, or more than one (RFC 9112 §3.2) */
export function edgeTarget(request: ClientRequest): EdgeTarget | undefined {
  const url = request.url ?? '';
  const named =
    'authority' in request ? (request.authority ?? request.headers.host) : oneHost(request.rawHeaders);
  if (url.startsWith('/')) return named === undefined ? undefined : target(named, url);
  // RFC 9112 §3.2.2: the host of an absolute target counts, not the header.
  const absolute = ABSOLUTE.exec(url);
  if (absolute === null) return undefined;
  const rest = url.slice(absolute[0].length);
  return target(absolute[1] ?? '', rest.startsWith('/') ? rest : `/${rest}`);
}

function target(authority: string, path: string): EdgeTarget | undefined {
  const host = authority.replace(PORT, '').toLowerCase();
  if (host === '' || host.includes('@')) return undefined;
  const hash = path.indexOf('#');
  return {
    authority,
    host: host.endsWith('.') ? host.slice(0, -1) : host,
    path: hash < 0 ? path : path.slice(0, hash),
  };
}

function oneHost(rawHeaders: readonly string[]): string | undefined {
  let found: string | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] ?? '';
    if (name.length !== 4 || name.toLowerCase() !== 'host') continue;
    if (found !== undefined) return undefined;
    found = rawHeaders[i + 1];
  }
  return found;
}
