import { statement } from '../db/statement.ts';

const KEY_COLUMNS = `id, principal, created_at as "createdAt", revoked_at as "revokedAt"`;
const KEY_ROW = {
  id: 'text',
  principal: 'text',
  createdAt: 'timestamptz',
  revokedAt: 'timestamptz?',
} as const;

export const insertAccessKey = statement({
  name: 'access.insert_key',
  text: `insert into access_keys (id, principal) values ($1, $2) returning ${KEY_COLUMNS}`,
  params: { id: 'text', principal: 'text' },
  row: KEY_ROW,
});

/** Including revoked keys. */
export const getAccessKey = statement({
  name: 'access.get_key',
  text: `select ${KEY_COLUMNS} from access_keys where id = $1`,
  params: { id: 'text' },
  row: KEY_ROW,
});

export const countActiveKeys = statement({
  name: 'access.count_active_keys',
  text: `select count(*)::int4 as "count" from access_keys where principal = $1 and revoked_at is null`,
  params: { principal: 'text' },
  row: { count: 'int4' },
});

/** No row: it is revoked already, or does not exist. */
export const revokeAccessKey = statement({
  name: 'access.revoke_key',
  text: `update access_keys set revoked_at = clock_now() where id = $1 and revoked_at is null returning ${KEY_COLUMNS}`,
  params: { id: 'text' },
  row: KEY_ROW,
});

/** Ordered by principal, starting after the given key. */
export const pageAccessKeys = statement({
  name: 'access.page_keys',
  text: `
    select ${KEY_COLUMNS}
    from access_keys
    where (principal, id) > ($1, $2) and ($3::text is null or principal = $3)
    order by principal, id
    limit $4`,
  params: { afterPrincipal: 'text', afterId: 'text', principal: 'text?', limit: 'int4' },
  row: KEY_ROW,
});

/** A key that is not revoked. */
export const findAccessKey = statement({
  name: 'access.find_key',
  text: `select id, principal from access_keys where id = $1 and revoked_at is null`,
  params: { id: 'text' },
  row: { id: 'text', principal: 'text' },
});

/** The first of the keys that is not revoked, in the order in which they are given. */
export const findFirstAccessKey = statement({
  name: 'access.find_first_key',
  text: `
    select known.id as "id"
    from unnest($1::text[]) with ordinality as given (id, position)
    join access_keys known on known.id = given.id
    where known.revoked_at is null
    order by given.position
    limit 1`,
  params: { ids: 'text[]' },
  row: { id: 'text' },
});
