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

/** A broken chain is not signed, because an anchor would make the break look valid. */
class BrokenAuditLogError extends Error {
  constructor(streams: readonly string[]) {
    super(`the audit log was changed; run 'ocpctl admin audit verify': ${streams.join(', ')}`);
    this.name = 'BrokenTrailError';
  }
}

/**
 * Signs where each chain of the audit log ends (G16), after verifying the events since its last anchor. The anchor is stored before
 * its bookmark in the database: after a crash the same events are signed again, which is harmless.
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

/** Checks the events after the last anchor. A chain that ends before its last anchor was truncated. */
async function faultSince(db: Db, head: RowOf<typeof listUnanchored>): Promise<ChainFault | undefined> {
  const { stream, seq, signedSeq, signedHash } = head;
  if (seq < signedSeq) return { seq: seq + 1, cause: 'missing' };
  if (seq === signedSeq && Buffer.compare(head.hash, signedHash) !== 0) return { seq, cause: 'rewritten' };
  const from = { seq: signedSeq, hash: signedHash };
  const claims = { head, signed: new Map<number, Uint8Array>() };
  return (await verifyPart(db, stream, { from, claims, budget: Number.POSITIVE_INFINITY })).fault;
}
