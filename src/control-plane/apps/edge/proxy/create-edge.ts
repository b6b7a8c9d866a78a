import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { type Clock, systemClock } from '../../../kernel/clock.ts';
import type { Log } from '../../../kernel/telemetry/log.ts';
import type { Edge, EdgeState, EdgeTraffic } from '../edge-state.ts';
import { clientResponse } from './client-exchange.ts';
import { createEdgeListener, EDGE_LIMITS, type EdgeLimits } from './edge-listener.ts';
import { RequestHandler } from './request-handler.ts';
import { RoutingTable } from './routing-table.ts';

export interface EdgeOptions {
  readonly log: Log;
  readonly newRequestId: () => string;
  readonly clock?: Pick<Clock, 'monotonicMs'>;
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
  /** @returns the port */
  listen(address: EdgeAddress): Promise<number>;
  /** Takes no more connections, ends idle ones and WebSockets (1001), and after `graceMs` what is still in progress. */
  close(graceMs: number): Promise<void>;
}

export function createEdge(options: EdgeOptions): RunningEdge {
  return new BuiltinEdge(options);
}

class BuiltinEdge implements RunningEdge {
  readonly #log: Log;
  readonly #table = new RoutingTable();
  readonly #server: Server;
  /** Connections that were upgraded, or are about to be: the server no longer knows them. */
  readonly #upgraded = new Set<Duplex>();
  #draining = false;

  constructor(options: EdgeOptions) {
    this.#log = options.log;
    const limits = { ...EDGE_LIMITS, ...options.limits };
    const handler = new RequestHandler({
      table: this.#table,
      log: options.log,
      clock: options.clock ?? systemClock,
      newRequestId: options.newRequestId,
      timeouts: limits,
      isTrustedProxy: options.isTrustedProxy ?? (() => false),
      accessLogShare: options.accessLogShare ?? 1,
      random: options.random ?? Math.random,
    });
    this.#server = createEdgeListener(limits);
    this.#server.on('request', (request, response) => {
      if (this.#draining) response.shouldKeepAlive = false;
      handler.handle(request, clientResponse(response));
    });
    this.#server.on('checkContinue', (request, response) =>
      handler.handle(request, clientResponse(response), true),
    );
    // Node would answer any other expectation with 417; it is one that need not be met (RFC 9110 §10.1.1).
    this.#server.on('checkExpectation', (request, response) =>
      handler.handle(request, clientResponse(response)),
    );
    this.#server.on('upgrade', (request, socket, head) => {
      this.#upgraded.add(socket);
      socket.once('close', () => this.#upgraded.delete(socket));
      handler.handleUpgrade(request, socket, head);
    });
  }

  apply(state: EdgeState): void {
    this.#table.apply(state);
  }

  get generation(): number {
    return this.#table.generation;
  }

  inFlight(): ReadonlyMap<string, number> {
    return this.#table.inFlight();
  }

  closeLongLived(upstreamId: string): void {
    for (const upstream of this.#table.withId(upstreamId)) upstream.closeTunnels();
  }

  takeTraffic(): readonly EdgeTraffic[] {
    return this.#table.takeTraffic();
  }

  listen({ host, port }: EdgeAddress): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(port, host, () => {
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
    const timer = setTimeout(() => this.#destroyAll(), graceMs);
    await closed;
    clearTimeout(timer);
    this.#destroyAll();
  }

  #destroyAll(): void {
    this.#server.closeAllConnections();
    for (const socket of this.#upgraded) socket.destroy();
    for (const upstream of this.#table.upstreams()) upstream.destroy();
  }
}
