import { type RowOf, statement } from '../db/statement.ts';

/**
 * Claims deliveries that are due: the first of each target before the second of any, at most five of one, so that the backlog of some
 * targets does not delay the others. A claim that its
 * process never settles is due again after `leaseMs`.
 */
export const claimDeliveries = statement({
  name: 'notifications.claim_deliveries',
  text: `
    with due as (
      select target_id, event_id
      from (
        select target_id, event_id, next_at, row_number() over (partition by target_id order by next_at, event_id) as rank
        from notification_deliveries
        where status = 'PENDING' and next_at <= clock_now()
      ) as ranked
      where rank <= 5
      order by rank, next_at
      limit $1
    )
    update notification_deliveries d
    set attempts = d.attempts + 1, last_at = clock_now(), next_at = clock_now() + $2::float8 * interval '1 millisecond'
    from due, notification_targets t, notification_events e
    where (d.target_id, d.event_id) = (due.target_id, due.event_id) and d.status = 'PENDING' and d.next_at <= clock_now()
      and t.id = d.target_id and e.id = d.event_id
    returning d.target_id as "targetId", d.event_id as "eventId", d.attempts, t.kind, t.address, e.type, e.team, e.subject,
      e.subject_name as "subjectName", e.data, e.at`,
  params: { limit: 'int4', leaseMs: 'float8' },
  row: {
    targetId: 'text',
    eventId: 'text',
    attempts: 'int4',
    kind: 'text',
    address: 'text',
    type: 'text',
    team: 'text?',
    subject: 'text',
    subjectName: 'text',
    data: 'jsonb',
    at: 'timestamptz',
  },
});
export type ClaimedDelivery = RowOf<typeof claimDeliveries>;

/** What became of an attempt. No row: the delivery was settled or claimed again meanwhile. */
export const settleDelivery = statement({
  name: 'notifications.settle_delivery',
  text: `
    update notification_deliveries
    set status = $4, last_result = $5, next_at = clock_now() + $6::float8 * interval '1 millisecond'
    where target_id = $1 and event_id = $2 and attempts = $3 and (status = 'PENDING' or $4 = 'DELIVERED')
    returning event_id as "eventId"`,
  params: {
    targetId: 'text',
    eventId: 'text',
    attempts: 'int4',
    status: 'text',
    result: 'text',
    retryInMs: 'float8',
  },
  row: { eventId: 'text' },
});

/** An event for one target alone, whatever types it wants. */
export const insertTestDelivery = statement({
  name: 'notifications.insert_test_delivery',
  text: `
    with event as (
      insert into notification_events (id, type, team, subject, subject_name, data)
      select $1, 'notification.test', team, id, name, $3 from notification_targets where id = $2
      returning id
    )
    insert into notification_deliveries (event_id, target_id) select id, $2 from event
    returning event_id as "eventId"`,
  params: { eventId: 'text', targetId: 'text', data: 'jsonb' },
  row: { eventId: 'text' },
});

/** Newest first; ids of events sort by time. */
export const pageDeliveries = statement({
  name: 'notifications.page_deliveries',
  text: `
    select e.id as "eventId", e.type, e.team, e.subject, e.subject_name as "subjectName", e.at, t.id as "targetId",
      t.name as "targetName", d.status, d.attempts, d.last_at as "lastAt", d.next_at as "nextAt", d.last_result as "lastResult"
    from notification_deliveries d
    join notification_events e on e.id = d.event_id
    join notification_targets t on t.id = d.target_id
    where ($1::text is null or (d.event_id, d.target_id) < ($1, $2))
      and ($3::text is null or t.id = $3)
      and ($4::text is null or d.status = $4)
      and ($5::text is null or e.id = $5)
    order by d.event_id desc, d.target_id desc
    limit $6`,
  params: {
    beforeEvent: 'text?',
    beforeTarget: 'text',
    targetId: 'text?',
    status: 'text?',
    eventId: 'text?',
    limit: 'int4',
  },
  row: {
    eventId: 'text',
    type: 'text',
    team: 'text?',
    subject: 'text',
    subjectName: 'text',
    at: 'timestamptz',
    targetId: 'text',
    targetName: 'text',
    status: 'text',
    attempts: 'int4',
    lastAt: 'timestamptz?',
    nextAt: 'timestamptz',
    lastResult: 'text?',
  },
});
export type DeliveryRow = RowOf<typeof pageDeliveries>;

/** Sends again at once: the given events, or without any those that were given up. */
export const replayDeliveries = statement({
  name: 'notifications.replay_deliveries',
  text: `
    with replayed as (
      update notification_deliveries
      set status = 'PENDING', attempts = 0, next_at = clock_now()
      where target_id = $1 and case when $2::text[] is null then status = 'FAILED' else event_id = any($2) end
      returning 1
    )
    select count(*)::int4 as "count" from replayed`,
  params: { targetId: 'text', eventIds: 'text[]?' },
  row: { count: 'int4' },
});

export const countOldEvents = statement({
  name: 'notifications.count_old_events',
  text: `select count(*)::int4 as "count" from notification_events where at < clock_now() - $1::float8 * interval '1 day'`,
  params: { days: 'float8' },
  row: { count: 'int4' },
});

/** With their deliveries, the oldest first. */
export const deleteOldEvents = statement({
  name: 'notifications.delete_old_events',
  text: `
    with gone as (
      delete from notification_events
      where id in (select id from notification_events where at < clock_now() - $1::float8 * interval '1 day' order by at limit 1000)
      returning 1
    )
    select count(*)::int4 as "count" from gone`,
  params: { days: 'float8' },
  row: { count: 'int4' },
});
