import { statement } from '../db/statement.ts';

/** Stores a nonce until it expires, by the database clock. No row: this key has used it already, on this or another server. */
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

/** One row when this key has used this nonce. */
export const findNonce = statement({
  name: 'access.find_nonce',
  text: `select nonce from request_nonces where access_key_id = $1 and nonce = $2`,
  params: { accessKeyId: 'text', nonce: 'text' },
  row: { nonce: 'text' },
});
