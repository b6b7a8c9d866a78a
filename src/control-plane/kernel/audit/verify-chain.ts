import { createHash } from 'node:crypto';
import type { Db } from '../db/db.ts';
import type { RowOf } from '../db/statement.ts';
import { listAuditEvents, listAuditHeads } from './audit.sql.ts';

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
  /**
   * `changed`: its hash is not that of what it says. `unlinked`: it follows another event than its own predecessor. `missing`: it is
   * gone. `rewritten`: sound by itself, and not what an anchor signed. `headless`: the row that ends the chain is gone.
   */
  readonly cause: 'missing' | 'unlinked' | 'changed' | 'rewritten' | 'headless';
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

/** What is said about a stream from elsewhere: the head row, and what anchors signed. */
export interface StreamClaims {
  /** Absent when the row is gone: the stream then has no end of its own. */
  readonly head: ChainPosition | undefined;
  /** Sequence to the hash that an anchor signed for it. */
  readonly signed: ReadonlyMap<number, Uint8Array>;
}

export interface StreamPart {
  readonly events: number;
  readonly end: ChainPosition;
  /** Whether the stream was followed to its end, or to a fault. */
  readonly done: boolean;
  readonly fault?: ChainFault;
}

/**
 * Follows one stream from a trusted position, at most about `budget` events. At its end it must reach what its head and the
 * anchors know: what was cut off, together with the head row or not, is missing there.
 */
export async function verifyPart(
  db: Db,
  stream: string,
  { from = START, claims, budget }: { from?: ChainPosition; claims: StreamClaims; budget: number },
): Promise<StreamPart> {
  let position = from;
  let count = 0;
  for (;;) {
    const page = await db.query(listAuditEvents, { stream, after: position.seq, limit: PAGE });
    const { end, fault } = verifyChain(page, position);
    count += end.seq - position.seq;
    const broken = earliestOf(findMismatch(page, position, end, claims), fault);
    if (broken) return { events: count, end, done: true, fault: broken };
    position = end;
    if (page.length < PAGE) return { events: count, end, done: true, ...checkEnd(end, claims) };
    if (count >= budget) return { events: count, end, done: false };
  }
}

/** Verifies a whole stream by what the database itself knows; one that was set back together with its head needs anchors. */
export async function verifyStream(db: Db, stream: string): Promise<ChainFault | undefined> {
  // The head first: events that arrive meanwhile come after it.
  const heads = await db.query(listAuditHeads, {});
  const head = heads.find((candidate) => candidate.stream === stream) ?? START;
  const claims = { head, signed: new Map() };
  return (await verifyPart(db, stream, { claims, budget: Number.POSITIVE_INFINITY })).fault;
}

/** The first sound event of a page that is not the one which the head or an anchor knows. */
function findMismatch(
  page: readonly ChainedEvent[],
  from: ChainPosition,
  end: ChainPosition,
  { head, signed }: StreamClaims,
): ChainFault | undefined {
  for (const { seq, hash } of page) {
    if (seq <= from.seq || seq > end.seq) continue;
    const known = signed.get(seq);
    if (known && !equal(known, hash)) return { seq, cause: 'rewritten' };
    if (head?.seq === seq && !equal(head.hash, hash)) return { seq, cause: 'changed' };
  }
  return undefined;
}

function checkEnd(end: ChainPosition, { head, signed }: StreamClaims): { readonly fault?: ChainFault } {
  const known = Math.max(head?.seq ?? 0, ...signed.keys());
  if (end.seq < known) return { fault: { seq: end.seq + 1, cause: 'missing' } };
  return head === undefined && end.seq > 0 ? { fault: { seq: end.seq, cause: 'headless' } } : {};
}

function earliestOf(...faults: readonly (ChainFault | undefined)[]): ChainFault | undefined {
  return faults.filter((fault) => fault !== undefined).sort((a, b) => a.seq - b.seq)[0];
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
