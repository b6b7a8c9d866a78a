import { statement } from '../db/statement.ts';

/** False when a request with the same key is running. The lock is released with the transaction. */
export const tryLockIdempotencyKey = statement({
  name: 'idempotency.try_lock',
  text: `select pg_try_advisory_xact_lock(hashtextextended($1, 0)) as "locked"`,
  params: { what: 'text' },
  row: { locked: 'bool' },
});

export const findIdempotencyRecord = statement({
  name: 'idempotency.find',
  text: `
    select fingerprint, status, body
    from idempotency_keys
    where principal = $1 and operation = $2 and key = $3 and expires_at > clock_now()`,
  params: { principal: 'text', operation: 'text', key: 'text' },
  row: { fingerprint: 'text', status: 'int4', body: 'text' },
});

/** Keeps the response for 24 hours, and replaces an expired record that was not purged yet. */
export const insertIdempotencyRecord = statement({
  name: 'idempotency.insert',
  text: `
    insert into idempotency_keys as k (principal, operation, key, fingerprint, status, body, expires_at)
    values ($1, $2, $3, $4, $5, $6, clock_now() + interval '24 hours')
    on conflict (principal, operation, key) do update
      set fingerprint = excluded.fingerprint, status = excluded.status, body = excluded.body,
          created_at = clock_now(), expires_at = excluded.expires_at
      where k.expires_at <= clock_now()
    returning key`,
  params: {
    principal: 'text',
    operation: 'text',
    key: 'text',
    fingerprint: 'text',
    status: 'int4',
    body: 'text',
  },
  row: { key: 'text' },
});

export const purgeIdempotencyRecords = statement({
  name: 'idempotency.purge',
  text: `
    with old as (
      select principal, operation, key from idempotency_keys where expires_at <= clock_now() limit 1000
    ), gone as (
      delete from idempotency_keys k using old
      where (k.principal, k.operation, k.key) = (old.principal, old.operation, old.key)
      returning 1
    )
    select count(*)::int4 as "count" from gone`,
  params: {},
  row: { count: 'int4' },
});
