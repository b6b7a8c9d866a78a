import { statement } from '../db/statement.ts';

export const listOldWraps = statement({
  name: 'secrets.list_old_wraps',
  text: `select id, owner_id as "ownerId", kind, kek_id as "kekId", wrapped_dek as "wrappedDek", sealed
    from secrets where kek_id <> $1 and id > $2 order by id limit 100`,
  params: { currentKekId: 'text', afterId: 'text' },
  row: { id: 'text', ownerId: 'text', kind: 'text', kekId: 'text', wrappedDek: 'bytea', sealed: 'bytea' },
});

/** Replaces only the data key that was read: a secret that was stored again meanwhile has another one. */
export const replaceWrap = statement({
  name: 'secrets.replace_wrap',
  text: `
    with key as (select id from secret_keys where id = $3 and retired_at is null for share)
    update secrets s set kek_id = key.id, wrapped_dek = $4 from key where s.id = $1 and s.wrapped_dek = $2 returning s.id`,
  params: { id: 'text', oldWrappedDek: 'bytea', kekId: 'text', wrappedDek: 'bytea' },
  row: { id: 'text' },
});

export const countByKey = statement({
  name: 'secrets.count_by_key',
  text: `select kek_id as "kekId", count(*) as "count" from secrets group by kek_id`,
  params: {},
  row: { kekId: 'text', count: 'int8' },
});

/** Allows a key to seal. A removed key stays removed. */
export const registerSecretKey = statement({
  name: 'secrets.register_key',
  text: `insert into secret_keys (id) values ($1) on conflict do nothing returning id`,
  params: { id: 'text' },
  row: { id: 'text' },
});

/** From the commit on only this key seals: processes with another key in memory have to read the file again. */
export const retireOtherKeys = statement({
  name: 'secrets.retire_others',
  text: `update secret_keys set retired_at = clock_now() where id <> $1 and retired_at is null returning id`,
  params: { id: 'text' },
  row: { id: 'text' },
});

export const listSecretKeys = statement({
  name: 'secrets.list_keys',
  text: `select id, added_at as "addedAt", removed_at as "removedAt" from secret_keys order by added_at, id`,
  params: {},
  row: { id: 'text', addedAt: 'timestamptz', removedAt: 'timestamptz?' },
});

/** Waits for transactions that are sealing with the key, and blocks new ones. */
export const lockSecretKey = statement({
  name: 'secrets.lock_key',
  text: `select id from secret_keys where id = $1 and removed_at is null for update`,
  params: { id: 'text' },
  row: { id: 'text' },
});

/** Requires the lock of `lockSecretKey`. A separate statement, so that it sees what was sealed before the lock was taken. */
export const markKeyRemoved = statement({
  name: 'secrets.mark_key_removed',
  text: `
    update secret_keys set removed_at = clock_now(), retired_at = coalesce(retired_at, clock_now())
    where id = $1 and not exists (select from secrets where kek_id = $1) returning id`,
  params: { id: 'text' },
  row: { id: 'text' },
});

/** Serialises changes of the key file until the end of the transaction. The number is arbitrary. */
export const lockKeyFile = statement({
  name: 'secrets.lock_key_file',
  text: `select pg_advisory_xact_lock(7043318215) is not null as "locked"`,
  params: {},
  row: { locked: 'bool' },
});
