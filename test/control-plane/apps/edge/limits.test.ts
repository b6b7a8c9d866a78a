import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { ask, exchangeBytes, HOST, startEdge, startUpstream, type TestAnswer } from './edge-fixture.ts';

const problem = ({ body }: TestAnswer) => JSON.parse(body) as Record<string, unknown>;

test('a body that is announced as too large is a 413 before the upstream is asked', async () => {
  let asked = 0;
  const upstream = await startUpstream('a', (_received, response) => {
    asked += 1;
    response.end();
  });
  const { port, route } = await startEdge();
  route([upstream], { maxBodyBytes: 10 });
  const answer = await ask(port, { method: 'POST', body: 'x'.repeat(11) });
  expect(answer.status).toBe(413);
  expect(problem(answer)).toMatchObject({ code: 'body-too-large', requestId: 'req_1', status: 413 });
  expect(asked).toBe(0);
  expect((await ask(port, { method: 'POST', body: 'x'.repeat(10) })).status).toBe(200);
});

test('a body that turns out too large is a 413, and the client can read it while it sends', async () => {
  const upstream = await startUpstream('a', (received) => {
    received.on('error', () => {});
    received.resume();
  });
  const { port, route, edge } = await startEdge();
  route([upstream], { maxBodyBytes: 10 });
  const sent = request({ port, host: '127.0.0.1', method: 'POST', headers: { host: HOST } });
  sent.write('12345678901');
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(413);
  sent.end('more');
  expect(await text(response)).toContain('body-too-large');
  expect(edge.inFlight().get('a')).toBe(0);
});

test('with Expect: 100-continue a body that is too large is not asked for', async () => {
  const upstream = await startUpstream('a', (received, response) => received.pipe(response));
  const { port, route } = await startEdge();
  route([upstream], { maxBodyBytes: 10 });
  const head = (length: number) =>
    `POST / HTTP/1.1\r\nHost: ${HOST}\r\nConnection: close\r\nExpect: 100-continue\r\nContent-Length: ${length}\r\n\r\n`;
  expect(await exchangeBytes(port, head(11))).toMatch(/^HTTP\/1.1 413 /);
  expect(await exchangeBytes(port, `${head(2)}ab`)).toMatch(
    /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 OK/,
  );
});

test('more requests in progress than a service may have are a 503 with Retry-After', async () => {
  const waiting: (() => void)[] = [];
  const upstream = await startUpstream('a', (_received, response) => {
    waiting.push(() => response.end('done'));
    if (waiting.length === 2) upstream.server.emit('full');
  });
  const { port, route, edge } = await startEdge();
  route([upstream], { maxInFlight: 2 });
  const full = once(upstream.server, 'full');
  const served = [ask(port), ask(port)];
  await full;
  const refused = await ask(port);
  expect(refused.status).toBe(503);
  expect(refused.headers['retry-after']).toBe('1');
  expect(problem(refused)).toMatchObject({ code: 'overloaded' });
  for (const finish of waiting) finish();
  expect((await Promise.all(served)).map(({ status }) => status)).toEqual([200, 200]);
  await expect.poll(() => edge.inFlight().get('a')).toBe(0);
  const later = ask(port);
  await expect.poll(() => waiting.length).toBe(3);
  waiting[2]?.();
  expect((await later).status).toBe(200);
});

test('no first byte in time is a 504; a stream may then be silent for longer', async () => {
  const upstream = await startUpstream('a', (received, response) => {
    if (received.url === '/silent') return;
    response.write('first ', () => upstream.server.emit('stream'));
    upstream.server.once('go on', () => response.end('last'));
  });
  const { port, route } = await startEdge();
  route([upstream], { responseTimeoutMs: 1_000 });
  const began = once(upstream.server, 'stream');
  const streamed = ask(port, { path: '/stream' });
  await began;
  const silent = await ask(port, { path: '/silent' });
  expect(silent.status).toBe(504);
  expect(problem(silent)).toMatchObject({ code: 'gateway-timeout' });
  // The stream began before, and had as long.
  upstream.server.emit('go on');
  expect((await streamed).body).toBe('first last');
});

test('a body that comes slowly does not count against the time of the answer', async () => {
  const upstream = await startUpstream('a', (received, response) => received.pipe(response));
  const { port, route } = await startEdge();
  route([upstream], { responseTimeoutMs: 60 });
  const sent = request({ port, host: '127.0.0.1', method: 'POST', headers: { host: HOST } });
  const answered = once(sent, 'response');
  sent.flushHeaders();
  for (let i = 0; i < 10; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    sent.write('x');
  }
  sent.end();
  const [response] = (await answered) as [IncomingMessage];
  expect(response.statusCode).toBe(200);
  expect(await text(response)).toBe('x'.repeat(10));
});

test('an upstream is read no faster than the client reads', async () => {
  const CHUNK = Buffer.alloc(64 * 1024);
  const CHUNKS = 500;
  let written = 0;
  const upstream = await startUpstream('a', (_received, response) => {
    const more = (): void => {
      while (written < CHUNKS) {
        written += 1;
        if (!response.write(CHUNK)) {
          response.once('drain', more);
          return;
        }
      }
      response.end();
    };
    more();
  });
  const { port, route } = await startEdge();
  route([upstream]);
  const sent = request({ port, host: '127.0.0.1', headers: { host: HOST }, agent: false });
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  // Nothing is read: what is written stops growing when all buffers on the way are full.
  let before = -1;
  while (before !== written) {
    before = written;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect(written).toBeLessThan(CHUNKS);
  let received = 0;
  for await (const chunk of response) received += (chunk as Buffer).length;
  expect(received).toBe(CHUNK.length * CHUNKS);
});

test('a client that stops reading is given up', async () => {
  const upstream = await startUpstream('a', (_received, response) => {
    response.write(Buffer.alloc(32 * 1024 * 1024));
  });
  const { port, route, edge } = await startEdge({ limits: { sendIdleMs: 50 } });
  route([upstream]);
  const sent = request({ port, host: '127.0.0.1', headers: { host: HOST }, agent: false });
  sent.on('error', () => {});
  sent.end();
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  response.on('error', () => {});
  await expect.poll(() => edge.inFlight().get('a'), { timeout: 10_000 }).toBe(0);
  sent.destroy();
});

test('an upstream that answers before the body has come gets its answer through', async () => {
  const upstream = await startUpstream('a', (_received, response) => {
    response.writeHead(401).end('no');
  });
  const { port, route } = await startEdge();
  route([upstream], { maxBodyBytes: 100_000_000 });
  const answer = await ask(port, { method: 'POST', body: Buffer.alloc(20_000_000) });
  expect(answer).toMatchObject({ status: 401, body: 'no' });
});

test.each(['stopped', 'not-deployed', 'crashed', undefined] as const)(
  'a route without upstreams is a 503 that says why: %s',
  async (unavailable) => {
    const { port, route } = await startEdge();
    route([], unavailable === undefined ? {} : { unavailable });
    const answer = await ask(port);
    expect(answer.status).toBe(503);
    expect(Number(answer.headers['retry-after'])).toBeGreaterThan(0);
    expect(problem(answer)).toMatchObject({ code: unavailable ?? 'unavailable', requestId: 'req_1' });
  },
);

test('pages are HTML for browsers and problems for all others, with the request id', async () => {
  const { port, route } = await startEdge();
  route([]);
  const headers = { host: 'other.example.test' };
  const page = await ask(port, {
    headers: { ...headers, accept: 'text/html,application/xhtml+xml,*/*;q=0.8' },
  });
  expect(page.status).toBe(404);
  expect(page.headers).toMatchObject({ 'content-type': 'text/html; charset=utf-8', 'x-request-id': 'req_1' });
  expect(page.body).toContain('<code>req_1</code>');
  const other = await ask(port, { headers: { ...headers, accept: '*/*' } });
  expect(other.headers['content-type']).toBe('application/problem+json');
  expect(problem(other)).toMatchObject({ code: 'no-such-host', requestId: 'req_2', status: 404 });
  expect((await ask(port, { method: 'HEAD', headers })).body).toBe('');
});
