/**
 * Sign-in with AWS credentials: the client signs a GetCallerIdentity request, and the server sends it to STS to verify it.
 * This file defines what both sides must agree on byte for byte; the server rebuilds the request from these values only.
 */
export const STS_PROOF_SCHEME = 'OCPCTL-STS-V1';
/** Carries the session token of temporary AWS credentials. */
export const STS_TOKEN_HEADER = 'x-ocpctl-sts-token';
/** Header of the STS request that binds it to one server and one request. */
export const STS_BINDING_HEADER = 'x-ocpctl-binding';

export const STS_REQUEST = {
  method: 'POST',
  path: '/',
  contentType: 'application/x-www-form-urlencoded; charset=utf-8',
  body: 'Action=GetCallerIdentity&Version=2011-06-15',
} as const;

/** The request to the server that a proof is bound to. */
export interface BoundRequest {
  /** The audience of the server, for example `ocpctl://ocpctl.example.com`. */
  readonly audience: string;
  readonly method: string;
  /** Path and query as sent. */
  readonly target: string;
  /** Lower-case hex. */
  readonly bodySha256: string;
  /** Empty if absent, as is contentType. */
  readonly idempotencyKey: string;
  readonly contentType: string;
  readonly nonce: string;
}

/** @returns the text whose SHA-256 is the binding; every field is prefixed with its length, so that it is unambiguous. */
export function bindingText(request: BoundRequest): string {
  const { audience, method, target, bodySha256, idempotencyKey, contentType, nonce } = request;
  const fields = ['ocpctl-sts-v1', audience, method, target, bodySha256, idempotencyKey, contentType, nonce];
  return fields.map((field) => `${field.length}:${field}`).join('');
}

/** @returns the regional endpoint; the global one is legacy (AWS IAM user guide, "Manage AWS STS in an AWS Region"). */
export function stsHost(region: string): string {
  return `sts.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`;
}

/** @returns the default audience of a server: the host by which clients reach it. */
export function audienceOf(host: string): string {
  return `ocpctl://${host}`;
}
