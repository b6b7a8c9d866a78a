import { statement } from '../db/statement.ts';

/** Records an event, with a delivery for each target that wants it. */
export const insertNotificationEvent = statement({
  name: 'notifications.publish',
  text: `
    with event as (
      insert into notification_events (id, type, team, subject, subject_name, data)
      values ($1, $2, $3, $4, $5, $6)
      returning id, type, team
    ), deliveries as (
      insert into notification_deliveries (event_id, target_id)
      select event.id, t.id
      from event join notification_targets t
        on t.disabled_at is null
        and (t.team is null or t.team = event.team)
        and (t.event_types = '{}' or event.type = any(t.event_types))
    )
    select id from event`,
  params: { id: 'text', type: 'text', team: 'text?', subject: 'text', subjectName: 'text', data: 'jsonb' },
  row: { id: 'text' },
});
