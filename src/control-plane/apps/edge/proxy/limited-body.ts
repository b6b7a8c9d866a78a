import { Transform, type TransformCallback } from 'node:stream';
import type { ClientRequest } from './client-exchange.ts';

/** The client sent more than the route accepts. */
export class BodyTooLargeError extends Error {}

/**
 * The body of a request on its way to an upstream. Destroying it, as undici does when the upstream answered before the end, leaves
 * the client's connection alone.
 */
export class LimitedBody extends Transform {
  readonly #maxBytes: number;
  readonly #onChunk: (bytes: number) => void;
  #received = 0;

  /** @param onChunk called for what was received; not for a chunk that is over the limit */
  constructor(maxBytes: number, onChunk: (bytes: number) => void) {
    super();
    this.#maxBytes = maxBytes;
    this.#onChunk = onChunk;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    this.#received += chunk.length;
    if (this.#received > this.#maxBytes) {
      done(new BodyTooLargeError(`a body of more than ${this.#maxBytes} bytes`));
      return;
    }
    this.#onChunk(chunk.length);
    done(null, chunk);
  }
}

/** What the client still sends is read and dropped: otherwise its answer is lost in a reset (RFC 9112 §9.6), for so long. */
const LINGER_MS = 5_000;

/** Reads a request to its end after it was answered, and ends the connection of a client that goes on for long. */
export function discardRest(request: ClientRequest): void {
  if (request.complete || request.destroyed) return;
  request.unpipe();
  const timer = setTimeout(() => {
    if ('stream' in request) request.stream.close();
    else request.destroy();
  }, LINGER_MS);
  request.once('close', () => clearTimeout(timer));
  request.once('end', () => clearTimeout(timer));
  request.resume();
}
