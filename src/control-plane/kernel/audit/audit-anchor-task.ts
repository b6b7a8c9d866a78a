import type { Db } from '../db/db.ts';
import type { RowOf } from '../db/statement.ts';
import type { NewId } from '../ids.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import { ensureInstallationKey } from '../signing/installation-key.ts';
import type { PeriodicTask } from '../tasks/periodic-task.ts';
import { lastAnchored, readAnchoredPositions } from './anchored-positions.ts';
import { listUnanchored, recordAnchor } from './audit.sql.ts';
import { type AuditAnchorKey, auditAnchorKey } from './audit-anchor.ts';
import type { AuditAnchorStore } from './audit-anchor-store.ts';
import { type ChainFault, type ChainPosition, verifyPart } from './verify-chain.ts';

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
    this.name = 'BrokenAuditLogError';
  }
}

/**
 * Signs where each chain of the audit log ends (G16), after verifying the events since its last anchor, as the signed line has it. A
 * chain found broken is not signed: its last good position is signed again instead, so that it stays among the newest anchors.
 * The anchor is stored before its bookmark in the database: after a crash the same events are signed again, which is harmless.
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
      const heads = await db.query(listUnanchored, {});
      const [first] = heads;
      if (!first) return undefined;
      const key = auditAnchorKey(await ensureInstallationKey((work) => db.tx(work), secrets));
      const signed = readAnchoredPositions(await store.newest(), key).byStream;
      const broken: string[] = [];
      const sound: typeof heads = [];
      const lines: string[] = [];
      const time = first.now.toISOString();
      for (const head of heads) {
        const last = lastAnchored(signed.get(head.stream));
        const fault = await faultSince(db, head, last);
        if (fault) broken.push(`${head.stream} at ${fault.seq} (${fault.cause})`);
        else sound.push(head);
        const end = fault ? last : head;
        if (end) lines.push(lineOf(key, head.stream, end, end.seq - (last?.seq ?? 0), time));
      }
      if (lines.length > 0) {
        await store.publishKey(key.id, key.publicPem);
        await store.write(first.now, newId('anc'), lines);
      }
      for (const { stream, seq, hash } of sound) await db.query(recordAnchor, { stream, seq, hash });
      if (broken.length > 0) throw new BrokenAuditLogError(broken);
      return { streams: sound.length, keyId: key.id };
    },
  };
}

function lineOf(
  key: AuditAnchorKey,
  stream: string,
  { seq, hash }: ChainPosition,
  count: number,
  time: string,
): string {
  return key.sign({ stream, seq, hash: Buffer.from(hash).toString('hex'), count, time });
}

/** Checks the events after the last anchor. A chain that ends before its last anchor was truncated. */
async function faultSince(
  db: Db,
  head: RowOf<typeof listUnanchored>,
  last: ChainPosition | undefined,
): Promise<ChainFault | undefined> {
  const { stream, seq } = head;
  if (last && seq < last.seq) return { seq: seq + 1, cause: 'missing' };
  if (last && seq === last.seq && Buffer.compare(head.hash, last.hash) !== 0)
    return { seq, cause: 'rewritten' };
  const claims = { head, signed: new Map<number, Uint8Array>() };
  return (
    await verifyPart(db, stream, { ...(last && { from: last }), claims, budget: Number.POSITIVE_INFINITY })
  ).fault;
}
