import { createHash } from 'node:crypto';
import type { Db } from '../db/db.ts';
import type { RowOf } from '../db/statement.ts';
import { listAuditEvents, listAuditHeads } from './store.ts';

/** An audit event as it is stored; its own time in microseconds since 1970. */
export type ChainedEvent = RowOf<typeof listAuditEvents>;

/** Up to where a chain is known to be whole. */
export interface ChainPosition {
  readonly seq: number;
  readonly hash: Uint8Array;
}

/** A place where a chain is not what it was when it was written. */
export interface ChainFault {
  readonly seq: number;
  readonly cause: 'missing' | 'unlinked' | 'changed';
}

const START: ChainPosition = { seq: 0, hash: new Uint8Array() };
const PAGE = 1_000;

/**
 * Follows consecutive events of one stream from a position that is trusted.
 * @returns the last good position and, when there is one, the first event that is missing, follows another than its own
 * predecessor, or was changed.
 */
export function verifyChain(
  events: Iterable<ChainedEvent>,
  from: ChainPosition = START,
): { readonly end: ChainPosition; readonly fault?: ChainFault } {
  let end = from;
  for (const event of events) {
    const seq = end.seq + 1;
    if (event.seq !== seq) return { end, fault: { seq, cause: 'missing' } };
    if (!equal(event.previousHash, end.hash)) return { end, fault: { seq, cause: 'unlinked' } };
    if (!equal(event.hash, hashOf(event))) return { end, fault: { seq, cause: 'changed' } };
    end = { seq, hash: event.hash };
  }
  return { end };
}

/**
 * Verifies a whole stream, its end included: what was cut off there is missing from the chain, but not from the head row. An
 * attacker who sets the head back as well is only found by a checkpoint that is kept elsewhere.
 */
export async function verifyStream(db: Db, stream: string): Promise<ChainFault | undefined> {
  // The head first: events that arrive meanwhile come after it.
  const heads = await db.query(listAuditHeads, {});
  const head = heads.find((candidate) => candidate.stream === stream) ?? START;
  for (let position = START; ; ) {
    const events = await db.query(listAuditEvents, { stream, after: position.seq, limit: PAGE });
    const { end, fault } = verifyChain(events, position);
    if (fault) return fault;
    const last = events.find(({ seq }) => seq === head.seq);
    if (last && !equal(last.hash, head.hash)) return { seq: head.seq, cause: 'changed' };
    if (events.length < PAGE) return end.seq < head.seq ? { seq: end.seq + 1, cause: 'missing' } : undefined;
    position = end;
  }
}

/** As the database's trigger hashes: a domain tag, then each field with its length in characters before it, then the link. */
function hashOf({ stream, seq, atMicros, payload, previousHash }: ChainedEvent): Buffer {
  const text = `ocpctl-audit-v1${characters(stream)}:${stream}${seq}:${atMicros}:${characters(payload)}:${payload}`;
  return createHash('sha256').update(text, 'utf8').update(previousHash).digest();
}

/** PostgreSQL counts code points, JavaScript the halves of surrogate pairs. */
function characters(text: string): number {
  return Array.from(text).length;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
