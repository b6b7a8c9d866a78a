import { statement } from '../db/statement.ts';

/** The database gives sequence, time and hashes. Insert last in a transaction: the stream is locked until the commit. */
export const insertAuditEvent = statement({
  name: 'audit.insert',
  text: `insert into audit_events (stream, payload) values ($1, $2) returning seq`,
  params: { stream: 'text', payload: 'text' },
  row: { seq: 'int8' },
});

/** A part of a stream's chain, in order. The time in microseconds, as it was hashed: a Date would cut it. */
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

/** Where each chain ends, as the next event will be appended to it. */
export const listAuditHeads = statement({
  name: 'audit.heads',
  text: `select stream, seq, hash from audit_heads order by stream`,
  params: {},
  row: { stream: 'text', seq: 'int8', hash: 'bytea' },
});
