import { statement } from '../db/statement.ts';

/**
 * Records an event, with a delivery for each target that wants it, also for a disabled one: a replay sends it. The lock makes a removal
 * of a target wait, which would otherwise fail the transaction of what happened.
 */
export const insertNotificationEvent = statement({
  name: 'notifications.publish',
  text: `
    with event as (
      insert into notification_events (id, type, team, subject, subject_name, data)
      values ($1, $2, $3, $4, $5, $6)
      returning id, type, team
    ), deliveries as (
      insert into notification_deliveries (event_id, target_id, status)
      select $1, t.id, case when t.disabled_at is null then 'PENDING' else 'FAILED' end
      from notification_targets t
      where (t.team is null or t.team = $3)
        and (t.event_types = '{}' or $2 = any(t.event_types))
      for key share of t
    )
    select id from event`,
  params: { id: 'text', type: 'text', team: 'text?', subject: 'text', subjectName: 'text', data: 'jsonb' },
  row: { id: 'text' },
});
