export interface Uri {
  readonly scheme: string;
  /** Without port and brackets. */
  readonly host: string;
  /** Path and query; "/" when there is neither. */
  readonly request: string;
}

const URI = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)([^#]*)(#.*)?$/;
const AUTHORITY = /^([^@]*@)?(\[[0-9A-Fa-f:.]+\]|[^\s:[\]@]*)(:\d*)?$/;

/** @returns the parts of an absolute `scheme://host…`, or undefined when it cannot be read as one. */
export function parseUri(text: string): Uri | undefined {
  const [, scheme, authority, request] = URI.exec(text) ?? [];
  const host = AUTHORITY.exec(authority ?? '')?.[2];
  // Spaces and control characters make it unreadable.
  if (scheme === undefined || host === undefined || /\s|\p{Cc}/u.test(text)) return undefined;
  const tail =
    request === undefined || request === '' ? '/' : request.startsWith('?') ? `/${request}` : request;
  return { scheme: scheme.toLowerCase(), host: host.replace(/^\[|\]$/g, ''), request: tail };
}

/** @returns what is wrong with the address of a cloud service, or undefined; `isPathAllowed` judges what follows the host. */
export function endpointFault(url: string, isPathAllowed: (request: string) => boolean): string | undefined {
  const uri = parseUri(/^[^:]+:\/\//.test(url) ? url : `https://${url}`);
  if (uri === undefined) return 'is not a URL';
  if (uri.host === '') return 'must name a host';
  if (uri.scheme !== 'https') return `has scheme ${uri.scheme}; only https is allowed`;
  return isPathAllowed(uri.request) ? undefined : `must not have the path or parameters "${uri.request}"`;
}
