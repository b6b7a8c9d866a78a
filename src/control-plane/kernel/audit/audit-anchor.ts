import * as z from 'zod';
import type { InstallationKey } from '../signing/installation-key.ts';

/** A signed statement of where the chain of a stream ended at one moment. */
export interface AuditAnchor {
  readonly stream: string;
  /** The last event and its hash, which covers all events before it. */
  readonly seq: number;
  readonly hash: string;
  /** Events since the previous anchor of this stream, so that a removed anchor leaves a gap. */
  readonly count: number;
  readonly time: string;
}

export interface AuditAnchorKey {
  readonly id: string;
  readonly publicPem: string;
  /** @returns the anchor as one JSON line, without a line end. */
  sign(anchor: AuditAnchor): string;
  /** @returns the anchor; undefined when this key did not sign the line. */
  read(line: string): AuditAnchor | undefined;
}

const DOMAIN = 'ocpctl-anchor-v1\n';

const lineSchema = z.strictObject({
  stream: z.string(),
  seq: z.int().positive(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  count: z.int().nonnegative(),
  time: z.iso.datetime(),
  keyId: z.string(),
  signature: z.base64(),
});

export function auditAnchorKey(key: InstallationKey): AuditAnchorKey {
  const { id, publicPem } = key;
  return {
    id,
    publicPem,
    sign(anchor) {
      return JSON.stringify({ ...inOrder(anchor), keyId: id, signature: key.sign(signedBytes(anchor)) });
    },
    read(line) {
      const parsed = lineSchema.safeParse(jsonOf(line));
      if (!parsed.success || parsed.data.keyId !== id) return undefined;
      const anchor = inOrder(parsed.data);
      return key.verify(signedBytes(anchor), parsed.data.signature) ? anchor : undefined;
    },
  };
}

/** The fields in the order in which they are signed. */
function inOrder({ stream, seq, hash, count, time }: AuditAnchor): AuditAnchor {
  return { stream, seq, hash, count, time };
}

function signedBytes(anchor: AuditAnchor): Buffer {
  return Buffer.from(DOMAIN + JSON.stringify(inOrder(anchor)));
}

function jsonOf(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
