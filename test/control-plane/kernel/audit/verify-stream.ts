import { listAuditHeads } from '../../../../src/control-plane/kernel/audit/audit.sql.ts';
import { type ChainFault, verifyPart } from '../../../../src/control-plane/kernel/audit/verify-chain.ts';
import type { Db } from '../../../../src/control-plane/kernel/db/db.ts';

/** Verifies a whole stream without anchors: truncation together with the head row goes undetected. */
export async function verifyStream(db: Db, stream: string): Promise<ChainFault | undefined> {
  const heads = await db.query(listAuditHeads, {});
  const head = heads.find((candidate) => candidate.stream === stream) ?? { seq: 0, hash: new Uint8Array() };
  const part = await verifyPart(db, stream, {
    claims: { head, signed: new Map() },
    budget: Number.POSITIVE_INFINITY,
  });
  return part.fault;
}
