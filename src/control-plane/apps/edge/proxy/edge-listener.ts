import { createServer, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { EdgeRequest } from './client-exchange.ts';

/** Limits of one connection of a client. */
export interface EdgeLimits {
  /** From the first byte, or from the connection when nothing comes, to the end of the headers. */
  readonly headersTimeoutMs: number;
  /** Interval of the check for connections that are over it. */
  readonly checkIntervalMs: number;
  /** Between two requests of a connection. */
  readonly keepAliveMs: number;
  readonly maxHeaderBytes: number;
  readonly maxConnections: number;
  /** Silence of a client that has not sent its whole body. */
  readonly bodyIdleMs: number;
  /** Time that a client may take to read what was written to it. */
  readonly sendIdleMs: number;
  /** From the close frame of a WebSocket to the end of its connections when one side does not answer. */
  readonly webSocketCloseMs: number;
}

export const EDGE_LIMITS: EdgeLimits = {
  headersTimeoutMs: 10_000,
  checkIntervalMs: 1_000,
  keepAliveMs: 75_000,
  maxHeaderBytes: 16 * 1024,
  maxConnections: 10_000,
  bodyIdleMs: 30_000,
  sendIdleMs: 60_000,
  webSocketCloseMs: 2_000,
};

/** Answers by code of Node's parser; all others are a 400. */
const MALFORMED: Readonly<Record<string, string>> = {
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
};

export function createEdgeListener(limits: EdgeLimits): Server {
  const server = createServer({
    IncomingMessage: EdgeRequest,
    insecureHTTPParser: false,
    connectionsCheckingInterval: limits.checkIntervalMs,
  });
  applyLimits(server, limits);
  server.on('clientError', rejectMalformedRequest);
  return server;
}

/** Node's HTTPS server for HTTP/2 takes none of them as options for its HTTP/1.1, and reads the same properties. */
interface LimitedServer {
  headersTimeout?: number;
  requestTimeout?: number;
  connectionsCheckingInterval?: number;
  keepAliveTimeout?: number;
  maxHeaderSize?: number;
  maxHeadersCount?: number | null;
  maxConnections: number;
  requireHostHeader?: boolean;
}

export function applyLimits(server: LimitedServer, limits: EdgeLimits): void {
  server.headersTimeout = limits.headersTimeoutMs;
  // A large body may take as long as it keeps coming.
  server.requestTimeout = 0;
  server.connectionsCheckingInterval = limits.checkIntervalMs;
  server.keepAliveTimeout = limits.keepAliveMs;
  server.maxHeaderSize = limits.maxHeaderBytes;
  // Node drops headers beyond a number without a word; their size is limited.
  server.maxHeadersCount = 0;
  server.maxConnections = limits.maxConnections;
  // The edge answers a request without it, with a page.
  server.requireHostHeader = false;
}

/** On a connection that has carried an answer it writes nothing: the bytes could end up inside that answer. */
export function rejectMalformedRequest(error: { code?: string }, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable || socket.bytesWritten > 0) {
    socket.destroy();
    return;
  }
  const status = MALFORMED[error.code ?? ''] ?? '400 Bad Request';
  socket.end(`HTTP/1.1 ${status}\r\nconnection: close\r\ncontent-length: 0\r\n\r\n`, () => socket.destroy());
}
