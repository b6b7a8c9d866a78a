import { once } from 'node:events';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { ask, exchangeBytes, HOST, routeTo, startEdge, startUpstream } from './edge-fixture.ts';

/** An upstream that keeps the headers of each request. */
async function startRecorder(headers: Record<string, string> = {}) {
  const seen: IncomingHttpHeaders[] = [];
  const paths: string[] = [];
  const upstream = await startUpstream('a', (request, response) => {
    seen.push(request.headers);
    paths.push(request.url ?? '');
    request.resume();
    response.writeHead(200, headers).end('ok');
  });
  return { upstream, seen, paths };
}

test('RFC 9110 §7.6.1: what is for the next hop only is not forwarded', async () => {
  const { upstream, seen } = await startRecorder({
    connection: 'close, x-hop',
    'keep-alive': 'timeout=5',
    'proxy-authenticate': 'Basic',
    'x-hop': 'upstream',
    'x-end': 'upstream',
  });
  const { port, route } = await startEdge();
  route([upstream]);

  const answer = await ask(port, {
    headers: {
      connection: 'x-mine, close, host, content-length',
      'x-mine': '1',
      'keep-alive': 'timeout=9',
      'proxy-connection': 'keep-alive',
      'proxy-authorization': 'Basic eA==',
      proxy: 'http://evil.example',
      te: 'trailers',
      'x-end': '2',
    },
  });

  expect(seen[0]).toMatchObject({ host: HOST, 'x-end': '2', connection: 'keep-alive' });
  const names = ['x-mine', 'keep-alive', 'proxy-connection', 'proxy-authorization', 'proxy', 'te'];
  expect(Object.keys(seen[0] ?? {}).filter((name) => names.includes(name))).toEqual([]);
  expect(answer.headers).toMatchObject({ 'x-end': 'upstream' });
  expect(answer.headers).not.toHaveProperty('x-hop');
  expect(answer.headers).not.toHaveProperty('proxy-authenticate');
});

test('what a client says of others counts only when it is a trusted proxy', async () => {
  const claims = {
    'x-forwarded-for': '203.0.113.9',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'public.example.test',
    'x-forwarded-port': '443',
    'x-real-ip': '203.0.113.9',
    forwarded: 'for=203.0.113.9',
    'x-request-id': 'theirs-1',
  };
  const { upstream, seen } = await startRecorder();
  const distrusting = await startEdge();
  distrusting.route([upstream]);
  await ask(distrusting.port, { headers: claims });
  expect(seen[0]).toMatchObject({
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': HOST,
    'x-request-id': 'req_1',
  });
  for (const name of ['x-forwarded-port', 'x-real-ip', 'forwarded']) expect(seen[0]).not.toHaveProperty(name);

  const trusting = await startEdge({ isTrustedProxy: (address) => address === '127.0.0.1' });
  trusting.route([upstream]);
  const answer = await ask(trusting.port, { headers: claims });
  expect(seen[1]).toMatchObject({
    ...claims,
    'x-forwarded-for': '203.0.113.9, 127.0.0.1',
    forwarded: 'for=203.0.113.9, for="127.0.0.1";proto=http',
  });
  expect(answer.headers['x-request-id']).toBe('theirs-1');

  await ask(trusting.port, { headers: { 'x-request-id': 'a b"<script>' } });
  expect(seen[2]).toMatchObject({ 'x-request-id': 'req_1' });
});

test.each([
  ['in upper case', `GET /x HTTP/1.1\r\nHost: SHOP.Example.TEST\r\nConnection: close\r\n\r\n`],
  ['with a port', `GET /x HTTP/1.1\r\nHost: ${HOST}:8080\r\nConnection: close\r\n\r\n`],
  ['with the dot of an absolute name', `GET /x HTTP/1.1\r\nHost: ${HOST}.\r\nConnection: close\r\n\r\n`],
  ['in the target', `GET http://${HOST}/x HTTP/1.1\r\nHost: other.test\r\nConnection: close\r\n\r\n`],
  ['of HTTP/1.0', `GET /x HTTP/1.0\r\nHost: ${HOST}\r\n\r\n`],
])('a host is found %s', async (_name, bytes) => {
  const { upstream, paths } = await startRecorder();
  const { port, route } = await startEdge();
  route([upstream]);
  expect(await exchangeBytes(port, bytes)).toMatch(/^HTTP\/1.1 200 /);
  expect(paths).toEqual(['/x']);
});

test('hosts are matched exactly', async () => {
  const { upstream } = await startRecorder();
  const { port, edge } = await startEdge();
  edge.apply({ generation: 1, routes: [routeTo([upstream])] });
  for (const host of [`x${HOST}`, `a.${HOST}`, HOST.slice(1), `${HOST}..`, 'localhost', '127.0.0.1'])
    expect((await ask(port, { headers: { host } })).status).toBe(404);
});

test('a client that offers h2c gets an ordinary answer, with its connection kept', async () => {
  const { upstream, seen } = await startRecorder();
  const { port, route } = await startEdge();
  route([upstream]);
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`,
  );
  expect(String((await once(socket, 'data'))[0])).toMatch(/^HTTP\/1.1 200 OK/);
  const rest = text(socket);
  socket.write(`GET / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\n\r\n`);
  expect(await rest).toMatch(/^HTTP\/1.1 200 OK/);
  expect(seen[0]).not.toHaveProperty('upgrade');
  expect(seen[0]).not.toHaveProperty('http2-settings');
});

test('names and values of the upstream arrive as they are, also outside of ASCII', async () => {
  const { upstream } = await startRecorder({ 'x-name': Buffer.from('Zürich').toString('latin1') });
  const { port, route } = await startEdge();
  route([upstream]);
  const { headers } = await ask(port);
  expect(Buffer.from(String(headers['x-name']), 'latin1').toString()).toBe('Zürich');
});

test('who asks cannot be forged with underscores, which CGI and WSGI take for hyphens', async () => {
  const { upstream, seen } = await startRecorder();
  const { port, route } = await startEdge();
  route([upstream]);
  await ask(port, {
    headers: {
      ...{ X_Forwarded_For: '6.6.6.6', 'x-forwarded_proto': 'https', X_Real_IP: '6.6.6.6' },
      ...{ x_request_id: 'mine', under_score: 'kept' },
    },
  });
  const names = Object.keys(seen[0] ?? {}).filter((name) => name.includes('_'));
  expect(names).toEqual(['under_score']);
});
