import * as z from 'zod';
import type { components, operations } from '../../../contract/api.gen.ts';
import { type listAuditEvents, searchNewest, searchOldest } from '../../kernel/audit/audit.sql.ts';
import type { AuditAnchorStore } from '../../kernel/audit/audit-anchor-store.ts';
import { verifyAuditChains } from '../../kernel/audit/verify-audit-chains.ts';
import { type Caller, type Role, teamsWith } from '../../kernel/caller.ts';
import type { Db } from '../../kernel/db/db.ts';
import type { RowOf } from '../../kernel/db/statement.ts';
import { AppError } from '../../kernel/errors.ts';
import { Listing } from '../../kernel/listing.ts';
import type { SecretStore } from '../../kernel/secrets/secret-store.ts';
import { findInstallationKey } from '../../kernel/signing/installation-key.ts';

type Query = NonNullable<operations['listAuditEvents']['parameters']['query']>;
type AuditEvent = components['schemas']['AuditEvent'];
type EventRow = RowOf<typeof listAuditEvents>;

/** What the audit log is read and verified with. */
export interface AuditLog {
  readonly db: Db;
  /** The sealed store, which also has the key that signs anchors. */
  readonly secrets: SecretStore;
  /** Absent when the installation keeps no anchors. */
  readonly anchors: AuditAnchorStore | undefined;
  /** About this many events are verified in one call, so that it ends within a client's timeout. Default 20,000. */
  readonly eventsPerCall?: number;
}

const READERS: readonly Role[] = ['auditor', 'platform_admin'];
const EVENTS_PER_CALL = 20_000;

const streamSchema = z.string().max(200);
const EVENTS = new Listing(
  'audit-events',
  z.strictObject({ micros: z.int(), stream: streamSchema, seq: z.int().positive() }),
);
const CHAINS = new Listing(
  'audit-chains',
  z.strictObject({ stream: streamSchema, seq: z.int(), hash: z.string().regex(/^([0-9a-f]{64})?$/) }),
);

export async function searchAuditLog({ db }: AuditLog, caller: Caller, query: Query) {
  const limit = query.limit ?? 50;
  const edge = EVENTS.decodeCursor(query.cursor, caller.principal);
  const rows = await db.query(query.order === 'oldest' ? searchOldest : searchNewest, {
    streams: teamsWith(caller, READERS),
    actor: query.actor ?? null,
    action: query.action ?? null,
    target: query.target ?? null,
    status: query.status ?? null,
    requestId: query.requestId ?? null,
    stream: query.stream ?? null,
    since: query.since === undefined ? null : new Date(query.since),
    until: query.until === undefined ? null : new Date(query.until),
    edgeMicros: edge?.micros ?? null,
    edgeStream: edge?.stream ?? null,
    edgeSeq: edge?.seq ?? null,
    limit: limit + 1,
    after: query.after ?? null,
  });
  const page = EVENTS.page(rows, limit, caller.principal, ({ atMicros: micros, stream, seq }) => ({
    micros,
    stream,
    seq,
  }));
  return { items: page.rows.map(presentEvent), nextCursor: page.nextCursor };
}

export async function verifyAuditLogFor(
  { db, secrets, anchors, eventsPerCall = EVENTS_PER_CALL }: AuditLog,
  caller: Caller,
  cursor: string | undefined,
): Promise<components['schemas']['AuditVerification']> {
  const from = CHAINS.decodeCursor(cursor, caller.principal);
  const teams = teamsWith(caller, READERS);
  const { next, ...found } = await verifyAuditChains({
    db,
    secrets,
    store: anchors,
    teams,
    from,
    budget: eventsPerCall,
  });
  const nextCursor = next === undefined ? null : CHAINS.encodeCursor(next, caller.principal);
  return { ...found, anchorsKept: anchors !== undefined, nextCursor };
}

/** The public half of the key that signs audit anchors and proofs. */
export async function showSigningKey({
  db,
  secrets,
}: AuditLog): Promise<components['schemas']['SigningKey']> {
  const key = await findInstallationKey(db, secrets);
  if (key === undefined) throw new AppError('NOT_FOUND', 'This installation has not signed anything yet.');
  return { keyId: key.id, algorithm: 'Ed25519', publicKey: key.publicPem };
}

/** A row that was not written by ocpctl may hold anything: it is shown as far as it can be read. */
const payloadSchema = z
  .object({
    actor: z.string().max(1000),
    action: z.string().max(1000),
    target: z.string().max(10_000),
    status: z.string().max(20),
    requestId: z.string().max(100),
    sourceIp: z.string().max(100),
    userAgent: z.string().max(1000),
    metadata: z.record(z.string(), z.unknown()),
  })
  .partial();

function presentEvent({ stream, seq, atMicros, payload, previousHash, hash }: EventRow): AuditEvent {
  const said = payloadSchema.safeParse(parsed(payload)).data ?? {};
  return {
    stream,
    seq,
    at: momentOf(atMicros),
    actor: said.actor ?? '',
    action: said.action ?? '',
    target: said.target ?? '',
    status: said.status ?? '',
    requestId: said.requestId ?? '',
    sourceIp: said.sourceIp ?? '',
    userAgent: said.userAgent ?? '',
    metadata: said.metadata ?? {},
    payload: payload.slice(0, 100_000),
    previousHash: Buffer.from(previousHash).toString('hex'),
    hash: Buffer.from(hash).toString('hex'),
  };
}

function parsed(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}

/** RFC 3339 to the microsecond; a Date alone would cut what was hashed. */
function momentOf(micros: number): string {
  const second = new Date(Math.floor(micros / 1_000_000) * 1_000).toISOString().slice(0, 19);
  return `${second}.${String(micros % 1_000_000).padStart(6, '0')}Z`;
}
