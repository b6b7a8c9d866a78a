import { statement } from '../db/statement.ts';

/** Serialises the creation of the key until the transaction ends, so that an installation has one. */
export const lockSigningKey = statement({
  name: 'signing.lock_key',
  text: `select (pg_advisory_xact_lock(hashtextextended('signing-key', 0)) is not null) as "locked"`,
  params: {},
  row: { locked: 'bool' },
});
