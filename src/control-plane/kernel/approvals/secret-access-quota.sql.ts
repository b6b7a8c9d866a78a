import { statement } from '../db/statement.ts';

/** Serialises secret accesses of one principal, so that their count is exact. */
export const lockSecretAccesses = statement({
  name: 'approvals.lock_secret_accesses',
  text: `select pg_advisory_xact_lock(hashtextextended('secret-accesses:' || $1, 0)) is not null as "locked"`,
  params: { principal: 'text' },
  row: { locked: 'bool' },
});

/** Counts one access. No row: the principal has reached the limit of this hour. */
export const insertSecretAccess = statement({
  name: 'approvals.insert_secret_access',
  text: `
    insert into secret_accesses (principal)
    select $1 where (select count(*) from secret_accesses where principal = $1 and at > clock_now() - interval '1 hour') < $2
    returning at`,
  params: { principal: 'text', perHour: 'int4' },
  row: { at: 'timestamptz' },
});

/** Seconds until the oldest access of the hour no longer counts. */
export const nextSecretAccess = statement({
  name: 'approvals.next_secret_access',
  text: `
    select ceil(extract(epoch from min(at) + interval '1 hour' - clock_now()))::int4 as "seconds"
    from secret_accesses where principal = $1 and at > clock_now() - interval '1 hour'
    having count(*) > 0`,
  params: { principal: 'text' },
  row: { seconds: 'int4' },
});

export const purgeSecretAccesses = statement({
  name: 'approvals.purge_secret_accesses',
  text: `
    with gone as (delete from secret_accesses where at < clock_now() - interval '1 hour' returning 1)
    select count(*)::int4 as "count" from gone`,
  params: {},
  row: { count: 'int4' },
});
