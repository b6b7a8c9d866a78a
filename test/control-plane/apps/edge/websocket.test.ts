import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { Agent, type CloseEvent, type MessageEvent, WebSocket } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { closeFrame } from '../../../../src/control-plane/apps/edge/proxy/websocket-frames.ts';
import {
  acceptWebSocket,
  exchangeBytes,
  HOST,
  startEdge,
  startUpstream,
  type TestEdge,
} from './edge-fixture.ts';

const UPGRADE = `GET /ws HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`;
/** "hello" as a server sends it. */
const HELLO = Buffer.from([0x81, 5, ...Buffer.from('hello')]);
const SERVER_CLOSE = closeFrame(1001, false);

interface BareWebSocket extends TestEdge {
  readonly client: Socket;
  /** The upstream's end. */
  readonly server: Duplex;
  readonly clientGot: () => Buffer;
  readonly serverGot: () => Buffer;
}

/** A WebSocket whose frames the test writes and reads itself, with an upstream that leaves the state. */
async function openBare(): Promise<BareWebSocket> {
  const upstream = await startUpstream('a', () => {});
  const edge = await startEdge({ limits: { webSocketCloseMs: 200 } });
  edge.route([upstream]);
  const upgraded = once(upstream.server, 'upgrade');
  const client = connect(edge.port, '127.0.0.1');
  client.on('error', () => {});
  client.write(UPGRADE);
  const [request, server] = (await upgraded) as [Parameters<typeof acceptWebSocket>[0], Duplex];
  acceptWebSocket(request, server);
  expect(String((await once(client, 'data'))[0])).toMatch(/^HTTP\/1.1 101 /);
  const [toClient, toServer]: [Buffer[], Buffer[]] = [[], []];
  client.on('data', (chunk: Buffer) => toClient.push(chunk));
  server.on('data', (chunk: Buffer) => toServer.push(chunk));
  edge.route([]);
  const [clientGot, serverGot] = [() => Buffer.concat(toClient), () => Buffer.concat(toServer)];
  return { ...edge, client, server, clientGot, serverGot };
}

/** @returns the code of a masked close frame */
function maskedCode(frame: Buffer): number {
  expect([...frame.subarray(0, 2)]).toEqual([0x88, 0x82]);
  return Buffer.from([0, 1].map((i) => (frame[6 + i] ?? 0) ^ (frame[2 + i] ?? 0))).readUInt16BE();
}

test('a WebSocket passes both ways, and is closed with 1001 when its upstream leaves', async () => {
  const upstream = await startUpstream('a', () => {});
  upstream.server.on('upgrade', (request, socket) => {
    acceptWebSocket(request, socket);
    socket.on('data', (frame: Buffer) => {
      if (((frame[0] ?? 0) & 0x0f) === 8) socket.end(SERVER_CLOSE);
      else socket.write(HELLO);
    });
  });
  const { port, route, edge } = await startEdge();
  route([upstream]);
  const agent = new Agent({
    connect: { lookup: (_host, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]) },
  });
  onTestFinished(() => agent.destroy());
  const socket = new WebSocket(`ws://${HOST}:${port}/ws`, { dispatcher: agent });
  await once(socket, 'open');
  socket.send('hello');
  expect(((await once(socket, 'message')) as [MessageEvent])[0].data).toBe('hello');

  route([]);
  expect(edge.inFlight()).toEqual(new Map([['a', 1]]));
  edge.closeLongLived('a');
  const [closed] = (await once(socket, 'close')) as [CloseEvent];
  expect(closed).toMatchObject({ code: 1001, wasClean: true });
  await expect.poll(() => edge.inFlight()).toEqual(new Map());
});

test('between frames both sides get a close frame, and nothing after it', async () => {
  const { edge, client, server, clientGot, serverGot } = await openBare();
  server.write(HELLO);
  await once(client, 'data');
  edge.closeLongLived('a');
  await expect.poll(serverGot).toHaveLength(8);
  expect(maskedCode(serverGot())).toBe(1001);
  // The server has not read it yet, and goes on.
  server.write(HELLO);
  server.end(SERVER_CLOSE);
  client.write(closeFrame(1001, true));
  await once(client, 'end');
  expect(clientGot()).toEqual(Buffer.concat([HELLO, SERVER_CLOSE]));
  expect(serverGot()).toHaveLength(8);
});

test('a frame that is on its way is completed before the close frame', async () => {
  const { edge, client, server, clientGot } = await openBare();
  server.write(HELLO.subarray(0, 3));
  await once(client, 'data');
  edge.closeLongLived('a');
  server.write(Buffer.concat([HELLO.subarray(3), HELLO]));
  client.write(closeFrame(1001, true));
  await once(client, 'end');
  expect(clientGot()).toEqual(Buffer.concat([HELLO, SERVER_CLOSE]));
});

test('a side that has sent a close frame itself is sent none by the edge in its name', async () => {
  const { edge, client, server, clientGot } = await openBare();
  server.write(closeFrame(1000, false));
  await once(client, 'data');
  edge.closeLongLived('a');
  client.write(closeFrame(1000, true));
  await once(client, 'end');
  expect(clientGot()).toEqual(closeFrame(1000, false));
});

test('a WebSocket that opens while its upstream leaves is closed as well', async () => {
  const upstream = await startUpstream('a', () => {});
  const { port, route, edge } = await startEdge();
  route([upstream]);
  const upgraded = once(upstream.server, 'upgrade');
  const client = connect(port, '127.0.0.1');
  client.write(UPGRADE);
  const [request, server] = (await upgraded) as [Parameters<typeof acceptWebSocket>[0], Duplex];
  route([]);
  edge.closeLongLived('a');
  acceptWebSocket(request, server);
  server.once('data', () => server.end(SERVER_CLOSE));
  const got: Buffer[] = [];
  for await (const chunk of client) {
    got.push(chunk as Buffer);
    client.end(closeFrame(1001, true));
  }
  expect(Buffer.concat(got).subarray(-4)).toEqual(SERVER_CLOSE);
  await expect.poll(() => edge.inFlight()).toEqual(new Map());
});

test('a side that does not answer is cut off', async () => {
  const { edge, client, server } = await openBare();
  edge.closeLongLived('a');
  await Promise.all([once(client, 'close'), once(server, 'close')]);
  await expect.poll(() => edge.inFlight()).toEqual(new Map());
});

test('each side learns that the other is gone', async () => {
  const first = await openBare();
  first.client.destroy();
  await once(first.server, 'close');
  const second = await openBare();
  second.server.destroy();
  await once(second.client, 'close');
  await expect.poll(() => second.edge.inFlight()).toEqual(new Map());
});

test('an upgrade that the upstream refuses is answered as the upstream does, and the connection ends', async () => {
  const upstream = await startUpstream('a', (_request, response) => response.writeHead(403).end('not you'));
  const { port, route, edge } = await startEdge();
  route([upstream]);
  const answer = await exchangeBytes(port, UPGRADE);
  expect(answer).toMatch(/^HTTP\/1.1 403 Forbidden\r\n/);
  expect(answer).toContain('not you');
  expect(answer.toLowerCase()).toContain('connection: close');
  await expect.poll(() => edge.inFlight().get('a')).toBe(0);
});

test('an upgrade to a host without a route is a 404, and one without upstreams a 503', async () => {
  const { port, route } = await startEdge();
  expect(await exchangeBytes(port, UPGRADE)).toMatch(/^HTTP\/1.1 404 /);
  route([]);
  expect(await exchangeBytes(port, UPGRADE)).toMatch(/^HTTP\/1.1 503 /);
});

test('bytes that came with the upgrade reach the upstream after it accepted', async () => {
  const upstream = await startUpstream('a', () => {});
  const { port, route } = await startEdge();
  route([upstream]);
  const upgraded = once(upstream.server, 'upgrade');
  const client = connect(port, '127.0.0.1');
  client.on('error', () => {});
  onTestFinished(() => void client.destroy());
  client.write(`${UPGRADE}early`);
  const [request, server, head] = (await upgraded) as [Parameters<typeof acceptWebSocket>[0], Duplex, Buffer];
  expect(head).toHaveLength(0);
  acceptWebSocket(request, server);
  expect(String((await once(server, 'data'))[0])).toBe('early');
});

test('a WebSocket counts as one request, with its bytes', async () => {
  const { edge, client, server, lines } = await openBare();
  server.write(HELLO);
  await once(client, 'data');
  client.destroy();
  await expect.poll(() => lines.at(-1)).toMatchObject({ status: 101, bytesOut: HELLO.length, upstream: 'a' });
  expect(edge.takeTraffic()).toMatchObject([
    { requests: 1, clientErrors: 0, serverErrors: 0, bytesOut: HELLO.length },
  ]);
});
