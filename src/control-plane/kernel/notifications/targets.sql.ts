import { type RowOf, statement } from '../db/statement.ts';

const COLUMNS = `id, name, kind, address, team, event_types as "eventTypes", created_by as "createdBy", created_at as "createdAt",
    disabled_at as "disabledAt", disabled_reason as "disabledReason"`;
const ROW = {
  id: 'text',
  name: 'text',
  kind: 'text',
  address: 'text',
  team: 'text?',
  eventTypes: 'text[]',
  createdBy: 'text',
  createdAt: 'timestamptz',
  disabledAt: 'timestamptz?',
  disabledReason: 'text?',
} as const;

/** No row: another target has the name. */
export const insertTarget = statement({
  name: 'notifications.insert_target',
  text: `
    insert into notification_targets (id, name, kind, address, team, event_types, created_by)
    values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (name) do nothing
    returning ${COLUMNS}`,
  params: {
    id: 'text',
    name: 'text',
    kind: 'text',
    address: 'text',
    team: 'text?',
    eventTypes: 'text[]',
    createdBy: 'text',
  },
  row: ROW,
});
export type TargetRow = RowOf<typeof insertTarget>;

/** By id or name. */
export const getTarget = statement({
  name: 'notifications.get_target',
  text: `select ${COLUMNS} from notification_targets where id = $1 or name = $1`,
  params: { idOrName: 'text' },
  row: ROW,
});

/** Ordered by name, starting after the given one. */
export const pageTargets = statement({
  name: 'notifications.page_targets',
  text: `select ${COLUMNS} from notification_targets where name > $1 order by name limit $2`,
  params: { afterName: 'text', limit: 'int4' },
  row: ROW,
});

/** With its deliveries. */
export const deleteTarget = statement({
  name: 'notifications.delete_target',
  text: `delete from notification_targets where id = $1 returning id`,
  params: { id: 'text' },
  row: { id: 'text' },
});

/** Its pending deliveries become dead letters, which a replay sends when it is enabled again. */
export const disableTarget = statement({
  name: 'notifications.disable_target',
  text: `
    with given_up as (
      update notification_deliveries set status = 'FAILED' where target_id = $1 and status = 'PENDING'
    )
    update notification_targets set disabled_at = clock_now(), disabled_reason = $2
    where id = $1 and disabled_at is null
    returning id`,
  params: { id: 'text', reason: 'text' },
  row: { id: 'text' },
});

export const enableTarget = statement({
  name: 'notifications.enable_target',
  text: `update notification_targets set disabled_at = null, disabled_reason = null where id = $1 returning id`,
  params: { id: 'text' },
  row: { id: 'text' },
});
