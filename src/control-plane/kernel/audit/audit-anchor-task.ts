import type { Db } from '../db/db.ts';
import type { RowOf } from '../db/statement.ts';
import type { NewId } from '../ids.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import type { PeriodicTask } from '../tasks/periodic-task.ts';
import { listUnanchored, recordAnchor } from './audit.sql.ts';
import { ensureAuditAnchorKey } from './audit-anchor-key.ts';
import type { AuditAnchorStore } from './audit-anchor-store.ts';
import { type ChainFault, verifyPart } from './verify-chain.ts';

export interface AuditAnchorTaskOptions {
  readonly db: Db;
  readonly secrets: SecretStore;
  readonly store: AuditAnchorStore;
  readonly newId: NewId;
  readonly intervalMs: number;
}

/** A chain is broken: signing it would make the break look right. */
class BrokenAuditLogError extends Error {
  constructor(streams: readonly string[]) {
    super(`the audit trail was tampered with, see 'ocpctl admin audit verify': ${streams.join(', ')}`);
    this.name = 'BrokenTrailError';
  }
}

/**
 * Signs where each chain of the trail ends (G16). What came since the last anchor is verified first. The anchor is durable
 * before its bookmark: after a crash the same part is signed again, which does no harm.
 */
export function auditAnchorTask({
  db,
  secrets,
  store,
  newId,
  intervalMs,
}: AuditAnchorTaskOptions): PeriodicTask {
  return {
    name: 'anchor-audit-log',
    intervalMs,
    async run() {
      const unsigned = await db.query(listUnanchored, {});
      const [first] = unsigned;
      if (!first) return undefined;
      const key = await ensureAuditAnchorKey(db, secrets);
      const broken: string[] = [];
      const sound: typeof unsigned = [];
      for (const head of unsigned) {
        const fault = await faultSince(db, head);
        if (fault) broken.push(`${head.stream} at ${fault.seq} (${fault.cause})`);
        else sound.push(head);
      }
      if (sound.length > 0) {
        const lines = sound.map(({ stream, seq, hash, signedSeq }) =>
          key.sign({
            stream,
            seq,
            hash: Buffer.from(hash).toString('hex'),
            count: seq - signedSeq,
            time: first.now.toISOString(),
          }),
        );
        await store.publishKey(key.id, key.publicPem);
        await store.write(first.now, newId('anc'), lines);
        for (const { stream, seq, hash } of sound) await db.query(recordAnchor, { stream, seq, hash });
      }
      if (broken.length > 0) throw new BrokenAuditLogError(broken);
      return { streams: sound.length, keyId: key.id };
    },
  };
}

/** What is wrong between the last anchor and the end of a chain; a chain that ends before it was cut. */
async function faultSince(db: Db, head: RowOf<typeof listUnanchored>): Promise<ChainFault | undefined> {
  const { stream, seq, signedSeq, signedHash } = head;
  if (seq < signedSeq) return { seq: seq + 1, cause: 'missing' };
  if (seq === signedSeq && Buffer.compare(head.hash, signedHash) !== 0) return { seq, cause: 'rewritten' };
  const from = { seq: signedSeq, hash: signedHash };
  const claims = { head, signed: new Map<number, Uint8Array>() };
  return (await verifyPart(db, stream, { from, claims, budget: Number.POSITIVE_INFINITY })).fault;
}
