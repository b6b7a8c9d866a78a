import {
  bindingText,
  STS_BINDING_HEADER,
  STS_PROOF_SCHEME,
  STS_REQUEST,
  STS_TOKEN_HEADER,
  stsHost,
} from '../../../contract/sts-proof.ts';
import { mustBeSigned, type ReceivedHeaders, readHeaders } from '../access/sigv4/received-headers.ts';
import { parseRequestTarget } from '../access/sigv4/request-target.ts';
import { parseAmzDate, sha256Hex } from '../access/sigv4/signature.ts';
import { SignatureRejectedError } from '../access/sigv4/signature-rejected-error.ts';
import type { SignedRequest } from '../access/sigv4/verify-request.ts';

/** A signed GetCallerIdentity request that is bound to one request to this server. Only STS can verify the signature. */
export interface StsProof extends StsRegion {
  readonly accessKeyId: string;
  readonly region: string;
  /** YYYYMMDDTHHMMSSZ. */
  readonly amzDate: string;
  readonly signature: string;
  readonly nonce: string;
  /** Undefined for long-term keys of a user. */
  readonly sessionToken: string | undefined;
  /** Computed from the received request, never taken from a header. */
  readonly binding: string;
}

export interface ProofPolicy {
  /** Name of this server: a proof for another server is rejected. */
  readonly audience: () => string;
  readonly hosts: (host: string) => boolean;
  readonly now: () => Date;
  /** Regions whose proofs are accepted; absent: all. */
  readonly regions?: ReadonlySet<string> | undefined;
}

/** Shorter than the 15 minutes of STS, because clients sign a proof when they need it. */
export const PROOF_MAX_SKEW_SECONDS = 300;

const MAX_LENGTH = 512;
const PROOF = new RegExp(
  `^${STS_PROOF_SCHEME} region=(?<region>[a-z0-9-]{1,32}),key=(?<accessKeyId>(?:AKIA|ASIA)[A-Z0-9]{16}),` +
    'date=(?<amzDate>[0-9]{8}T[0-9]{6}Z),sig=(?<signature>[0-9a-f]{64}),nonce=(?<nonce>[A-Za-z0-9_-]{22})$',
);
const TOKEN = /^[A-Za-z0-9+/=_-]{1,4096}$/;
/** Headers covered by the binding or by the signature for STS. */
const COVERED = new Set(['host', 'content-type', 'idempotency-key', STS_TOKEN_HEADER]);

/** @throws SignatureRejectedError for everything that can be checked without a call to STS */
export function readProof(request: SignedRequest, policy: ProofPolicy): StsProof {
  parseRequestTarget(request.target);
  const headers = readHeaders(request.rawHeaders);
  if (request.rawTrailers !== undefined && request.rawTrailers.length > 0)
    throw new SignatureRejectedError('TRAILERS');
  const claim = parseClaim(headers);
  if ([...headers.keys()].some((name) => mustBeSigned(name) && !COVERED.has(name)))
    throw new SignatureRejectedError('HEADER_UNSIGNED');
  if (!policy.hosts((firstValue(headers, 'host') ?? '').toLowerCase()))
    throw new SignatureRejectedError('HOST_UNKNOWN');
  const region = STS_REGIONS.get(claim.region);
  if (!region || policy.regions?.has(claim.region) === false)
    throw new SignatureRejectedError('PROOF_REGION_UNKNOWN');
  checkFresh(claim.amzDate, policy.now());
  return {
    ...claim,
    ...region,
    sessionToken: tokenOf(headers, claim.accessKeyId),
    binding: sha256Hex(
      bindingText({
        audience: policy.audience(),
        method: request.method,
        target: request.target,
        bodySha256: sha256Hex(request.body),
        idempotencyKey: firstValue(headers, 'idempotency-key') ?? '',
        contentType: firstValue(headers, 'content-type') ?? '',
        nonce: claim.nonce,
      }),
    ),
  };
}

/** Headers of the request to STS, in the order of the SigV4 signature. */
export function stsHeaders(proof: StsProof): Readonly<Record<string, string>> {
  const signed: Record<string, string> = {
    'content-type': STS_REQUEST.contentType,
    host: proof.host,
    'x-amz-date': proof.amzDate,
    ...(proof.sessionToken === undefined ? {} : { 'x-amz-security-token': proof.sessionToken }),
    [STS_BINDING_HEADER]: proof.binding,
  };
  const scope = `${proof.amzDate.slice(0, 8)}/${proof.region}/sts/aws4_request`;
  return {
    ...signed,
    accept: 'application/json',
    authorization:
      `AWS4-HMAC-SHA256 Credential=${proof.accessKeyId}/${scope}, ` +
      `SignedHeaders=${Object.keys(signed).join(';')}, Signature=${proof.signature}`,
  };
}

type Claim = Pick<StsProof, 'region' | 'accessKeyId' | 'amzDate' | 'signature' | 'nonce'>;

function parseClaim(headers: ReceivedHeaders): Claim {
  const value = firstValue(headers, 'authorization');
  if (value === undefined) throw new SignatureRejectedError('AUTHORIZATION_MISSING');
  const fields = value.length <= MAX_LENGTH ? PROOF.exec(value)?.groups : undefined;
  if (!fields) throw new SignatureRejectedError('PROOF_MALFORMED');
  const { region = '', accessKeyId = '', amzDate = '', signature = '', nonce = '' } = fields;
  return { region, accessKeyId, amzDate, signature, nonce };
}

/** Temporary keys (ASIA) have a session token, long-term keys (AKIA) have none. */
function tokenOf(headers: ReceivedHeaders, accessKeyId: string): string | undefined {
  const token = firstValue(headers, STS_TOKEN_HEADER);
  const fits = accessKeyId.startsWith('ASIA')
    ? token !== undefined && TOKEN.test(token)
    : token === undefined;
  if (!fits) throw new SignatureRejectedError('PROOF_MALFORMED');
  return token;
}

function checkFresh(amzDate: string, now: Date): void {
  const signedAt = parseAmzDate(amzDate);
  if (signedAt === undefined) throw new SignatureRejectedError('DATE_MALFORMED');
  const skewMs = Math.abs(now.getTime() - signedAt.getTime());
  if (!(skewMs <= PROOF_MAX_SKEW_SECONDS * 1000)) throw new SignatureRejectedError('TIME_TOO_SKEWED');
}

function firstValue(headers: ReceivedHeaders, name: string): string | undefined {
  return headers.get(name)?.[0];
}

export interface StsRegion {
  readonly host: string;
  /** Partition of the ARNs that this endpoint may report. */
  readonly partition: string;
}

const COMMERCIAL =
  'us-east-1 us-east-2 us-west-1 us-west-2 af-south-1 ap-east-1 ap-east-2 ap-northeast-1 ap-northeast-2 ap-northeast-3 ap-south-1 ap-south-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5 ap-southeast-6 ap-southeast-7 ca-central-1 ca-west-1 eu-central-1 eu-central-2 eu-north-1 eu-south-1 eu-south-2 eu-west-1 eu-west-2 eu-west-3 il-central-1 me-central-1 me-south-1 mx-central-1 sa-east-1';
const PARTITIONS = {
  aws: COMMERCIAL,
  'aws-cn': 'cn-north-1 cn-northwest-1',
  'aws-us-gov': 'us-gov-east-1 us-gov-west-1',
};

/** The endpoints that may verify a proof: a fixed table, so that no client can name a host. */
const STS_REGIONS: ReadonlyMap<string, StsRegion> = new Map(
  Object.entries(PARTITIONS).flatMap(([partition, regions]) =>
    regions.split(' ').map((region) => [region, { host: stsHost(region), partition }] as const),
  ),
);

export const STS_REGION_NAMES: readonly string[] = [...STS_REGIONS.keys()];
