import { statement } from '../db/statement.ts';

/** Everything granted to a principal; what is pinned to a unique id is only for who has proven that id. */
export const listGrantsOf = statement({
  name: 'access.list_grants',
  text: `select role, team, unique_id as "uniqueId" from rbac_mappings where principal = $1 order by role, team`,
  params: { principal: 'text' },
  row: { role: 'text', team: 'text', uniqueId: 'text?' },
});

/** A key that may sign. */
export const findAccessKey = statement({
  name: 'access.find_key',
  text: `select id, principal from access_keys where id = $1 and revoked_at is null`,
  params: { id: 'text' },
  row: { id: 'text', principal: 'text' },
});

/** Remembers a nonce for a time, by the database's clock. No row: this key has used it already, on whichever server. */
export const useNonce = statement({
  name: 'access.use_nonce',
  text: `
    insert into request_nonces (access_key_id, nonce, expires_at) values ($1, $2, clock_now() + $3::float8 * interval '1 second')
    on conflict do nothing
    returning nonce`,
  params: { accessKeyId: 'text', nonce: 'text', rememberSeconds: 'float8' },
  row: { nonce: 'text' },
});

export const purgeNonces = statement({
  name: 'access.purge_nonces',
  text: `
    with gone as (delete from request_nonces where expires_at < clock_now() returning 1)
    select count(*)::int4 as "count" from gone`,
  params: {},
  row: { count: 'int4' },
});

/** Has this key used this nonce? */
export const findNonce = statement({
  name: 'access.find_nonce',
  text: `select nonce from request_nonces where access_key_id = $1 and nonce = $2`,
  params: { accessKeyId: 'text', nonce: 'text' },
  row: { nonce: 'text' },
});

/** Makes a principal an admin of everything, whoever holds its name. No row: it is one already. */
export const ensureAdmin = statement({
  name: 'access.ensure_admin',
  text: `
    insert into rbac_mappings as m (principal, role, team, granted_by) values ($1, 'platform_admin', '*', $2)
    on conflict (principal, role, team) do update set unique_id = null where m.unique_id is not null
    returning principal`,
  params: { principal: 'text', grantedBy: 'text' },
  row: { principal: 'text' },
});
