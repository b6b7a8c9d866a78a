import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { ask, HOST, routeTo, startEdge, startUpstream } from './edge-fixture.ts';

test('a request gets to the upstream of its host, and the answer back', async () => {
  const seen: IncomingMessage[] = [];
  const upstream = await startUpstream('a', (received, response) => {
    seen.push(received);
    response.setHeader('set-cookie', ['one=1', 'two=2']);
    response.writeHead(201, { 'content-type': 'text/plain' });
    response.end(`hello ${received.method} ${received.url}`);
  });
  const { port, route, edge } = await startEdge();
  route([upstream]);

  const answer = await ask(port, { path: '/a%20b?c=d', headers: { cookie: 'x=y' } });

  expect(answer).toMatchObject({ status: 201, body: 'hello GET /a%20b?c=d' });
  expect(answer.headers['set-cookie']).toEqual(['one=1', 'two=2']);
  expect(answer.headers['x-request-id']).toBe('req_1');
  expect(seen[0]?.headers).toMatchObject({
    host: HOST,
    cookie: 'x=y',
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-proto': 'http',
    'x-forwarded-host': HOST,
    'x-request-id': 'req_1',
  });
  expect(edge.inFlight()).toEqual(new Map([['a', 0]]));
});

test('a body is streamed in and out', async () => {
  const upstream = await startUpstream('a', (received, response) => {
    received.pipe(response);
  });
  const { port, route } = await startEdge();
  route([upstream]);
  const sent = request({ port, host: '127.0.0.1', method: 'POST', headers: { host: HOST } });
  sent.write('one');
  const [response] = (await once(sent, 'response')) as [IncomingMessage];
  expect(String((await once(response, 'data'))[0])).toBe('one');
  const rest = text(response);
  sent.end('two');
  expect(await rest).toBe('two');
});

test('a state that is older than the one in force changes nothing', async () => {
  const [a, b] = await Promise.all(
    ['a', 'b'].map((id) => startUpstream(id, (_received, response) => response.end(id))),
  );
  if (!a || !b) throw new Error('two upstreams');
  const { port, edge } = await startEdge();
  edge.apply({ generation: 7, routes: [routeTo([b])] });
  edge.apply({ generation: 6, routes: [routeTo([a])] });
  edge.apply({ generation: 7, routes: [] });
  expect((await ask(port)).body).toBe('b');
  expect(edge.generation).toBe(7);
});
