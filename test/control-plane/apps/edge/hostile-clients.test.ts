import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, test } from 'vitest';
import { ask, exchangeBytes, HOST, startEdge, startUpstream } from './edge-fixture.ts';

async function start(limits = {}) {
  const requests: string[] = [];
  const upstream = await startUpstream('a', (request, response) => {
    requests.push(`${request.method} ${request.url}`);
    request.on('error', () => {});
    request.resume();
    request.on('end', () => response.end('ok'));
  });
  const { port, route, edge } = await startEdge({ limits });
  route([upstream]);
  return { port, edge, upstream, requests };
}

const HEAD = `POST / HTTP/1.1\r\nHost: ${HOST}\r\n`;
const SMUGGLED = 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n';

test.each([
  [
    'a length and chunks',
    `${HEAD}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  ],
  [
    'chunks and a length',
    `${HEAD}Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n${SMUGGLED}`,
  ],
  ['two lengths', `${HEAD}Content-Length: 0\r\nContent-Length: 5\r\n\r\n${SMUGGLED}`],
  ['a list of lengths', `${HEAD}Content-Length: 0, 5\r\n\r\n${SMUGGLED}`],
  ['a signed length', `${HEAD}Content-Length: +5\r\n\r\n${SMUGGLED}`],
  ['a folded header', `${HEAD}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ['a folded header of no meaning', `${HEAD}X-A: b\r\n c\r\n\r\n`],
  ['space before the colon', `${HEAD}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ['an encoding that is not chunked', `${HEAD}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ['chunked twice', `${HEAD}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${SMUGGLED}`],
  ['two hosts', `GET / HTTP/1.1\r\nHost: ${HOST}\r\nHost: other\r\nConnection: close\r\n\r\n`],
  ['no host', 'GET / HTTP/1.1\r\nConnection: close\r\n\r\n'],
  ['a host with a user', `GET / HTTP/1.1\r\nHost: x@${HOST}\r\nConnection: close\r\n\r\n`],
  ['a NUL in a header', `${HEAD}X-A: b\0c\r\n\r\n`],
  ['a bare line feed after a header', `GET / HTTP/1.1\nHost: ${HOST}\n\n`],
  ['a chunk size of letters', `${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n`],
])('request smuggling: %s is a 400, and nothing reaches the upstream', async (_name, bytes) => {
  const { port, requests } = await start();
  const answer = await exchangeBytes(port, bytes);
  expect(answer).toMatch(/^HTTP\/1.1 400 /);
  expect(answer.match(/HTTP\/1.1/g)).toHaveLength(1);
  expect(requests.filter((each) => each.includes('smuggled'))).toEqual([]);
});

test('headers that are too large are a 431', async () => {
  const { port } = await start();
  const answer = await exchangeBytes(port, `${HEAD}X-Large: ${'a'.repeat(17_000)}\r\n\r\n`);
  expect(answer).toMatch(/^HTTP\/1.1 431 /);
});

test('headers that do not arrive in time are a 408', async () => {
  const { port } = await start({ headersTimeoutMs: 50, checkIntervalMs: 10 });
  expect(await exchangeBytes(port, HEAD)).toMatch(/^HTTP\/1.1 408 /);
});

test('a body that does not arrive in time is a 408, and the upstream is let go', async () => {
  const { port, edge } = await start({ bodyIdleMs: 50 });
  const answer = await exchangeBytes(port, `${HEAD}Content-Length: 9\r\nConnection: close\r\n\r\nhalf`);
  expect(answer).toMatch(/^HTTP\/1.1 408 /);
  expect(edge.inFlight().get('a')).toBe(0);
});

test('CONNECT gets no tunnel', async () => {
  const { port, requests } = await start();
  expect(await exchangeBytes(port, `CONNECT ${HOST}:443 HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`)).not.toMatch(
    /200/,
  );
  expect(requests).toEqual([]);
});

/** Conversations that are broken off after each of their bytes. */
const CONVERSATIONS = [
  `GET /a HTTP/1.1\r\nHost: ${HOST}\r\n\r\nGET /b HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`,
  `${HEAD}Content-Length: 10\r\n\r\n0123456789`,
  `${HEAD}Transfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n3\r\nabc\r\n0\r\n\r\n`,
  `GET /ws HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`,
];

test.each(CONVERSATIONS)('a connection that is reset after any byte disturbs no other: %j', async (bytes) => {
  const { port, edge } = await start();
  const cut = async (length: number): Promise<void> => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => {});
    await once(socket, 'connect');
    socket.write(bytes.slice(0, length));
    // Half of them let the edge read what was sent.
    if (length % 2 === 0) await new Promise(setImmediate);
    socket.resetAndDestroy();
  };
  for (let length = 1; length <= bytes.length; length += 1) await cut(length);
  expect((await ask(port)).body).toBe('ok');
  await expect.poll(() => edge.inFlight().get('a')).toBe(0);
});

test('random bytes end their connection and nothing else', async () => {
  const { port, requests } = await start();
  const seeds = Array.from({ length: 100 }, (_, i) => i);
  for (const seed of seeds) {
    const bytes = randomBytes(1 + ((seed * 37) % 700));
    // Some begin as requests do.
    const prefix = [HEAD, 'GET / HT', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', ''][seed % 4] ?? '';
    const answer = await exchangeBytes(
      port,
      Buffer.concat([Buffer.from(prefix), bytes, Buffer.from('\r\n\r\n')]),
    );
    expect(answer, `bytes ${prefix}${bytes.toString('hex')}`).toMatch(/^(HTTP\/1.1 4\d\d |$)/);
  }
  expect(requests).toEqual([]);
  expect((await ask(port)).body).toBe('ok');
});

test('upstreams that answer with anything disturb nothing', async () => {
  const { port, route, edge } = await startEdge();
  const answers: Buffer[] = [
    Buffer.from(''),
    Buffer.from('HTTP/1.1'),
    Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab'),
    Buffer.from('HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'),
    Buffer.from('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz'),
    Buffer.from('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n'),
    Buffer.from('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'),
    Buffer.from('HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n'),
    Buffer.from('HTTP/1.1 200 OK\r\nX-A: b\u0001\r\n\r\n'),
    Buffer.from(`HTTP/1.1 200 OK\r\nX-A: ${'a'.repeat(70_000)}\r\n\r\n`),
    ...Array.from({ length: 20 }, (_, i) => randomBytes(1 + i * 31)),
  ];
  for (const bytes of answers) {
    const upstream = await startUpstream('odd', () => {});
    upstream.server.removeAllListeners('connection');
    upstream.server.on('connection', (socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(bytes));
    });
    route([upstream]);
    await ask(port).catch(() => {});
    await upstream.stop();
  }
  const good = await startUpstream('good', (_request, response) => response.end('ok'));
  route([good]);
  expect((await ask(port)).body).toBe('ok');
  expect(edge.inFlight()).toEqual(new Map([['good', 0]]));
});
