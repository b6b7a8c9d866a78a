import { randomUUID } from 'node:crypto';
import type { EventEmitter } from 'node:events';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Http2SecureServer, Http2ServerResponse, ServerHttp2Session } from 'node:http2';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Clock, systemClock } from '../../../kernel/clock.ts';
import type { Log } from '../../../kernel/telemetry/log.ts';
import type { MetricSet } from '../../../kernel/telemetry/metrics.ts';
import type { Edge, EdgeState, EdgeTraffic } from '../edge-state.ts';
import type { EdgeTls } from '../tls/edge-tls.ts';
import { HostCertificates } from '../tls/host-certificates.ts';
import { type ClientRequest, clientResponse } from './client-exchange.ts';
import { createEdgeListener, EDGE_LIMITS, type EdgeLimits } from './edge-listener.ts';
import { EdgeMetrics } from './edge-metrics.ts';
import { RequestHandler } from './request-handler.ts';
import { RoutingTable } from './routing-table.ts';
import { createSecureListener } from './secure-listener.ts';

export interface EdgeOptions {
  readonly log: Log;
  /** Default: `req_` with a random UUID. */
  readonly newRequestId?: () => string;
  /** Default: plain HTTP. */
  readonly tls?: EdgeTls;
  readonly clock?: Pick<Clock, 'monotonicMs' | 'now'>;
  readonly limits?: Partial<EdgeLimits>;
  /** Whether the word of this address on who asks counts (X-Forwarded-For, X-Request-Id); default of none. */
  readonly isTrustedProxy?: (address: string) => boolean;
  /** Share of requests with a line in the access log, from 0 (off) to 1 (default); those that failed with 5xx always have one unless it is 0. */
  readonly accessLogShare?: number;
  readonly random?: () => number;
}

export interface EdgeAddress {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
}

export interface RunningEdge extends Edge {
  /** For `createMetrics`. */
  readonly metrics: MetricSet;
  /** @returns the port */
  listen(address: EdgeAddress): Promise<number>;
  /** Takes no more connections, ends idle ones and WebSockets (1001), and after `graceMs` what is still in progress. */
  close(graceMs: number): Promise<void>;
}

/** Connections that wait to be accepted; the system may allow fewer (net.core.somaxconn). Node's 511 overflows in a burst. */
const BACKLOG = 4_096;

export function createEdge(options: EdgeOptions): RunningEdge {
  return new BuiltinEdge(options);
}

class BuiltinEdge implements RunningEdge {
  readonly #log: Log;
  readonly metrics = new EdgeMetrics(() => this.#table.servicesInFlight());
  readonly #table = new RoutingTable((serviceId) => this.metrics.forget(serviceId));
  readonly #server: Server | Http2SecureServer;
  readonly #certificates: HostCertificates | undefined;
  /** Of TCP, also those that carry WebSockets, which the server no longer knows. */
  readonly #sockets = new Set<Socket>();
  readonly #sessions = new Set<ServerHttp2Session>();
  #draining = false;

  constructor(options: EdgeOptions) {
    const { log, tls, clock = systemClock } = options;
    const limits = { ...EDGE_LIMITS, ...options.limits };
    this.#log = log;
    if (tls?.kind === 'internal')
      this.#certificates = new HostCertificates({
        authority: tls.authority,
        isKnown: (host) => this.#table.find(host) !== undefined,
        clock,
        onError: (host, err) => log.error({ host, err }, 'cannot renew a certificate'),
      });
    this.#server =
      tls === undefined
        ? createEdgeListener(limits)
        : createSecureListener(limits, tls, this.#certificates, log);
    const handler = new RequestHandler({
      table: this.#table,
      protocol: tls === undefined ? 'http' : 'https',
      log,
      metrics: this.metrics,
      clock,
      newRequestId: options.newRequestId ?? (() => `req_${randomUUID()}`),
      timeouts: limits,
      isTrustedProxy: options.isTrustedProxy ?? (() => false),
      accessLogShare: options.accessLogShare ?? 1,
      random: options.random ?? Math.random,
    });
    this.#listenFor(handler);
  }

  #listenFor(handler: RequestHandler): void {
    // Both servers have these events.
    const events: EventEmitter = this.#server;
    const handle = (request: ClientRequest, response: AnyResponse, expectsContinue: boolean): void => {
      if (this.#draining && 'shouldKeepAlive' in response) response.shouldKeepAlive = false;
      handler.handle(request, clientResponse(response), expectsContinue);
    };
    events.on('request', (request: ClientRequest, response: AnyResponse) => handle(request, response, false));
    events.on('checkContinue', (request: ClientRequest, response: AnyResponse) =>
      handle(request, response, true),
    );
    // Node would answer any other expectation with 417; it is one that need not be met (RFC 9110 §10.1.1).
    events.on('checkExpectation', (request: ClientRequest, response: AnyResponse) =>
      handle(request, response, false),
    );
    events.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) =>
      handler.handleUpgrade(request, socket, head),
    );
    events.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    events.on('session', (session: ServerHttp2Session) => {
      this.#sessions.add(session);
      session.once('close', () => this.#sessions.delete(session));
    });
  }

  apply(state: EdgeState): void {
    if (this.#table.apply(state)) this.#certificates?.forgetUnknown();
  }

  get generation(): number {
    return this.#table.generation;
  }

  inFlight(): ReadonlyMap<string, number> {
    return this.#table.inFlight();
  }

  closeLongLived(upstreamId: string): void {
    this.#table.closeTunnels(upstreamId);
  }

  takeTraffic(): readonly EdgeTraffic[] {
    return this.#table.takeTraffic();
  }

  listen({ host, port }: EdgeAddress): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen({ port, host, backlog: BACKLOG }, () => {
        this.#server.off('error', reject);
        this.#server.on('error', (error) => this.#log.error({ err: error }, 'the edge lost its listener'));
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  async close(graceMs: number): Promise<void> {
    this.#draining = true;
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const upstream of this.#table.upstreams()) upstream.closeTunnels();
    for (const session of this.#sessions) session.close();
    const timer = setTimeout(() => this.#destroyAll(), graceMs);
    await closed;
    clearTimeout(timer);
    this.#destroyAll();
  }

  #destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
    for (const upstream of this.#table.upstreams()) upstream.destroy();
  }
}

type AnyResponse = ServerResponse | Http2ServerResponse;
