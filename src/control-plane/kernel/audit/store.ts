import { statement } from '../db/statement.ts';

/** The database gives sequence, time and hashes. Insert last in a transaction: the stream is locked until the commit. */
export const insertAuditEvent = statement({
  name: 'audit.insert',
  text: `insert into audit_events (stream, payload) values ($1, $2) returning seq`,
  params: { stream: 'text', payload: 'text' },
  row: { seq: 'int8' },
});
