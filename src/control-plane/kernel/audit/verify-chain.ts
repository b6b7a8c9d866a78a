import { createHash } from 'node:crypto';
import type { Db } from '../db/db.ts';
import type { RowOf } from '../db/statement.ts';
import { listAuditEvents } from './audit.sql.ts';

/** An audit event as it is stored, with its time in microseconds since 1970. */
export type ChainedEvent = RowOf<typeof listAuditEvents>;

/** The last event up to which a chain is known to be intact. */
export interface ChainPosition {
  readonly seq: number;
  readonly hash: Uint8Array;
}

/** The first event at which a chain is broken. */
export interface ChainFault {
  readonly seq: number;
  /**
   * `changed`: its hash does not match its content. `unlinked`: its previous hash is not that of the event before. `missing`: it was
   * deleted. `rewritten`: valid by itself, but not the event that an anchor signed. `headless`: the head row of the chain was deleted.
   */
  readonly cause: 'missing' | 'unlinked' | 'changed' | 'rewritten' | 'headless';
}

const START: ChainPosition = { seq: 0, hash: new Uint8Array() };
const PAGE = 1_000;

/**
 * Verifies consecutive events of one stream from a trusted position.
 * @returns the last valid position and the first fault, if any
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

/** What the head row and the anchors say about a stream. */
export interface StreamClaims {
  /** Undefined when the row was deleted. */
  readonly head: ChainPosition | undefined;
  /** Signed hashes by sequence number. */
  readonly signed: ReadonlyMap<number, Uint8Array>;
}

export interface StreamPart {
  readonly events: number;
  readonly end: ChainPosition;
  /** Whether the stream was verified to its end, or to a fault. */
  readonly done: boolean;
  readonly fault?: ChainFault;
}

/**
 * Verifies one stream from a trusted position, about `budget` events at most. Its end must reach the positions of its head and
 * anchors; events that were truncated, with the head row or without, are missing there.
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

/** The first valid event of a page that differs from the one in the head or an anchor. */
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

/** The same hash as the trigger `audit_append` computes: a domain tag, each field after its length in characters, the previous hash. */
function hashOf({ stream, seq, atMicros, payload, previousHash }: ChainedEvent): Buffer {
  const text = `ocpctl-audit-v1${characters(stream)}:${stream}${seq}:${atMicros}:${characters(payload)}:${payload}`;
  return createHash('sha256').update(text, 'utf8').update(previousHash).digest();
}

/** PostgreSQL counts code points, JavaScript counts UTF-16 code units. */
function characters(text: string): number {
  return Array.from(text).length;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(a, b) === 0;
}
