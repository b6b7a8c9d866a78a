import type { Db } from '../db/db.ts';
import type { RowOf } from '../db/statement.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import { findInstallationKey } from '../signing/installation-key.ts';
import {
  type AnchoredPosition,
  type AnchorFault,
  lastAnchored,
  readAnchoredPositions,
} from './anchored-positions.ts';
import { listAuditHeads, listAuditStreams } from './audit.sql.ts';
import { auditAnchorKey } from './audit-anchor.ts';
import type { AuditAnchorStore } from './audit-anchor-store.ts';
import { type ChainFault, type ChainPosition, verifyPart } from './verify-chain.ts';

/** A change of the audit log or its anchors. */
export interface AuditLogFault {
  /** Empty when an anchor could not be read. */
  readonly stream: string;
  readonly seq: number;
  readonly cause: ChainFault['cause'] | AnchorFault['cause'] | 'anchor-late';
  /** The file of the anchor that proves it. */
  readonly anchor: string | null;
}

/** Where the next call continues. It needs no signature: a caller who changes it changes only their own result. */
export interface VerificationCursor {
  readonly stream: string;
  readonly seq: number;
  readonly hash: string;
}

export interface VerificationPart {
  readonly events: number;
  /** Streams that were verified to their end. */
  readonly streams: string[];
  readonly faults: AuditLogFault[];
  /** Anchors that the chains were compared with. */
  readonly anchors: number;
  readonly keyId: string | null;
  readonly next: VerificationCursor | undefined;
}

export interface VerificationOptions {
  readonly db: Db;
  readonly secrets: SecretStore;
  /** Without it, truncation of a chain together with its head row goes undetected. */
  readonly store: AuditAnchorStore | undefined;
  /** null: all streams. */
  readonly teams: readonly string[] | null;
  readonly from?: VerificationCursor | undefined;
  readonly budget: number;
}

/** Verifies a part of the audit log: some streams, or some events of a long one. The first part includes faults of the anchors. */
export async function verifyAuditChains(options: VerificationOptions): Promise<VerificationPart> {
  const { db, teams, from, budget } = options;
  const isAsked = (stream: string) => teams === null || teams.includes(stream);
  // In this order, so that events which arrive meanwhile come after the anchors and heads that were read.
  const batches = (await options.store?.newest()) ?? [];
  const key = batches.length === 0 ? undefined : await findInstallationKey(db, options.secrets);
  const signed = readAnchoredPositions(batches, key && auditAnchorKey(key));
  const heads = new Map((await db.query(listAuditHeads, {})).map((head) => [head.stream, head]));
  const found = (await db.query(listAuditStreams, {})).map(({ stream }) => stream);
  const streams = [...new Set([...found, ...signed.byStream.keys()])].filter(isAsked).sort();
  const faults: AuditLogFault[] =
    from === undefined ? signed.faults.filter(({ stream }) => stream === '' || isAsked(stream)) : [];
  const lines = streams.reduce((sum, stream) => sum + (signed.byStream.get(stream)?.size ?? 0), 0);
  const done: string[] = [];
  let events = 0;
  for (const stream of streams) {
    if (from !== undefined && stream < from.stream) continue;
    const start = from?.stream === stream ? { from: positionOf(from) } : {};
    const marks = signed.byStream.get(stream) ?? new Map<number, AnchoredPosition>();
    const claims = {
      head: heads.get(stream),
      signed: new Map([...marks].map(([seq, { hash }]) => [seq, hash])),
    };
    const part = await verifyPart(db, stream, { ...start, claims, budget: budget - events });
    events += part.events;
    if (part.fault) faults.push({ stream, ...part.fault, anchor: firstAnchorAfter(part.fault, marks) });
    const shared = { events, streams: done, faults, anchors: lines, keyId: key?.id ?? null };
    if (!part.done) return { ...shared, next: cursorOf(stream, part.end) };
    if (options.store)
      faults.push(...lateAnchor(heads.get(stream), lastAnchored(signed.byStream.get(stream))));
    done.push(stream);
  }
  return { events, streams: done, faults, anchors: lines, keyId: key?.id ?? null, next: undefined };
}

/** Each chain is signed once a day. One whose last anchor is older was left out: by whom, the chain cannot say. */
const MAX_ANCHOR_AGE_MS = 26 * 3_600_000;

function lateAnchor(
  head: RowOf<typeof listAuditHeads> | undefined,
  last: AnchoredPosition | undefined,
): AuditLogFault[] {
  if (head === undefined) return [];
  const signedAt = last?.time ?? head.beganAt;
  if (head.now.getTime() - signedAt.getTime() <= MAX_ANCHOR_AGE_MS) return [];
  return [{ stream: head.stream, seq: last?.seq ?? 0, cause: 'anchor-late', anchor: last?.file ?? null }];
}

/** The first anchor that covers the missing or rewritten event. */
function firstAnchorAfter(
  { seq, cause }: ChainFault,
  marks: ReadonlyMap<number, AnchoredPosition>,
): string | null {
  if (cause === 'headless') return null;
  const after = [...marks].filter(([signed]) => signed >= seq).sort(([a], [b]) => a - b);
  return after[0]?.[1].file ?? null;
}

function positionOf({ seq, hash }: VerificationCursor): ChainPosition {
  return { seq, hash: Buffer.from(hash, 'hex') };
}

function cursorOf(stream: string, { seq, hash }: ChainPosition): VerificationCursor {
  return { stream, seq, hash: Buffer.from(hash).toString('hex') };
}
