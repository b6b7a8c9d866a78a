import { statement } from '../db/statement.ts';

const TAKE = `
      on conflict (key) do update
        set tat = greatest(case when r.tat <= clock_now() + $4::float8 * interval '1 second' then r.tat end, clock_now())
          + $2::float8 * interval '1 second'
        where r.tat + $2::float8 * interval '1 second' <= clock_now() + $3::float8 * interval '1 second'
          or r.tat > clock_now() + $4::float8 * interval '1 second'
      returning extract(epoch from tat - clock_now())::float8 as "aheadSeconds"`;
const TAKE_PARAMS = {
  key: 'text',
  intervalSeconds: 'float8',
  burstSeconds: 'float8',
  credibleSeconds: 'float8',
} as const;

/**
 * Takes one request from the rate of a key; the upsert locks the row, so that concurrent processes take turns. It moves the
 * theoretical arrival time one interval ($2) ahead, but no further than the burst ($3) allows. A time further ahead than $4 was
 * written before the clock was set back, and starts again from now. No row: the limit is reached.
 */
export const takeFromRate = statement({
  name: 'limits.take',
  text: `
    insert into rate_limits as r (key, tat) values ($1, clock_now() + $2::float8 * interval '1 second')${TAKE}`,
  params: TAKE_PARAMS,
  row: { aheadSeconds: 'float8' },
});

/** The same for a signed request, whose nonce is stored: a request that only reads is then one commit. A used nonce takes nothing. */
export const takeWithNonce = statement({
  name: 'limits.take_with_nonce',
  text: `
    with fresh as (
      insert into request_nonces (access_key_id, nonce, expires_at) values ($5, $6, clock_now() + $7::float8 * interval '1 second')
      on conflict do nothing
      returning nonce
    ), taken as (
      insert into rate_limits as r (key, tat)
      select $1, clock_now() + $2::float8 * interval '1 second' from fresh${TAKE}
    )
    select exists (select from fresh) as "fresh", (select "aheadSeconds" from taken) as "aheadSeconds"`,
  params: { ...TAKE_PARAMS, accessKeyId: 'text', nonce: 'text', rememberSeconds: 'float8' },
  row: { fresh: 'bool', aheadSeconds: 'float8?' },
});

export const readRate = statement({
  name: 'limits.peek',
  text: `select extract(epoch from tat - clock_now())::float8 as "aheadSeconds" from rate_limits where key = $1`,
  params: { key: 'text' },
  row: { aheadSeconds: 'float8' },
});

/** A key whose whole burst is free again needs no row. */
export const purgeRates = statement({
  name: 'limits.purge',
  text: `
    with gone as (delete from rate_limits where tat < clock_now() returning 1)
    select count(*)::int4 as "count" from gone`,
  params: {},
  row: { count: 'int4' },
});
