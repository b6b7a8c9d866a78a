import { statement } from '../db/statement.ts';

/**
 * Takes one from a key's rate, if it has one: the upsert holds the row, so that any number of processes take in turn. It moves the
 * theoretical arrival time one interval ($2) ahead, but no further than the burst ($3) allows.
 * One that is further ahead than any use explains ($4) was written under a clock that has been set back since: it begins anew.
 * No row: refused. `aheadSeconds`: how far it lies ahead now.
 */
export const takeFromRate = statement({
  name: 'limits.take',
  text: `
    insert into rate_limits as r (key, tat) values ($1, clock_now() + $2::float8 * interval '1 second')
    on conflict (key) do update
      set tat = greatest(case when r.tat <= clock_now() + $4::float8 * interval '1 second' then r.tat end, clock_now())
        + $2::float8 * interval '1 second'
      where r.tat + $2::float8 * interval '1 second' <= clock_now() + $3::float8 * interval '1 second'
        or r.tat > clock_now() + $4::float8 * interval '1 second'
    returning extract(epoch from tat - clock_now())::float8 as "aheadSeconds"`,
  params: { key: 'text', intervalSeconds: 'float8', burstSeconds: 'float8', credibleSeconds: 'float8' },
  row: { aheadSeconds: 'float8' },
});

export const readRate = statement({
  name: 'limits.look',
  text: `select extract(epoch from tat - clock_now())::float8 as "aheadSeconds" from rate_limits where key = $1`,
  params: { key: 'text' },
  row: { aheadSeconds: 'float8' },
});

/** What is all free again need not be remembered. */
export const purgeRates = statement({
  name: 'limits.purge',
  text: `
    with gone as (delete from rate_limits where tat < clock_now() returning 1)
    select count(*)::int4 as "count" from gone`,
  params: {},
  row: { count: 'int4' },
});
