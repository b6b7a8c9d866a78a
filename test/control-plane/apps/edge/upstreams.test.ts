import { once } from 'node:events';
import { request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import type { EdgeUpstream } from '../../../../src/control-plane/apps/edge/edge-state.ts';
import { ask, HOST, routeTo, startEdge, startUpstream } from './edge-fixture.ts';

/** An address at which nothing listens. */
async function refusing(id: string): Promise<EdgeUpstream> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return { id, host: '127.0.0.1', port };
}

const named = (id: string) => startUpstream(id, (_received, response) => response.end(id));

test('the upstream with the least in flight gets the request', async () => {
  const held: (() => void)[] = [];
  const a = await startUpstream('a', (_received, response) => void held.push(() => response.end('a')));
  const b = await named('b');
  const { port, route, edge } = await startEdge();
  route([a]);
  const waiting = [ask(port), ask(port)];
  await expect.poll(() => held.length).toBe(2);
  route([a, b]);
  for (let i = 0; i < 5; i += 1) expect((await ask(port)).body).toBe('b');
  expect(edge.inFlight()).toEqual(
    new Map([
      ['a', 2],
      ['b', 0],
    ]),
  );
  for (const finish of held) finish();
  await Promise.all(waiting);
});

test('of upstreams with as much in flight each has its turn', async () => {
  const upstreams = await Promise.all(['a', 'b', 'c'].map(named));
  const { port, route } = await startEdge();
  route(upstreams);
  const answers: string[] = [];
  for (let i = 0; i < 9; i += 1) answers.push((await ask(port)).body);
  expect(answers.sort().join('')).toBe('aaabbbccc');
});

test.each(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE'])(
  'after a refused connection %s without a body goes to another upstream',
  async (method) => {
    const [gone, b] = [await refusing('gone'), await named('b')];
    const { port, route, edge, lines } = await startEdge();
    route([gone, b]);
    for (let i = 0; i < 4; i += 1) expect((await ask(port, { method })).status).toBe(200);
    expect(edge.inFlight()).toEqual(
      new Map([
        ['gone', 0],
        ['b', 0],
      ]),
    );
    const retried = lines.filter(({ attempts }) => attempts === 2);
    expect(retried).toHaveLength(1);
    expect(retried[0]).toMatchObject({
      status: 200,
      upstream: 'b',
      upstreamError: expect.stringMatching(/ECONNREFUSED/),
    });
  },
);

test.each([
  ['POST', undefined],
  ['PUT', 'body'],
])('%s with body %s is not tried again', async (method, body) => {
  const [gone, b] = [await refusing('gone'), await named('b')];
  const { port, route } = await startEdge();
  route([gone, b]);
  const statuses: number[] = [];
  for (let i = 0; i < 4; i += 1) {
    const answer = await ask(port, { method, ...(body === undefined ? {} : { body }) });
    statuses.push(answer.status);
  }
  // The one that refused is avoided afterwards.
  expect(statuses.sort()).toEqual([200, 200, 200, 502]);
});

test('the only upstream is tried twice, then it is a 502', async () => {
  const gone = await refusing('gone');
  const { port, route, lines } = await startEdge();
  route([gone]);
  const answer = await ask(port);
  expect(answer.status).toBe(502);
  expect(JSON.parse(answer.body)).toMatchObject({ code: 'bad-gateway' });
  // Nothing of what is behind the edge.
  expect(answer.body).not.toMatch(/ECONN|127\.0\.0\.1|gone/);
  expect(lines.at(-1)).toMatchObject({ attempts: 2, status: 502, upstream: 'gone' });
});

test('a retry sees the state of its own time', async () => {
  const [gone, b] = [await refusing('gone'), await named('b')];
  const { port, edge } = await startEdge({
    newRequestId: () => {
      // After the first attempt has begun, before its connection is refused.
      queueMicrotask(() => edge.apply({ generation: 2, routes: [routeTo([b])] }));
      return 'req_1';
    },
  });
  edge.apply({ generation: 1, routes: [routeTo([gone])] });
  expect(await ask(port)).toMatchObject({ status: 200, body: 'b' });
});

test('after bytes were sent nothing is tried again', async () => {
  let asked = 0;
  const a = await startUpstream('a', (received) => {
    asked += 1;
    received.socket.resetAndDestroy();
  });
  const { port, route } = await startEdge();
  route([a]);
  expect((await ask(port)).status).toBe(502);
  expect(asked).toBe(1);
});

test('an answer that breaks off breaks off for the client as well', async () => {
  const a = await startUpstream('a', (received, response) => {
    response.write('half');
    setImmediate(() => received.socket.resetAndDestroy());
  });
  const { port, route, edge, lines } = await startEdge();
  route([a]);
  await expect(ask(port)).rejects.toThrow(/aborted|ECONNRESET|hang up/);
  await expect.poll(() => lines.at(-1)).toMatchObject({ status: 200, cutOff: true });
  expect(edge.takeTraffic()).toMatchObject([{ requests: 1, serverErrors: 1 }]);
});

test('RFC 9110 §8.6: a 304 may have the length of the content that it does not send', async () => {
  const a = await startUpstream('a', (received) => {
    received.socket.end('HTTP/1.1 304 Not Modified\r\ncontent-length: 5\r\n\r\n');
  });
  const { port, route, lines } = await startEdge();
  route([a]);
  expect(await ask(port)).toMatchObject({ status: 304, body: '' });
  await expect.poll(() => lines.at(-1)).toMatchObject({ status: 304 });
  expect(lines.at(-1)).not.toHaveProperty('cutOff');
});

test('a client that is gone ends its request at the upstream', async () => {
  let closed: Promise<unknown> | undefined;
  const a = await startUpstream('a', (received) => {
    closed = once(received.socket, 'close');
    a.server.emit('asked');
  });
  const { port, route, edge, lines } = await startEdge();
  route([a]);
  const asked = once(a.server, 'asked');
  const sent = request({ port, host: '127.0.0.1', headers: { host: HOST } });
  sent.on('error', () => {});
  sent.end();
  await asked;
  sent.destroy();
  await closed;
  await expect.poll(() => edge.inFlight().get('a')).toBe(0);
  expect(lines.at(-1)).toMatchObject({ status: 499 });
});

test('connections to an upstream are kept, and closed when it left the state and has nothing in progress', async () => {
  let opened = 0;
  let open = 0;
  const a = await startUpstream('a', (received, response) => {
    if (received.url === '/slow') a.server.emit('asked', response);
    else response.end('quick');
  });
  a.server.on('connection', (socket) => {
    opened += 1;
    open += 1;
    socket.once('close', () => {
      open -= 1;
    });
  });
  const { port, route, edge } = await startEdge();
  route([a]);
  for (let i = 0; i < 5; i += 1) await ask(port);
  expect(opened).toBe(1);
  const asked = once(a.server, 'asked') as Promise<[ServerResponse]>;
  const slow = ask(port, { path: '/slow' });
  const [response] = await asked;
  await ask(port);
  expect(open).toBe(2);

  route([]);
  await expect.poll(() => open).toBe(1);
  expect(edge.inFlight()).toEqual(new Map([['a', 1]]));
  response.end('slow');
  expect((await slow).body).toBe('slow');
  await expect.poll(() => open).toBe(0);
  expect(edge.inFlight()).toEqual(new Map());

  route([a]);
  expect((await ask(port)).body).toBe('quick');
});

test('a state with two routes for one host is refused as a whole', async () => {
  const [a, b] = [await named('a'), await named('b')];
  const { port, edge } = await startEdge();
  edge.apply({ generation: 1, routes: [routeTo([a])] });
  expect(() => edge.apply({ generation: 2, routes: [routeTo([b]), routeTo([b])] })).toThrow(/two routes/);
  expect(edge.generation).toBe(1);
  expect((await ask(port)).body).toBe('a');
});

test('close ends idle connections at once and the rest after the grace period', async () => {
  const a = await startUpstream('a', () => {});
  const { port, route, edge } = await startEdge();
  route([a]);
  const hanging = ask(port);
  await expect.poll(() => edge.inFlight().get('a')).toBe(1);
  const failed = expect(hanging).rejects.toThrow();
  await edge.close(20);
  await failed;
});

test('close waits for what is in progress', async () => {
  const a = await startUpstream('a', (_received, response) => void a.server.emit('asked', response));
  const { port, route, edge } = await startEdge();
  route([a]);
  const asked = once(a.server, 'asked') as Promise<[ServerResponse]>;
  const answer = ask(port);
  const [response] = await asked;
  const closed = edge.close(60_000);
  response.end('done');
  expect((await answer).body).toBe('done');
  await closed;
});
