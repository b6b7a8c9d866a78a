import { createHash, randomUUID } from 'node:crypto';
import type { PublishCommandInput, SNSClient } from '@aws-sdk/client-sns';
import type { AttemptResult } from '../delivery-schedule.ts';
import { cloudEvent, type NotificationEvent } from '../messages.ts';

const TOPIC_ARN = /^arn:aws[\w-]*:sns:([a-z0-9-]+):\d{12}:([\w-]{1,256}(\.fifo)?)$/;

/** @returns region and name of a topic; undefined for what is not its ARN */
export function parseTopicArn(text: string): { region: string; name: string; isFifo: boolean } | undefined {
  const [, region, name, fifo] = TOPIC_ARN.exec(text) ?? [];
  return region === undefined || name === undefined
    ? undefined
    : { region, name, isFifo: fifo !== undefined };
}

export interface SnsOptions {
  /** URI of the installation, the source of its CloudEvents. */
  readonly source: string;
  /** Default: AWS. */
  readonly endpoint: string | undefined;
}

/** Publishes to a topic with the server's own AWS credentials (`sns:Publish`). */
export async function sendSns(
  topicArn: string,
  event: NotificationEvent,
  { source, endpoint }: SnsOptions,
  signal: AbortSignal,
): Promise<AttemptResult> {
  const topic = parseTopicArn(topicArn);
  if (topic === undefined) return { kind: 'unreachable', text: 'not the ARN of a topic', isFinal: true };
  const { SNSClient: Client, PublishCommand } = await import('@aws-sdk/client-sns');
  const client: SNSClient = new Client({
    region: topic.region,
    ...(endpoint === undefined ? {} : { endpoint }),
  });
  const input: PublishCommandInput = {
    TopicArn: topicArn,
    Message: cloudEvent(event, source),
    Subject: `${event.type}: ${event.subjectName}`.slice(0, 99),
    MessageAttributes: { type: { DataType: 'String', StringValue: event.type } },
    ...(topic.isFifo ? { MessageGroupId: groupOf(event.subject), MessageDeduplicationId: randomUUID() } : {}),
  };
  try {
    await client.send(new PublishCommand(input), { abortSignal: signal });
    return { kind: 'delivered', text: 'published' };
  } catch (thrown) {
    signal.throwIfAborted();
    return { kind: 'unreachable', text: thrown instanceof Error ? thrown.name : String(thrown) };
  } finally {
    client.destroy();
  }
}

/** A subject can be a team with spaces, which SNS rejects in a group. A replay has to arrive, so nothing is deduplicated by event. */
function groupOf(subject: string): string {
  return createHash('sha256').update(subject).digest('hex');
}
