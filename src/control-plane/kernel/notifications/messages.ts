import type { ClaimedDelivery } from './deliveries.sql.ts';

/** What a delivery tells of its event. */
export type NotificationEvent = Pick<
  ClaimedDelivery,
  'eventId' | 'type' | 'team' | 'subject' | 'subjectName' | 'data' | 'at'
>;

/** Content type of an event in structured mode (CloudEvents HTTP protocol binding 1.0.2, 3.2). */
export const CLOUD_EVENT_TYPE = 'application/cloudevents+json';

/**
 * The event as a CloudEvent 1.0 in JSON (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md).
 * `id` is the same in every delivery, so that a receiver knows a repetition.
 * @param source URI of the installation
 */
export function cloudEvent(event: NotificationEvent, source: string): string {
  return JSON.stringify({
    specversion: '1.0',
    id: event.eventId,
    source,
    type: event.type,
    subject: event.subject,
    time: event.at.toISOString(),
    datacontenttype: 'application/json',
    data: { ...asObject(event.data), team: event.team },
  });
}

/** Names of facts that a person wants to see, in this order. */
const SHOWN = ['reason', 'team', 'owner', 'profile', 'region', 'expiresAt'];
/** Of a section of Slack's blocks. */
const MAX_TEXT = 2_900;

/** The event as a message of a Slack webhook, with plain text for notifications. */
export function slackMessage(event: NotificationEvent): string {
  const data = { ...asObject(event.data), team: event.team };
  const headline = `${event.type}: ${event.subjectName}`;
  const facts = SHOWN.flatMap((name) => {
    const value = data[name as keyof typeof data] as unknown;
    return typeof value === 'string' && value !== '' ? [`*${name}* ${slackText(value)}`] : [];
  });
  const text = [`*${slackText(headline)}*`, ...facts].join('\n').slice(0, MAX_TEXT);
  return JSON.stringify({
    text: slackText(headline),
    blocks: [{ type: 'section', text: { type: 'mrkdwn', text } }],
  });
}

/** Slack reads `&`, `<` and `>` as markup, for example `<!channel>`, which would alert everyone. */
function slackText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

function asObject(data: unknown): Readonly<Record<string, unknown>> {
  return typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : {};
}
