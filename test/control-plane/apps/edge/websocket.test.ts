import { once } from 'node:events';
import { Agent, type CloseEvent, type MessageEvent, WebSocket } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { closeFrame } from '../../../../src/control-plane/apps/edge/proxy/websocket-frames.ts';
import { acceptWebSocket, HOST, startEdge, startUpstream, type TestUpstream } from './edge-fixture.ts';

test('a WebSocket passes both ways, and is closed with 1001 on both sides', async () => {
  const received: Buffer[] = [];
  const upstream = await startEcho(received);
  const { port, route, edge } = await startEdge();
  route([upstream]);
  const socket = openWebSocket(port);
  await once(socket, 'open');
  socket.send('hello');
  expect(((await once(socket, 'message')) as [MessageEvent])[0].data).toBe('hello');
  expect(edge.inFlight()).toEqual(new Map([['a', 1]]));

  route([]);
  expect(edge.inFlight()).toEqual(new Map([['a', 1]]));
  edge.closeLongLived('a');

  const [closed] = (await once(socket, 'close')) as [CloseEvent];
  expect(closed).toMatchObject({ code: 1001, wasClean: true });
  await expect.poll(() => edge.inFlight()).toEqual(new Map());
  // The last frame that the upstream got: final, close, masked, two bytes.
  const bytes = Buffer.concat(received);
  const frame = bytes.subarray(bytes.length - 8);
  expect([...frame.subarray(0, 2)]).toEqual([0x88, 0x82]);
  const code = Buffer.from([0, 1].map((i) => (frame[6 + i] ?? 0) ^ (frame[2 + i] ?? 0)));
  expect(code.readUInt16BE()).toBe(1001);
});

function openWebSocket(port: number): WebSocket {
  const agent = new Agent({
    connect: { lookup: (_host, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]) },
  });
  onTestFinished(() => agent.destroy());
  return new WebSocket(`ws://${HOST}:${port}/ws`, { dispatcher: agent });
}

/** Sends back each short text frame; answers a close frame. */
async function startEcho(received: Buffer[]): Promise<TestUpstream> {
  const upstream = await startUpstream('a', (_received, response) => response.end());
  upstream.server.on('upgrade', (request, socket) => {
    acceptWebSocket(request, socket);
    socket.on('data', (frame: Buffer) => {
      received.push(frame);
      const length = (frame[1] ?? 0) & 0x7f;
      if (((frame[0] ?? 0) & 0x0f) === 8) {
        socket.end(closeFrame(1001, false));
        return;
      }
      const text = frame.subarray(6, 6 + length).map((byte, i) => byte ^ (frame[2 + (i % 4)] ?? 0));
      socket.write(Buffer.concat([Buffer.from([0x81, length]), text]));
    });
  });
  return upstream;
}
