import type { ReceivedHeaders } from './received-headers.ts';
import type { QueryPair } from './request-target.ts';

interface CanonicalRequestParts {
  readonly method: string;
  /** As sent: without the query, not decoded. */
  readonly path: string;
  /** Decoded. */
  readonly query: readonly QueryPair[];
  readonly headers: ReceivedHeaders;
  /** Lower case, sorted. */
  readonly signedHeaders: readonly string[];
  readonly payloadHash: string;
}

interface PathRules {
  /** Removes empty and dot segments. */
  readonly normalise: boolean;
  /** Encodes the path a second time. */
  readonly encode: boolean;
}

/** The rules of AWS for every service but S3. They change none of the paths that `parseRequestTarget` accepts. */
const COMMON_PATH_RULES: PathRules = { normalise: true, encode: true };

/** The text that a Signature Version 4 covers (AWS IAM user guide, "Create a signed AWS API request"). */
export function canonicalRequest(parts: CanonicalRequestParts, rules: PathRules = COMMON_PATH_RULES): string {
  const headers = parts.signedHeaders.map(
    (name) => `${name}:${canonicalValue(parts.headers.get(name) ?? [])}`,
  );
  return [
    parts.method,
    canonicalPath(parts.path, rules),
    canonicalQuery(parts.query),
    ...headers,
    '',
    parts.signedHeaders.join(';'),
    parts.payloadHash,
  ].join('\n');
}

/** Encodes every byte except `A-Za-z0-9-._~` (RFC 3986). */
function encodeStrictly(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  });
}

function canonicalPath(path: string, rules: PathRules): string {
  const normal = rules.normalise ? normalisePath(path) : path;
  return rules.encode ? normal.split('/').map(encodeStrictly).join('/') : normal;
}

function normalisePath(path: string): string {
  const kept: string[] = [];
  for (const segment of path.split('/')) {
    if (segment === '..') kept.pop();
    else if (segment !== '' && segment !== '.') kept.push(segment);
  }
  return `/${kept.join('/')}${kept.length > 0 && path.endsWith('/') ? '/' : ''}`;
}

function canonicalQuery(query: readonly QueryPair[]): string {
  const encoded = query.map(([name, value]) => [encodeStrictly(name), encodeStrictly(value)] as const);
  // By name and then by value, not by the joined text: `=` sorts after `-` and `.`.
  encoded.sort((a, b) => compare(a[0], b[0]) || compare(a[1], b[1]));
  return encoded.map(([name, value]) => `${name}=${value}`).join('&');
}

function canonicalValue(values: readonly string[]): string {
  return values.map((value) => value.trim().replace(/\s+/g, ' ')).join(',');
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
