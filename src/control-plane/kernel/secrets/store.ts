import { statement } from '../db/statement.ts';

export const upsertSecret = statement({
  name: 'secrets.upsert',
  text: `insert into secrets (id, owner_id, kind, kek_id, wrapped_dek, sealed)
    values ($1, $2, $3, $4, $5, $6)
    on conflict (owner_id, kind) do update
    set kek_id = excluded.kek_id, wrapped_dek = excluded.wrapped_dek, sealed = excluded.sealed, created_at = clock_now()`,
  params: { id: 'text', ownerId: 'text', kind: 'text', kekId: 'text', wrappedDek: 'bytea', sealed: 'bytea' },
  row: {},
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

export const listOldWraps = statement({
  name: 'secrets.list_old_wraps',
  text: `select id, owner_id as "ownerId", kind, kek_id as "kekId", wrapped_dek as "wrappedDek", sealed
    from secrets where kek_id <> $1 and id > $2 order by id limit 100`,
  params: { currentKekId: 'text', afterId: 'text' },
  row: { id: 'text', ownerId: 'text', kind: 'text', kekId: 'text', wrappedDek: 'bytea', sealed: 'bytea' },
});

/** Only the wrap that was read is replaced: a secret that was stored anew meanwhile has a data key of its own. */
export const replaceWrap = statement({
  name: 'secrets.replace_wrap',
  text: `update secrets set kek_id = $3, wrapped_dek = $4 where id = $1 and wrapped_dek = $2 returning id`,
  params: { id: 'text', oldWrappedDek: 'bytea', kekId: 'text', wrappedDek: 'bytea' },
  row: { id: 'text' },
});

export const countByKey = statement({
  name: 'secrets.count_by_key',
  text: `select kek_id as "kekId", count(*) as "count" from secrets group by kek_id`,
  params: {},
  row: { kekId: 'text', count: 'int8' },
});
