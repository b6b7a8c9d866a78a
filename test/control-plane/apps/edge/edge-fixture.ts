import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener, request, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import { onTestFinished } from 'vitest';
import type { EdgeRoute, EdgeUpstream } from '../../../../src/control-plane/apps/edge/edge-state.ts';
import {
  createEdge,
  type EdgeOptions,
  type RunningEdge,
} from '../../../../src/control-plane/apps/edge/proxy/create-edge.ts';
import { createLog } from '../../../../src/control-plane/kernel/telemetry/log.ts';
import { createRedactor } from '../../../../src/control-plane/kernel/telemetry/redaction.ts';

export const HOST = 'shop.example.test';

export interface TestUpstream extends EdgeUpstream {
  readonly server: Server;
  stop(): Promise<void>;
}

/** A server on a port of its own, stopped when the test ends. */
export async function startUpstream(id: string, listener: RequestListener): Promise<TestUpstream> {
  const server = createServer(listener);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    if (!server.listening) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  onTestFinished(stop);
  return { id, host: '127.0.0.1', port: (server.address() as AddressInfo).port, server, stop };
}

export interface TestEdge {
  readonly edge: RunningEdge;
  readonly port: number;
  /** Lines of the log. */
  readonly lines: Record<string, unknown>[];
  /** Puts a state with one route in force. */
  route(upstreams: readonly EdgeUpstream[], route?: Partial<EdgeRoute>): void;
}

export async function startEdge(options: Partial<EdgeOptions> = {}): Promise<TestEdge> {
  const lines: Record<string, unknown>[] = [];
  const log = createLog({
    level: 'info',
    redactor: createRedactor(),
    write: (line) => void lines.push(JSON.parse(line)),
  });
  let ids = 0;
  const edge = createEdge({ log, newRequestId: () => `req_${++ids}`, ...options });
  const port = await edge.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => edge.close(0));
  let generation = 0;
  return {
    edge,
    port,
    lines,
    route(upstreams, route = {}) {
      generation += 1;
      edge.apply({ generation, routes: [routeTo(upstreams, route)] });
    },
  };
}

export function routeTo(upstreams: readonly EdgeUpstream[], route: Partial<EdgeRoute> = {}): EdgeRoute {
  return {
    host: HOST,
    serviceId: 'svc_1',
    upstreams: upstreams.map(({ id, host, port }) => ({ id, host, port })),
    maxInFlight: 100,
    maxBodyBytes: 1_000_000,
    responseTimeoutMs: 10_000,
    ...route,
  };
}

export interface TestAnswer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** One request on a connection of its own. */
export async function ask(
  port: number,
  options: {
    readonly method?: string;
    readonly path?: string;
    readonly headers?: Record<string, string | string[]>;
    readonly body?: string | Buffer;
  } = {},
): Promise<TestAnswer> {
  const { method = 'GET', path = '/', headers = {}, body } = options;
  const sent = request({
    ...{ host: '127.0.0.1', port, method, path, agent: false },
    headers: { host: HOST, ...headers },
  });
  sent.end(body);
  const answered = once(sent, 'response');
  // An answer may come before the body has left.
  answered.then(() => sent.on('error', () => {})).catch(() => {});
  const [response] = (await answered) as [IncomingMessage];
  return { status: response.statusCode ?? 0, headers: response.headers, body: await text(response) };
}

/** Sends bytes as they are. @returns all that came until the connection ended */
export async function exchangeBytes(port: number, bytes: string | Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(bytes);
  return await text(socket).catch(() => '');
}

/** Answers an upgrade as a WebSocket server does. */
export function acceptWebSocket({ headers }: IncomingMessage, socket: Duplex): void {
  const accept = createHash('sha1')
    .update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');
  socket.on('error', () => {});
  socket.on('end', () => socket.end());
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
}
