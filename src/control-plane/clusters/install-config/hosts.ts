export interface Uri {
  readonly scheme: string;
  /** Host without port and brackets. */
  readonly host: string;
  /** Path and query; "/" if both are absent. */
  readonly request: string;
}

const URI = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)([^#]*)(#.*)?$/;
const AUTHORITY = /^([^@]*@)?(\[[0-9A-Fa-f:.]+\]|[^\s:[\]@]*)(:\d*)?$/;

/** @returns the parts of an absolute URI, or undefined if the text is not one. */
export function parseUri(text: string): Uri | undefined {
  const [, scheme, authority, request] = URI.exec(text) ?? [];
  const host = AUTHORITY.exec(authority ?? '')?.[2];
  // Spaces and control characters are not allowed.
  if (scheme === undefined || host === undefined || /\s|\p{Cc}/u.test(text)) return undefined;
  const tail =
    request === undefined || request === '' ? '/' : request.startsWith('?') ? `/${request}` : request;
  return { scheme: scheme.toLowerCase(), host: host.replace(/^\[|\]$/g, ''), request: tail };
}

/** @returns what is wrong with the URL of a cloud service, or undefined; `isPathAllowed` checks path and query. */
export function endpointFault(url: string, isPathAllowed: (request: string) => boolean): string | undefined {
  const uri = parseUri(/^[^:]+:\/\//.test(url) ? url : `https://${url}`);
  if (uri === undefined) return 'is not a URL';
  if (uri.host === '') return 'must name a host';
  if (uri.scheme !== 'https') return `has scheme ${uri.scheme}; only https is allowed`;
  return isPathAllowed(uri.request) ? undefined : `must not have the path or parameters "${uri.request}"`;
}

const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** @returns what is wrong with an RFC 1123 subdomain, or undefined. Like the installer, it does not limit the length of labels. */
export function subdomainFault(name: string): string | undefined {
  if (name.length > 253) return 'must be no more than 253 characters';
  if (SUBDOMAIN.test(name)) return undefined;
  return 'must be lower-case letters, digits, "-" and ".", each label starting and ending with a letter or digit';
}
