import { randomUUID } from 'node:crypto';
import type { Message, SQSClient, SQSClientConfig } from '@aws-sdk/client-sqs';
import * as z from 'zod';

export interface SqsOptions {
  /** URL of a FIFO queue. */
  readonly queueUrl: string;
  /** Used if the URL names no region. */
  readonly region: string;
  /** Default: the credential chain of the SDK (environment, shared files, instance role). */
  readonly credentials?: NonNullable<SQSClientConfig['credentials']>;
  /** How long a request waits for a message, in seconds. Default: 20, the longest that SQS permits. */
  readonly waitSeconds?: number;
  /** How long a received message is hidden from the other workers, in seconds. Default: 30. */
  readonly visibilitySeconds?: number;
}

/** A message that was received and is hidden from the others until it is removed, released or its time is over. */
export interface ReceivedMessage {
  readonly handle: string;
  /** The lane that became ready; undefined when it is not a message of ocpctl. */
  readonly resourceId: string | undefined;
  /** How often it was received, this time included. */
  readonly receiveCount: number;
}

/** What is known of the queue and its dead-letter queue. Counts are approximate in SQS. */
export interface QueueState {
  readonly waiting: number;
  readonly inFlight: number;
  /** Messages in the dead-letter queue; undefined when the queue has none. */
  readonly deadLetters: number | undefined;
}

/** Requests of SQS have at most ten messages. */
export const MAX_BATCH = 10;
const SEND_TIMEOUT_MS = 5_000;
const DEFAULT_WAIT_SECONDS = 20;
const DEFAULT_VISIBILITY_SECONDS = 30;

/** Newer versions may add fields. */
const wakeUp = z.object({ version: z.literal(1), resourceId: z.string().min(1).max(128) });
const redrivePolicy = z.object({ deadLetterTargetArn: z.string() });

/** The calls that wake-ups need. The SDK is loaded at the first one. */
export class SqsQueue {
  readonly #o: SqsOptions;
  #client: Promise<SQSClient> | undefined;

  constructor(options: SqsOptions) {
    this.#o = options;
  }

  /**
   * Sends one message for each resource, in its own group. Each has a new deduplication id: SQS would swallow the second wake-up of a
   * resource within five minutes; the same id is used only when the SDK repeats a request.
   * @returns those that SQS did not take and that may be sent again
   */
  async send(resourceIds: readonly string[]): Promise<string[]> {
    const { SendMessageBatchCommand } = await import('@aws-sdk/client-sqs');
    const command = new SendMessageBatchCommand({
      QueueUrl: this.#o.queueUrl,
      Entries: resourceIds.map((resourceId, index) => ({
        Id: String(index),
        MessageBody: JSON.stringify({ version: 1, resourceId }),
        MessageGroupId: resourceId,
        MessageDeduplicationId: randomUUID(),
      })),
    });
    const client = await this.#open();
    const { Failed = [] } = await client.send(command, { abortSignal: AbortSignal.timeout(SEND_TIMEOUT_MS) });
    return Failed.filter(({ SenderFault }) => SenderFault !== true).flatMap(({ Id }) => {
      const resourceId = resourceIds[Number(Id)];
      return resourceId === undefined ? [] : [resourceId];
    });
  }

  /** Waits for messages. @returns none when there was none in the time */
  async receive(count: number, signal: AbortSignal): Promise<ReceivedMessage[]> {
    const { ReceiveMessageCommand } = await import('@aws-sdk/client-sqs');
    const { queueUrl, waitSeconds, visibilitySeconds } = this.#o;
    const command = new ReceiveMessageCommand({
      QueueUrl: queueUrl,
      MaxNumberOfMessages: Math.min(MAX_BATCH, count),
      WaitTimeSeconds: waitSeconds ?? DEFAULT_WAIT_SECONDS,
      VisibilityTimeout: visibilitySeconds ?? DEFAULT_VISIBILITY_SECONDS,
      MessageSystemAttributeNames: ['ApproximateReceiveCount'],
    });
    const client = await this.#open();
    const { Messages = [] } = await client.send(command, { abortSignal: signal });
    return Messages.flatMap(receivedMessage);
  }

  /** The handle of a message whose time is over is rejected; it then comes again and costs one claim. */
  async remove(messages: readonly ReceivedMessage[]): Promise<void> {
    const { DeleteMessageBatchCommand } = await import('@aws-sdk/client-sqs');
    const Entries = messages.map(({ handle }, index) => ({ Id: String(index), ReceiptHandle: handle }));
    const client = await this.#open();
    const command = new DeleteMessageBatchCommand({ QueueUrl: this.#o.queueUrl, Entries });
    await client.send(command, { abortSignal: AbortSignal.timeout(SEND_TIMEOUT_MS) });
  }

  /** Shows messages to the other workers at once. */
  async release(messages: readonly ReceivedMessage[]): Promise<void> {
    const { ChangeMessageVisibilityBatchCommand } = await import('@aws-sdk/client-sqs');
    const Entries = messages.map(({ handle }, index) => ({
      Id: String(index),
      ReceiptHandle: handle,
      VisibilityTimeout: 0,
    }));
    const client = await this.#open();
    const command = new ChangeMessageVisibilityBatchCommand({ QueueUrl: this.#o.queueUrl, Entries });
    await client.send(command, { abortSignal: AbortSignal.timeout(SEND_TIMEOUT_MS) });
  }

  async state(): Promise<QueueState> {
    const own = await this.#attributes(this.#o.queueUrl);
    const policy = own['RedrivePolicy'];
    const dlqName =
      policy === undefined ? undefined : redrivePolicy.parse(JSON.parse(policy)).deadLetterTargetArn;
    return {
      waiting: countOf(own, 'ApproximateNumberOfMessages'),
      inFlight: countOf(own, 'ApproximateNumberOfMessagesNotVisible'),
      deadLetters: dlqName === undefined ? undefined : await this.#depthOf(dlqName),
    };
  }

  async close(): Promise<void> {
    const client = await this.#client?.catch(() => undefined);
    client?.destroy();
  }

  async #depthOf(arn: string): Promise<number> {
    const { GetQueueUrlCommand } = await import('@aws-sdk/client-sqs');
    const client = await this.#open();
    const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: arn.split(':').at(-1) }));
    if (QueueUrl === undefined) throw new Error(`no URL of the queue ${arn}`);
    // By the same way as the queue: in a network with an endpoint of its own the name of AWS may lead nowhere.
    const url = new URL(new URL(QueueUrl).pathname, this.#o.queueUrl).href;
    return countOf(await this.#attributes(url), 'ApproximateNumberOfMessages');
  }

  async #attributes(queueUrl: string): Promise<Record<string, string>> {
    const { GetQueueAttributesCommand } = await import('@aws-sdk/client-sqs');
    const client = await this.#open();
    const command = new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: ['All'] });
    const { Attributes = {} } = await client.send(command, {
      abortSignal: AbortSignal.timeout(SEND_TIMEOUT_MS),
    });
    return Attributes;
  }

  #open(): Promise<SQSClient> {
    this.#client ??= openClient(this.#o);
    return this.#client;
  }
}

async function openClient({ queueUrl, region, credentials, waitSeconds }: SqsOptions): Promise<SQSClient> {
  const { SQSClient } = await import('@aws-sdk/client-sqs');
  const socketTimeout = ((waitSeconds ?? DEFAULT_WAIT_SECONDS) + 10) * 1_000;
  return new SQSClient({
    region: /\bsqs\.([a-z0-9-]+)\./.exec(queueUrl)?.[1] ?? region,
    // The SDK would print a warning for each call to another host than that of the region.
    endpoint: new URL(queueUrl).origin,
    // Callers try again themselves, and meanwhile the table is polled.
    maxAttempts: 2,
    requestHandler: { connectionTimeout: 3_000, socketTimeout },
    ...(credentials === undefined ? {} : { credentials }),
  });
}

function receivedMessage({ Body, ReceiptHandle, Attributes = {} }: Message): ReceivedMessage[] {
  if (ReceiptHandle === undefined) return [];
  const receiveCount = Number(Attributes['ApproximateReceiveCount'] ?? 1);
  return [{ handle: ReceiptHandle, resourceId: resourceOf(Body ?? ''), receiveCount }];
}

function resourceOf(body: string): string | undefined {
  try {
    return wakeUp.safeParse(JSON.parse(body)).data?.resourceId;
  } catch {
    return undefined; // not JSON, so not of ocpctl
  }
}

function countOf(attributes: Readonly<Record<string, string>>, name: string): number {
  return Number(attributes[name] ?? 0);
}
