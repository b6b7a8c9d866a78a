/**
 * A sign-in with AWS credentials: the client signs a GetCallerIdentity request for STS, and the server has STS judge it. What
 * both sides have to agree on, byte for byte, is here; the server builds that request anew and takes nothing else over.
 */
export const STS_PROOF_SCHEME = 'OCPCTL-STS-V1';
/** Carries the session token of temporary AWS credentials. */
export const STS_TOKEN_HEADER = 'x-ocpctl-sts-token';
/** In the request for STS: ties it to one server and one request. */
export const STS_BINDING_HEADER = 'x-ocpctl-binding';

export const STS_REQUEST = {
  method: 'POST',
  path: '/',
  contentType: 'application/x-www-form-urlencoded; charset=utf-8',
  body: 'Action=GetCallerIdentity&Version=2011-06-15',
} as const;

/** The request to our server that a proof belongs to. */
export interface BoundRequest {
  /** The name of the server as its clients know it, for example `ocpctl://ocpctl.example.com`. */
  readonly audience: string;
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  /** Lower-case hex. */
  readonly bodySha256: string;
  /** Empty when absent, as the next one. */
  readonly idempotencyKey: string;
  readonly contentType: string;
  readonly nonce: string;
}

/** @returns the text whose SHA-256 is the binding: every field with its length before it, so that no two requests share one. */
export function bindingText(request: BoundRequest): string {
  const { audience, method, target, bodySha256, idempotencyKey, contentType, nonce } = request;
  const fields = ['ocpctl-sts-v1', audience, method, target, bodySha256, idempotencyKey, contentType, nonce];
  return fields.map((field) => `${field.length}:${field}`).join('');
}

/** @returns the regional endpoint; the global one is legacy (AWS IAM user guide, "Manage AWS STS in an AWS Region"). */
export function stsHost(region: string): string {
  return `sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

/** @returns the audience of a server that was not given one: the host by which its clients reach it. */
export function audienceOf(host: string): string {
  return `ocpctl://${host}`;
}
