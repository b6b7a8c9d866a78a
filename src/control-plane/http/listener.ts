import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { Socket } from 'node:net';
import { ConcurrencyLimiter } from '../kernel/limits/concurrency-limiter.ts';
import { networkOf } from '../kernel/limits/ip-rate-limiter.ts';

/** Limits of one connection. With the defaults of Node and Fastify a slow client is served without end. */
export interface ListenerLimits {
  /** From the first byte, or from the connection when nothing comes, to the end of the headers. */
  readonly headersTimeoutMs: number;
  /** The same to the end of the body. */
  readonly requestTimeoutMs: number;
  /** Interval of the check for connections that are over one of the two. */
  readonly checkIntervalMs: number;
  /** Silence on a connection, in either direction. Event streams have their own limit. */
  readonly idleTimeoutMs: number;
  /** Between two requests of a connection. */
  readonly keepAliveMs: number;
  /** After `close`: connections that are still open are closed then. */
  readonly drainMs: number;
  readonly maxConnections: number;
  /** Of them, those of one network address; proxies that are trusted have no limit, because many clients share them. */
  readonly maxConnectionsPerAddress: number;
}

export const LISTENER_LIMITS: ListenerLimits = {
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 15_000,
  checkIntervalMs: 1_000,
  idleTimeoutMs: 20_000,
  keepAliveMs: 5_000,
  drainMs: 15_000,
  maxConnections: 1_000,
  maxConnectionsPerAddress: 100,
};

/** Certificate and key of a TLS listener. */
export interface ListenerCertificate {
  readonly cert: string;
  readonly key: string;
}

const MAX_HEADER_BYTES = 8_192;
/** Node drops headers beyond this number without a word; `assertVerifiable` rejects such a request. */
export const MAX_HEADERS = 64;
const MAX_REQUESTS_PER_CONNECTION = 1_000;
const HANDSHAKE_TIMEOUT_MS = 10_000;
const MIN_TLS = 'TLSv1.2';

/**
 * Node's HTTP server with every limit set: Fastify leaves a server that it did not make as it is.
 * @param certificate makes it an HTTPS server
 */
export function createListener(
  handler: RequestListener,
  limits: ListenerLimits,
  certificate?: ListenerCertificate,
): Server | TlsServer {
  const options = {
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.requestTimeoutMs,
    connectionsCheckingInterval: limits.checkIntervalMs,
    keepAliveTimeout: limits.keepAliveMs,
    maxHeaderSize: MAX_HEADER_BYTES,
    // Refused by us instead, with a problem: Node's own answer is empty.
    requireHostHeader: false,
  };
  const server =
    certificate === undefined
      ? createServer(options, handler)
      : createTlsServer(
          { ...options, ...tlsOptions(certificate), handshakeTimeout: HANDSHAKE_TIMEOUT_MS },
          handler,
        );
  server.timeout = limits.idleTimeoutMs;
  server.maxHeadersCount = MAX_HEADERS;
  server.maxConnections = limits.maxConnections;
  server.maxRequestsPerSocket = MAX_REQUESTS_PER_CONNECTION;
  // Node would answer an unknown Expect header with an empty 417; it is handled like any other request.
  server.on('checkExpectation', handler);
  return server;
}

/** Closes connections of an address that has `max` open already, before anything is read from them. */
export function limitConnectionsPerAddress(
  server: Server,
  max: number,
  isProxy: (address: string) => boolean,
): void {
  const limiter = new ConcurrencyLimiter(max);
  server.on('connection', (socket: Socket) => {
    const address = socket.remoteAddress ?? '';
    if (isProxy(address)) return;
    const network = networkOf(address);
    if (limiter.acquire(network)) socket.once('close', () => limiter.release(network));
    else socket.destroy();
  });
}

/** New connections get the new certificate; open ones keep theirs. */
export function replaceCertificate(server: Server | TlsServer, certificate: ListenerCertificate): void {
  if ('setSecureContext' in server) server.setSecureContext(tlsOptions(certificate));
}

function tlsOptions({ cert, key }: ListenerCertificate) {
  return { cert, key, minVersion: MIN_TLS } as const;
}

/**
 * Closes what is open `afterMs` after a close began: Node no longer checks for slow connections then, and one of them would hold the
 * close for ever. @returns a function that cancels it
 */
export function forceCloseAfter(server: Server, afterMs: number): () => void {
  const timer = setTimeout(() => server.closeAllConnections(), afterMs);
  return () => clearTimeout(timer);
}
