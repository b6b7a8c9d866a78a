import { statement } from '../db/statement.ts';

/** Serialises the creation of the key until the transaction ends, so that an installation has one. */
export const lockInstallationKey = statement({
  name: 'installation_key.lock',
  text: `select (pg_advisory_xact_lock(hashtextextended('installation-key', 0)) is not null) as "locked"`,
  params: {},
  row: { locked: 'bool' },
});
