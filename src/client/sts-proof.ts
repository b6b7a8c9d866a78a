import { createHash } from 'node:crypto';
import {
  type BoundRequest,
  bindingText,
  STS_BINDING_HEADER,
  STS_PROOF_SCHEME,
  STS_REQUEST,
  STS_TOKEN_HEADER,
  stsHost,
} from '../contract/sts-proof.ts';
import type { Random } from './client-clock.ts';
import { type Credentials, signV4 } from './signature-v4.ts';

/** AWS credentials and the region of the STS endpoint that verifies them. */
export interface AwsIdentity {
  readonly credentials: Credentials;
  readonly region: string;
}

const NONCE_BYTES = 16;

/**
 * Signs a GetCallerIdentity request that is bound to one request to one server.
 * @returns the headers of the proof, which contain no secret and are valid only for that request
 */
export async function stsProof(
  request: Pick<BoundRequest, 'audience' | 'method' | 'target' | 'contentType'> & { readonly body: string },
  { credentials, region }: AwsIdentity,
  { at, random }: { readonly at: Date; readonly random: Random },
): Promise<Record<string, string>> {
  const nonce = Buffer.from(random(NONCE_BYTES)).toString('base64url');
  const { body, ...bound } = request;
  const binding = hex(bindingText({ ...bound, bodySha256: hex(body), idempotencyKey: '', nonce }));
  const host = stsHost(region);
  const headers = signV4(
    {
      method: STS_REQUEST.method,
      path: STS_REQUEST.path,
      query: {},
      headers: { host, 'content-type': STS_REQUEST.contentType, [STS_BINDING_HEADER]: binding },
      body: STS_REQUEST.body,
    },
    // The signature covers the hash of the body anyway; the header would be one more value to agree on.
    { service: 'sts', region, credentials, at, hasChecksum: false },
  );
  const [, sig = ''] = /Signature=([0-9a-f]{64})$/.exec(headers['authorization'] ?? '') ?? [];
  const date = headers['x-amz-date'] ?? '';
  const { accessKeyId, sessionToken } = credentials;
  return {
    authorization: `${STS_PROOF_SCHEME} region=${region},key=${accessKeyId},date=${date},sig=${sig},nonce=${nonce}`,
    ...(sessionToken === undefined ? {} : { [STS_TOKEN_HEADER]: sessionToken }),
  };
}

function hex(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
