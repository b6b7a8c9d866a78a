import { IncomingMessage, type OutgoingHttpHeaders, type ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

export type ClientRequest = IncomingMessage | Http2ServerRequest;

/** What the answers of HTTP/1.1 and HTTP/2 have in common. */
export interface ClientResponse {
  readonly headersSent: boolean;
  readonly writableFinished: boolean;
  writeHead(status: number, headers: OutgoingHttpHeaders): unknown;
  writeContinue(): void;
  write(chunk: Buffer): boolean;
  end(chunk?: string): unknown;
  destroy(error?: Error): unknown;
  on(event: 'close' | 'drain' | 'error', listener: () => void): unknown;
}

/** Both kinds fit; TypeScript cannot call the overloads of a union. */
export function clientResponse(response: ServerResponse | Http2ServerResponse): ClientResponse {
  return response as ClientResponse;
}

/**
 * A request that is an upgrade only when it asks for a WebSocket and has no body. Node hands every other upgrade to the same listener,
 * without the parser that an answer needs; a client that offers `h2c` with an ordinary request expects an ordinary answer (RFC 9110 §7.8).
 */
export class EdgeRequest extends IncomingMessage {
  /** Declared only: the constructor of the base class sets it. */
  declare private asksForUpgrade: boolean | null;

  set upgrade(asked: boolean | null) {
    this.asksForUpgrade = asked;
  }

  /** Node asks when the headers are complete. */
  get upgrade(): boolean {
    if (this.asksForUpgrade !== true) return false;
    return this.method === 'CONNECT' || (this.method === 'GET' && isWebSocket(this) && !hasBody(this));
  }
}

function isWebSocket({ headers }: IncomingMessage): boolean {
  return headers.upgrade?.trim().toLowerCase() === 'websocket';
}

/** RFC 9112 §6.3: only these two say that there is one. */
export function hasBody(request: ClientRequest): boolean {
  if ('stream' in request) return !request.stream.endAfterHeaders;
  const { headers } = request;
  if (headers['transfer-encoding'] !== undefined) return true;
  const length = headers['content-length'];
  return length !== undefined && Number(length) !== 0;
}
