import { statement } from '../db/statement.ts';

/** No row: the key is not registered, or is retired. The lock on its row prevents its removal meanwhile. */
export const upsertSecret = statement({
  name: 'secrets.upsert',
  text: `
    with key as (select id from secret_keys where id = $4 and retired_at is null for share)
    insert into secrets (id, owner_id, kind, kek_id, wrapped_dek, sealed)
    select $1, $2, $3, key.id, $5, $6 from key
    on conflict (owner_id, kind) do update
    set kek_id = excluded.kek_id, wrapped_dek = excluded.wrapped_dek, sealed = excluded.sealed, created_at = clock_now()
    returning id`,
  params: { id: 'text', ownerId: 'text', kind: 'text', kekId: 'text', wrappedDek: 'bytea', sealed: 'bytea' },
  row: { id: 'text' },
});

export const findSecret = statement({
  name: 'secrets.find',
  text: `select kek_id as "kekId", wrapped_dek as "wrappedDek", sealed
    from secrets where owner_id = $1 and kind = $2`,
  params: { ownerId: 'text', kind: 'text' },
  row: { kekId: 'text', wrappedDek: 'bytea', sealed: 'bytea' },
});

export const deleteSecret = statement({
  name: 'secrets.delete',
  text: 'delete from secrets where owner_id = $1 and kind = $2 returning id',
  params: { ownerId: 'text', kind: 'text' },
  row: { id: 'text' },
});
