import { type IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Clock } from '../../../kernel/clock.ts';
import { messageOf } from '../../../kernel/errors.ts';
import type { Log } from '../../../kernel/telemetry/log.ts';
import { clientAddress } from './client-address.ts';
import { type ClientRequest, type ClientResponse, clientResponse } from './client-exchange.ts';
import type { EdgeLimits } from './edge-listener.ts';
import type { EdgeMetrics } from './edge-metrics.ts';
import { type EdgeTarget, edgeTarget } from './edge-target.ts';
import { type EdgeAnswer, errorPage, unavailableAnswer } from './error-page.ts';
import type { ClientIdentity } from './forwarded-headers.ts';
import { ForwardedRequest } from './forwarded-request.ts';
import { discardRest } from './limited-body.ts';
import { openTunnel } from './open-tunnel.ts';
import { RequestRecord } from './request-record.ts';
import type { RoutedService, RoutingTable } from './routing-table.ts';

export interface RequestHandlerOptions {
  readonly table: RoutingTable;
  /** That clients speak. */
  readonly protocol: 'http' | 'https';
  readonly log: Log;
  readonly metrics: EdgeMetrics;
  readonly clock: Pick<Clock, 'monotonicMs'>;
  readonly newRequestId: () => string;
  readonly timeouts: Pick<EdgeLimits, 'bodyIdleMs' | 'sendIdleMs' | 'webSocketCloseMs'>;
  readonly isTrustedProxy: (address: string) => boolean;
  readonly accessLogShare: number;
  readonly random: () => number;
}

const WELL_FORMED_ID = /^[\w.:-]{1,128}$/;

/** Answers every request that a listener has read: from an upstream, or with a page of the edge. */
export class RequestHandler {
  readonly #options: RequestHandlerOptions;
  #turn = 0;

  constructor(options: RequestHandlerOptions) {
    this.#options = options;
  }

  /** Whatever happens to one request, the process goes on. */
  handle(request: ClientRequest, response: ClientResponse, expectsContinue = false, socket?: Duplex): void {
    // The close event follows an error.
    request.on('error', () => {});
    response.on('error', () => {});
    try {
      this.#begin(request, response, expectsContinue, socket);
    } catch (error) {
      this.#options.log.error({ err: error }, 'a request failed in the edge');
      response.destroy();
    }
  }

  #begin(request: ClientRequest, response: ClientResponse, expectsContinue: boolean, socket?: Duplex): void {
    const client = this.#clientOf(request);
    const record = this.#newRecord(request, client);
    response.on('close', () => record.end());
    const refuse = (answer: EdgeAnswer) => {
      const page = errorPage(answer, record.requestId, request.headers.accept);
      record.answered(page.status);
      response.writeHead(page.status, page.headers);
      response.end(request.method === 'HEAD' ? undefined : page.body);
      discardRest(request);
    };
    const found = this.#route(request, record);
    if (typeof found === 'string') refuse(found);
    else this.#forward(found, { request, response, record, client, refuse, expectsContinue, socket });
  }

  /** An upgrade comes with the bare connection. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    if (head.length > 0) socket.unshift(head);
    const response = new ServerResponse(request);
    response.shouldKeepAlive = false;
    // A server's connections are sockets, of TCP or TLS.
    response.assignSocket(socket as Parameters<typeof response.assignSocket>[0]);
    response.on('finish', () => socket.end(() => socket.destroy()));
    this.handle(request, clientResponse(response), false, socket);
  }

  #newRecord(request: ClientRequest, { isTrustedProxy }: ClientIdentity): RequestRecord {
    const { newRequestId } = this.#options;
    const given = isTrustedProxy ? request.headers['x-request-id'] : undefined;
    const requestId = typeof given === 'string' && WELL_FORMED_ID.test(given) ? given : newRequestId();
    return new RequestRecord({ ...this.#options, requestId, method: request.method ?? '' });
  }

  #clientOf(request: ClientRequest): ClientIdentity {
    const address = clientAddress(request.socket.remoteAddress);
    const { protocol, isTrustedProxy } = this.#options;
    return { address, protocol, isTrustedProxy: isTrustedProxy(address) };
  }

  /** @returns what the edge answers itself when the request is not forwarded */
  #route(request: ClientRequest, record: RequestRecord): RoutedRequest | EdgeAnswer {
    const target = edgeTarget(request);
    if (target === undefined) return 'bad-request';
    record.host = target.host;
    record.path = pathWithoutQuery(target.path);
    const service = this.#options.table.find(target.host);
    if (service === undefined) return 'no-such-host';
    const { route, traffic, upstreams } = service;
    const isFull = traffic.inFlight >= route.maxInFlight;
    record.begin(traffic);
    if (upstreams.length === 0) return unavailableAnswer(route);
    if (isFull) return 'overloaded';
    if (Number(request.headers['content-length'] ?? 0) > route.maxBodyBytes) return 'body-too-large';
    return { target, service };
  }

  #forward({ target, service }: RoutedRequest, exchange: Exchange): void {
    const { table, clock, metrics, timeouts } = this.#options;
    const { socket, ...rest } = exchange;
    const { serviceId } = service.route;
    this.#turn += 1;
    new ForwardedRequest({
      ...rest,
      target,
      service,
      findService: () => table.find(target.host),
      turn: this.#turn,
      clock,
      timeouts,
      onUpstreamError: (failure, error) => {
        metrics.upstreamFailed(serviceId, failure);
        exchange.record.upstreamError = messageOf(error);
      },
      ...(socket === undefined
        ? {}
        : {
            onUpgrade: (headers, upstreamSocket, upstream) =>
              openTunnel({
                headers,
                client: socket,
                upstreamSocket,
                upstream,
                closeMs: timeouts.webSocketCloseMs,
                exchange,
              }),
          }),
    }).start();
  }
}

interface RoutedRequest {
  readonly target: EdgeTarget;
  readonly service: RoutedService;
}

interface Exchange {
  readonly request: ClientRequest;
  readonly response: ClientResponse;
  readonly record: RequestRecord;
  readonly client: ClientIdentity;
  readonly refuse: (answer: EdgeAnswer) => void;
  readonly expectsContinue: boolean;
  /** Of an upgrade only. */
  readonly socket: Duplex | undefined;
}

function pathWithoutQuery(path: string): string {
  const query = path.indexOf('?');
  return query < 0 ? path : path.slice(0, query);
}
