import { createHash, timingSafeEqual } from 'node:crypto';
import { type Authorization, parseAuthorization } from './authorization-header.ts';
import { canonicalRequest } from './canonical-request.ts';
import { mustBeSigned, type ReceivedHeaders, readHeaders } from './received-headers.ts';
import { parseRequestTarget, type RequestTarget } from './request-target.ts';
import { parseAmzDate, sha256Hex, signatureOf, stringToSign } from './signature.ts';
import { SignatureRejectedError } from './signature-rejected-error.ts';

/** A request as received: nothing decoded, merged or parsed yet. */
export interface SignedRequest {
  readonly method: string;
  /** Node's `request.url`, never rewritten. */
  readonly target: string;
  /** Node's flat `request.rawHeaders`. */
  readonly rawHeaders: readonly string[];
  /** Node's `request.rawTrailers`, known once the body has been read. */
  readonly rawTrailers?: readonly string[];
  /** The whole body; empty when there is none. */
  readonly body: Uint8Array;
}

export interface SigningKey {
  readonly accessKeyId: string;
  readonly secret: string;
  /** For temporary keys: the request must send and sign it as x-amz-security-token. */
  readonly sessionToken?: string;
  /** The SHA-256 of the session token, when only that is stored. */
  readonly sessionTokenSha256?: Uint8Array;
}

export interface VerificationPolicy<Key extends SigningKey = SigningKey> {
  readonly region: string;
  readonly service: string;
  /** Accepted values of Host, in lower case, with the port unless it is the default of the scheme. */
  readonly hosts: ReadonlySet<string> | ((host: string) => boolean);
  readonly now: () => Date;
  /** Largest accepted difference between the date of a request and `now`. */
  readonly maxSkewSeconds: number;
  readonly findKey: (accessKeyId: string) => Promise<Key | undefined>;
  /** Stores the nonce until `expiresAt`, atomically. @returns false when the key has used it already */
  readonly useNonce: (accessKeyId: string, nonce: string, expiresAt: Date) => Promise<boolean>;
}

export interface VerifiedIdentity<Key extends SigningKey = SigningKey> {
  readonly accessKeyId: string;
  /** What `findKey` returned, without its secrets. */
  readonly key: Omit<Key, 'secret' | 'sessionToken' | 'sessionTokenSha256'>;
  readonly signedAt: Date;
  readonly nonce: string;
  /** The verified target. Route by this and do not parse the URL again. */
  readonly target: RequestTarget;
  /** Signed headers by lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
}

const NONCE_HEADER = 'x-ocpctl-nonce';
const ALWAYS_SIGNED = ['host', 'x-amz-date', 'x-amz-content-sha256', NONCE_HEADER];
const SHA256_HEX = /^[0-9a-f]{64}$/;
/** Used for an unknown key, so that the check takes the same time as for a known one. */
const DUMMY_SECRET = 'no-such-key-no-such-key-no-such-key-no-s';

/**
 * Verifies who sent a request. The checks run in a fixed order, the cheapest first. Parse the body and use the identity only after
 * this has returned.
 * @throws SignatureRejectedError; whatever `findKey` and `useNonce` throw passes through.
 */
export async function verifyRequest<Key extends SigningKey>(
  request: SignedRequest,
  policy: VerificationPolicy<Key>,
): Promise<VerifiedIdentity<Key>> {
  const target = parseRequestTarget(request.target);
  const headers = readHeaders(request.rawHeaders);
  if (request.rawTrailers !== undefined && request.rawTrailers.length > 0)
    throw new SignatureRejectedError('TRAILERS');
  const authorization = parseAuthorization(headers);
  checkSignedHeaders(authorization.signedHeaders, headers);
  const signed = new Map(
    authorization.signedHeaders.map((name) => [name, (headers.get(name) ?? []).join(',')]),
  );
  checkScope(authorization, signed, policy);
  const now = policy.now();
  const signedAt = checkDate(authorization, signed, now, policy.maxSkewSeconds);
  const payloadHash = signed.get('x-amz-content-sha256') ?? '';
  if (!SHA256_HEX.test(payloadHash)) throw new SignatureRejectedError('PAYLOAD_HASH_INVALID');
  const nonce = signed.get(NONCE_HEADER) ?? '';
  if (!NONCE.test(nonce)) throw new SignatureRejectedError('NONCE_MALFORMED');

  const { signedHeaders } = authorization;
  const canonical = canonicalRequest({
    method: request.method,
    ...target,
    headers,
    signedHeaders,
    payloadHash,
  });
  const found = await policy.findKey(authorization.accessKeyId);
  const { secret, sessionToken, sessionTokenSha256, ...key } = checkSignature(
    found,
    authorization,
    signed,
    sha256Hex(canonical),
  );

  if (!equalInConstantTime(sha256Hex(request.body), payloadHash))
    throw new SignatureRejectedError('BODY_MISMATCH');
  const expiresAt = new Date(now.getTime() + rememberNonceSeconds(policy.maxSkewSeconds) * 1000);
  if (!(await policy.useNonce(authorization.accessKeyId, nonce, expiresAt)))
    throw new SignatureRejectedError('NONCE_REUSED');
  return { accessKeyId: authorization.accessKeyId, key, signedAt, nonce, target, headers: signed };
}

/** The list must be sorted and unique, and name every received header that has to be signed. */
function checkSignedHeaders(signedHeaders: readonly string[], headers: ReceivedHeaders): void {
  const listed = new Set(signedHeaders);
  const sorted = signedHeaders.every((name, i) => i === 0 || (signedHeaders[i - 1] ?? '') < name);
  if (!sorted || listed.has('authorization')) throw new SignatureRejectedError('SIGNED_HEADERS_MALFORMED');
  if (signedHeaders.some((name) => !headers.has(name)))
    throw new SignatureRejectedError('SIGNED_HEADER_ABSENT');
  const needed = [...ALWAYS_SIGNED, ...[...headers.keys()].filter(mustBeSigned)];
  if (needed.some((name) => !listed.has(name))) throw new SignatureRejectedError('HEADER_UNSIGNED');
}

function checkScope(
  { scope }: Authorization,
  signed: ReadonlyMap<string, string>,
  policy: Pick<VerificationPolicy, 'region' | 'service' | 'hosts'>,
): void {
  if (scope.region !== policy.region || scope.service !== policy.service)
    throw new SignatureRejectedError('SCOPE_MISMATCH');
  const host = (signed.get('host') ?? '').toLowerCase();
  const known = typeof policy.hosts === 'function' ? policy.hosts(host) : policy.hosts.has(host);
  if (!known) throw new SignatureRejectedError('HOST_UNKNOWN');
}

function checkDate(
  { scope }: Authorization,
  signed: ReadonlyMap<string, string>,
  now: Date,
  maxSkewSeconds: number,
): Date {
  const amzDate = signed.get('x-amz-date') ?? '';
  const signedAt = parseAmzDate(amzDate);
  if (signedAt === undefined) throw new SignatureRejectedError('DATE_MALFORMED');
  if (scope.date !== amzDate.slice(0, 8)) throw new SignatureRejectedError('SCOPE_MISMATCH');
  const skewMs = Math.abs(now.getTime() - signedAt.getTime());
  // Negated, so that NaN is rejected.
  if (!(skewMs <= maxSkewSeconds * 1000)) throw new SignatureRejectedError('TIME_TOO_SKEWED');
  return signedAt;
}

/** Takes the same time for an unknown key, a wrong signature and a wrong token. */
function checkSignature<Key extends SigningKey>(
  found: Key | undefined,
  { scope, signature }: Authorization,
  signed: ReadonlyMap<string, string>,
  canonicalRequestSha256: string,
): Key {
  const text = stringToSign(signed.get('x-amz-date') ?? '', scope, canonicalRequestSha256);
  const signatureFits = timingSafeEqual(signatureOf(text, found?.secret ?? DUMMY_SECRET, scope), signature);
  // A missing token counts as an empty one.
  const token = digest(signed.get('x-amz-security-token') ?? '');
  const tokenFits = timingSafeEqual(token, found?.sessionTokenSha256 ?? digest(found?.sessionToken ?? ''));
  const details = { canonicalRequestSha256 };
  if (found === undefined) throw new SignatureRejectedError('KEY_UNKNOWN', details);
  if (!signatureFits) throw new SignatureRejectedError('SIGNATURE_MISMATCH', details);
  if (!tokenFits) throw new SignatureRejectedError('SESSION_TOKEN_MISMATCH', details);
  return found;
}

function equalInConstantTime(a: string, b: string): boolean {
  return timingSafeEqual(digest(a), digest(b));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

/** 128 bits in base64url. */
const NONCE = /^[A-Za-z0-9_-]{22}$/;

/** Largest clock difference between servers that share a database. */
const CLOCK_MARGIN_SECONDS = 60;

/** @returns how long a nonce must be stored: a request dated `maxSkewSeconds` in the future is accepted for twice that time. */
export function rememberNonceSeconds(maxSkewSeconds: number): number {
  return 2 * maxSkewSeconds + CLOCK_MARGIN_SECONDS;
}
