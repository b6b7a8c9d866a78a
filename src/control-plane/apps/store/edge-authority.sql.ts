import { statement } from '../../kernel/db/statement.ts';

/** Serialises the creation of the authority until the transaction ends, so that all edges of an installation have one. */
export const lockEdgeAuthority = statement({
  name: 'app_edge.lock_authority',
  text: `select (pg_advisory_xact_lock(hashtextextended('edge-authority', 0)) is not null) as "locked"`,
  params: {},
  row: { locked: 'bool' },
});
