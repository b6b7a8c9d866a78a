import { isObject } from '../../../contract/documents.ts';
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
    data: factsOf(event),
  });
}

/** Of a section of Slack's blocks; the limit is 3,000. */
const MAX_TEXT = 2_900;
const MAX_FACTS = 12;

/**
 * The event as a message of a Slack webhook. The facts are plain text on a line each: nothing that a user wrote is read as markup, and
 * none of it can begin a line that looks like another fact.
 */
export function slackMessage(event: NotificationEvent): string {
  const headline = oneLine(`${event.type}: ${event.subjectName}`);
  const { reason, ...rest } = factsOf(event);
  const facts = Object.entries({ ...(reason === undefined ? {} : { reason }), ...rest })
    .filter(([, value]) => typeof value === 'string' || typeof value === 'number')
    .slice(0, MAX_FACTS)
    .map(([name, value]) => `${name}: ${oneLine(String(value))}`);
  const text = [headline, ...facts].join('\n').slice(0, MAX_TEXT);
  return JSON.stringify({
    // Slack reads this one as markup, for example `<!channel>`, which would alert everyone.
    text: headline.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
    blocks: [{ type: 'section', text: { type: 'plain_text', text, emoji: false } }],
  });
}

function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
}

function factsOf({ data, team }: NotificationEvent): Readonly<Record<string, unknown>> {
  return { ...(isObject(data) ? data : {}), team };
}
