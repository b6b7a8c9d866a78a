import {
  bindingText,
  STS_BINDING_HEADER,
  STS_PROOF_SCHEME,
  STS_REQUEST,
  STS_TOKEN_HEADER,
} from '../../../contract/sts-proof.ts';
import { parseAmzDate } from '../access/sigv4/amz-date.ts';
import { mustBeSigned, type ReceivedHeaders, readHeaders } from '../access/sigv4/received-headers.ts';
import { parseRequestTarget } from '../access/sigv4/request-target.ts';
import { sha256Hex } from '../access/sigv4/signature.ts';
import { SignatureRejectedError } from '../access/sigv4/signature-rejected-error.ts';
import type { SignedRequest } from '../access/sigv4/verify-request.ts';
import { STS_REGIONS, type StsRegion } from './sts-region.ts';

/** A claim that only STS can judge: every part has its strict form, and it is about this very request. */
export interface StsProof extends StsRegion {
  readonly accessKeyId: string;
  readonly region: string;
  /** YYYYMMDDTHHMMSSZ. */
  readonly amzDate: string;
  readonly signature: string;
  readonly nonce: string;
  /** Absent for the keys of a user. */
  readonly sessionToken: string | undefined;
  /** Computed from the request that came, never taken from it. */
  readonly binding: string;
}

export interface ProofPolicy {
  /** This server's own name; a proof made for another one does not fit. */
  readonly audience: () => string;
  readonly hosts: (host: string) => boolean;
  readonly now: () => Date;
}

/** STS itself takes requests for longer; ours are made when they are needed. */
export const PROOF_MAX_SKEW_SECONDS = 300;

const MAX_LENGTH = 512;
const PROOF = new RegExp(
  `^${STS_PROOF_SCHEME} region=(?<region>[a-z0-9-]{1,32}),key=(?<accessKeyId>(?:AKIA|ASIA)[A-Z0-9]{16}),` +
    'date=(?<amzDate>[0-9]{8}T[0-9]{6}Z),sig=(?<signature>[0-9a-f]{64}),nonce=(?<nonce>[A-Za-z0-9_-]{22})$',
);
const TOKEN = /^[A-Za-z0-9+/=_-]{1,4096}$/;
/** Covered by the binding, or by the signature for STS. */
const COVERED = new Set(['host', 'content-type', 'idempotency-key', STS_TOKEN_HEADER]);

/** @throws SignatureRefused for everything that can be told without asking STS */
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
  if (!region) throw new SignatureRejectedError('PROOF_REGION_UNKNOWN');
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

/** Names in the order in which SigV4 has them. */
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

/** Temporary keys (ASIA) have a token, those of a user (AKIA) have none. */
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
