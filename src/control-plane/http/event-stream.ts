import type { ServerResponse } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { OpenStream, StreamMessage } from '../kernel/api/handler.ts';
import { problemOf } from './problems.ts';
import { COMMON_HEADERS } from './responses.ts';

const KEEP_ALIVE_MS = 15_000;
/** A reader that takes nothing for this long is disconnected; it can resume where it was. */
const STALLED_MS = 60_000;

/**
 * Sends messages as server-sent events (WHATWG HTML, 9.2): numbered ones with their number as `id`, the last document as `event: end`.
 * Waits for a slow reader instead of buffering for it, and sends a comment now and then so that proxies keep the connection.
 * @param stop ends the stream without `event: end`: the reader comes back.
 */
export async function sendEventStream(
  request: FastifyRequest,
  reply: FastifyReply,
  messages: OpenStream,
  stop: AbortSignal,
): Promise<void> {
  const response = reply.hijack().raw;
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  // A client that left before this point has already emitted `close`.
  if (response.destroyed || request.raw.socket.destroyed) return;
  request.raw.socket.setTimeout(0);
  // A hijacked reply does not send the headers that were set on it.
  for (const [name, value] of Object.entries(reply.getHeaders())) {
    if (value !== undefined) response.setHeader(name, value);
  }
  response.writeHead(200, {
    ...COMMON_HEADERS,
    'content-type': 'text/event-stream; charset=utf-8',
    'x-request-id': request.id,
    // Proxies that collect answers (nginx) would hold events back.
    'x-accel-buffering': 'no',
    connection: 'close',
  });
  response.flushHeaders();
  const keepAlive = setInterval(
    () => response.writableNeedDrain || response.write(': still here\n\n'),
    KEEP_ALIVE_MS,
  );
  const ended = AbortSignal.any([gone.signal, stop]);
  try {
    for await (const message of messages(ended)) {
      if (!response.write(format(message))) await drained(response, ended);
      if (ended.aborted) break;
    }
  } catch (error) {
    const { isBug, body } = problemOf(error, request.id);
    if (isBug) request.log.error({ err: error }, 'event stream failed');
    else request.log.info({ code: body.code }, 'event stream ended early');
  } finally {
    clearInterval(keepAlive);
    endOrCut(response);
  }
}

function format(message: StreamMessage): string {
  const data = `data: ${JSON.stringify(message)}\n\n`;
  return 'seq' in message ? `id: ${message.seq}\n${data}` : `event: end\n${data}`;
}

/** Resolves when the reader has taken what was written, or is disconnected. */
function drained(response: ServerResponse, ended: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(stalled);
      response.off('drain', done);
      ended.removeEventListener('abort', done);
      resolve();
    };
    const stalled = setTimeout(() => {
      response.destroy();
      done();
    }, STALLED_MS);
    response.once('drain', done);
    ended.addEventListener('abort', done, { once: true });
    if (ended.aborted) done();
  });
}

/** A reader that does not take the last bytes must not delay the server's close. */
function endOrCut(response: ServerResponse): void {
  if (response.closed) return;
  const stalled = setTimeout(() => response.destroy(), STALLED_MS);
  response.on('close', () => clearTimeout(stalled));
  response.end();
}
