import { unexpectedResponseError } from './api-error.ts';
import type { Channel } from './channel.ts';
import { EventStreamParser, type ServerSentEvent } from './event-stream-parser.ts';
import {
  isOutage,
  isTransient,
  OUTAGE_FIRST_BACK_OFF_MS,
  OUTAGE_MAX_BACK_OFF_MS,
  OUTAGE_MS,
} from './outage.ts';
import { backOffMs } from './retry.ts';
import type { ServerContact } from './server-contact.ts';

export interface FollowOptions {
  /** Start after this sequence number. */
  readonly after?: number;
  readonly signal?: AbortSignal;
  /** How long the server may be unreachable before following fails. */
  readonly giveUpAfterMs?: number;
  /** Told of each sign of life, and of each lost connection. */
  readonly contact?: ServerContact;
}

/** The server sends a comment every 15 s; after three missing ones the connection counts as dead. */
const IDLE_TIMEOUT_MS = 45_000;

/**
 * Follows a stream of numbered items, each once and in order; a lost connection resumes after the last one.
 * @param target path and query of the stream
 * @returns the document that ends the stream
 * @throws ApiError, UnreachableError after `giveUpAfterMs`, the reason of the signal if it aborts.
 */
export async function* followStream<Item extends { readonly seq: number }, End>(
  client: Pick<Channel, 'open' | 'clock' | 'random' | 'server'>,
  target: string,
  { after = 0, signal, giveUpAfterMs = OUTAGE_MS, contact }: FollowOptions = {},
): AsyncGenerator<Item, End> {
  let last = after;
  let connectionsWithoutItem = 0;
  let unreachableSinceMs: number | undefined;
  let wasReached = false;
  for (;;) {
    const parser = new EventStreamParser();
    connectionsWithoutItem += 1;
    try {
      const body = await openStream(client, target, last, signal);
      unreachableSinceMs = undefined;
      wasReached = true;
      contact?.listen(true);
      for await (const message of messagesOf(body, parser, contact)) {
        if (message.event === 'end') return documentIn<End>(message, client.server);
        const item = documentIn<Item>(message, client.server);
        if (item.seq <= last) continue;
        last = item.seq;
        connectionsWithoutItem = 0;
        yield item;
      }
    } catch (thrown) {
      const nowMs = client.clock.monotonicMs();
      unreachableSinceMs ??= nowMs;
      const isAway = wasReached ? isOutage(thrown) : isTransient(thrown);
      if (!isAway || nowMs - unreachableSinceMs >= giveUpAfterMs) throw thrown;
      contact?.lost(thrown);
    } finally {
      contact?.listen(false);
    }
    const firstMs = parser.retryMs ?? OUTAGE_FIRST_BACK_OFF_MS;
    await client.clock.sleep(
      backOffMs(connectionsWithoutItem, client.random, firstMs, OUTAGE_MAX_BACK_OFF_MS),
      signal,
    );
  }
}

async function openStream(
  client: Pick<Channel, 'open' | 'server'>,
  target: string,
  after: number,
  signal: AbortSignal | undefined,
): Promise<AsyncIterable<Uint8Array>> {
  const resume = after > 0 ? { 'last-event-id': String(after) } : {};
  const headers = { accept: 'text/event-stream', ...resume };
  const response = await client.open({ method: 'GET', target, headers, signal }, IDLE_TIMEOUT_MS);
  if (/^text\/event-stream\b/i.test(response.header('content-type') ?? '')) return response.body;
  for await (const _ of response.body) break;
  throw unexpectedResponseError(response.status, client.server);
}

function documentIn<T>({ data }: ServerSentEvent, server: string): T {
  try {
    return JSON.parse(data);
  } catch {
    throw unexpectedResponseError(200, server);
  }
}

async function* messagesOf(
  body: AsyncIterable<Uint8Array>,
  parser: EventStreamParser,
  contact: ServerContact | undefined,
): AsyncGenerator<ServerSentEvent> {
  for await (const chunk of body) {
    contact?.heard();
    yield* parser.push(chunk);
  }
}
