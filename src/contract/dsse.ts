import type { components } from './api.gen.ts';

/** A signed document as the DSSE specification has it: https://github.com/secure-systems-lab/dsse/blob/master/envelope.md */
export type DsseEnvelope = components['schemas']['DestroyProof'];

/** @returns the bytes that a DSSE signature covers: the "pre-authentication encoding" of its protocol.md. */
export function dssePreAuthEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const encoder = new TextEncoder();
  const head = encoder.encode(
    `DSSEv1 ${encoder.encode(payloadType).length} ${payloadType} ${payload.length} `,
  );
  const encoded = new Uint8Array(head.length + payload.length);
  encoded.set(head);
  encoded.set(payload, head.length);
  return encoded;
}
