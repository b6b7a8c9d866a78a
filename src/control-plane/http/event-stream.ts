import type { FastifyReply, FastifyRequest } from 'fastify';
import type { components } from '../../contract/api.gen.ts';

type Message = components['schemas']['JobEvent'] | components['schemas']['Job'];

const KEEP_ALIVE_MS = 15_000;

/**
 * Sends messages as server-sent events (WHATWG HTML, 9.2): events with their sequence number as `id`, the ended job as `event: end`.
 * Waits for a slow reader instead of buffering for it, and sends a comment now and then so that proxies keep the connection.
 */
export async function sendEventStream(
  request: FastifyRequest,
  reply: FastifyReply,
  messages: (signal: AbortSignal) => AsyncGenerator<Message>,
  draining: AbortSignal,
): Promise<void> {
  const gone = new AbortController();
  const response = reply.hijack().raw;
  request.raw.socket.setTimeout(0);
  response.on('close', () => gone.abort());
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-request-id': request.id,
    connection: 'close',
  });
  const keepAlive = setInterval(() => response.write(': still here\n\n'), KEEP_ALIVE_MS);
  try {
    for await (const message of messages(AbortSignal.any([gone.signal, draining]))) {
      if (!response.write(format(message))) await drained(response, gone.signal);
    }
  } catch (error) {
    request.log.error({ err: error }, 'the event stream broke');
  } finally {
    clearInterval(keepAlive);
    response.end();
  }
}

function format(message: Message): string {
  const data = `data: ${JSON.stringify(message)}\n\n`;
  return 'seq' in message ? `id: ${message.seq}\n${data}` : `event: end\n${data}`;
}

function drained(response: NodeJS.WritableStream, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    response.once('drain', resolve);
    gone.addEventListener('abort', () => resolve(), { once: true });
  });
}
