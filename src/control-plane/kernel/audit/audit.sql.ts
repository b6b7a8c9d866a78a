import { statement } from '../db/statement.ts';

/** The database sets sequence, time and hashes. Insert last in a transaction, because the stream is locked until the commit. */
export const insertAuditEvent = statement({
  name: 'audit.insert',
  text: `insert into audit_events (stream, payload) values ($1, $2) returning seq`,
  params: { stream: 'text', payload: 'text' },
  row: { seq: 'int8' },
});

/** A part of a stream's chain, in order. The time is in microseconds, as it was hashed; a Date has only milliseconds. */
export const listAuditEvents = statement({
  name: 'audit.list',
  text: `
    select stream, seq, (extract(epoch from at) * 1000000)::int8 as "atMicros", payload, prev_hash as "previousHash", hash
    from audit_events
    where stream = $1 and seq > $2
    order by seq
    limit $3`,
  params: { stream: 'text', after: 'int8', limit: 'int4' },
  row: {
    stream: 'text',
    seq: 'int8',
    atMicros: 'int8',
    payload: 'text',
    previousHash: 'bytea',
    hash: 'bytea',
  },
});

/** Who made a key or grant of which principal within a day, oldest first. By the machine's clock, as events are. */
export const listCredentialChanges = statement({
  name: 'audit.credential_changes',
  text: `
    select audit_field(payload, 'actor') as "actor",
           coalesce(payload::jsonb #>> '{metadata,principal}', audit_field(payload, 'target')) as "principal"
    from audit_events
    where audit_field(payload, 'action') in ('access.key.create', 'access.grant.add')
      and audit_field(payload, 'status') = 'SUCCESS'
      and at > clock_timestamp() - interval '1 day'
    order by at, seq`,
  params: {},
  row: { actor: 'text', principal: 'text' },
});

/** Where each chain ends: the next event is appended there. Times are those of the machine, as in the events. */
export const listAuditHeads = statement({
  name: 'audit.heads',
  text: `
    select h.stream, h.seq, h.hash, clock_timestamp() as "now",
           coalesce((select min(at) from audit_events e where e.stream = h.stream), clock_timestamp()) as "beganAt"
    from audit_heads h
    order by h.stream`,
  params: {},
  row: { stream: 'text', seq: 'int8', hash: 'bytea', now: 'timestamptz', beganAt: 'timestamptz' },
});

/** Every stream, including those whose head or events were deleted. */
export const listAuditStreams = statement({
  name: 'audit.streams',
  text: `select stream from audit_heads union select distinct stream from audit_events order by stream`,
  params: {},
  row: { stream: 'text' },
});

const FIELDS = `stream, seq, (extract(epoch from at) * 1000000)::int8 as "atMicros", payload, prev_hash as "previousHash", hash`;
/** Before the migration `audit`, the installation's stream had a name that a team can have: its older events are for readers of all teams. */
const FILTERS = `
      ($1::text[] is null or (stream = any($1)
        and (stream <> 'platform' or at >= (select applied_at from schema_migrations where name = 'audit'))))
      and ($2::text is null or audit_field(payload, 'actor') = $2)
      and ($3::text is null or audit_field(payload, 'action') = $3 or (audit_field(payload, 'action') ~>=~ ($3 || '.') and audit_field(payload, 'action') ~<~ ($3 || '/')))
      and ($4::text is null or (left(audit_field(payload, 'target'), 100) = left($4, 100) and audit_field(payload, 'target') = $4))
      and ($5::text is null or audit_field(payload, 'status') = $5)
      and ($6::text is null or audit_field(payload, 'requestId') = $6)
      and ($7::text is null or stream = $7)
      and ($8::timestamptz is null or at >= $8)
      and ($9::timestamptz is null or at < $9)
      and ($14::int8 is null or seq > $14)`;
const SEARCH = {
  streams: 'text[]?',
  actor: 'text?',
  action: 'text?',
  target: 'text?',
  status: 'text?',
  requestId: 'text?',
  stream: 'text?',
  since: 'timestamptz?',
  until: 'timestamptz?',
  edgeMicros: 'int8?',
  edgeStream: 'text?',
  edgeSeq: 'int8?',
  limit: 'int4',
  after: 'int8?',
} as const;

/** The last event of the previous page. Its time in microseconds is exact as a double until 2255 (2^53). */
const EDGE = `('epoch'::timestamptz + $10::int8 * interval '1 microsecond', $11, $12)`;

/** One page, newest first. */
export const searchNewest = statement({
  name: 'audit.search_newest',
  text: `
    select ${FIELDS} from audit_events
    where ${FILTERS} and ($10::int8 is null or (at, stream, seq) < ${EDGE})
    order by at desc, stream desc, seq desc limit $13`,
  params: SEARCH,
  row: listAuditEvents.row,
});

/** One page, oldest first. */
export const searchOldest = statement({
  name: 'audit.search_oldest',
  text: `
    select ${FIELDS} from audit_events
    where ${FILTERS} and ($10::int8 is null or (at, stream, seq) > ${EDGE})
    order by at, stream, seq limit $13`,
  params: SEARCH,
  row: listAuditEvents.row,
});

/**
 * Chains that have grown since their bookmark; once a day all chains, so that recent anchors cover every stream. A bookmark only
 * saves work: what was signed is read from the anchors.
 */
export const listUnanchored = statement({
  name: 'audit.list_unanchored',
  text: `
    select h.stream, h.seq, h.hash, clock_timestamp() as "now"
    from audit_heads h left join audit_anchors c on c.stream = h.stream
    where h.seq > 0 and (c.seq is null or h.seq <> c.seq or h.hash <> c.hash
      or c.at not between date_trunc('day', clock_timestamp(), 'UTC') and clock_timestamp())
    order by h.stream`,
  params: {},
  row: {
    stream: 'text',
    seq: 'int8',
    hash: 'bytea',
    now: 'timestamptz',
  },
});

export const recordAnchor = statement({
  name: 'audit.record_anchor',
  text: `
    insert into audit_anchors (stream, seq, hash, at) values ($1, $2, $3, clock_timestamp())
    on conflict (stream) do update set seq = excluded.seq, hash = excluded.hash, at = excluded.at
    returning stream`,
  params: { stream: 'text', seq: 'int8', hash: 'bytea' },
  row: { stream: 'text' },
});
