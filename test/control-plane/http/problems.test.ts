import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { problemOf } from '../../../src/control-plane/http/problems.ts';
import { AppError, DatabaseUnavailableError } from '../../../src/control-plane/kernel/errors.ts';
import { createTestInstallation, type Person, type TestInstallation } from './kit/installation.ts';
import { bytesOf, call, exchange, parseProblem, sendBytes, sign, type WireResponse } from './kit/requests.ts';
import type { TestServer } from './kit/server.ts';

let installation: TestInstallation;
let server: TestServer;
let ann: Person;

const SECRET_INSIDE = 'select secret from /var/lib/ocpctl where token = hunter2';

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server({
    handlers: {
      getProfile: {
        kind: 'query',
        run: async () => {
          throw Object.assign(new Error(SECRET_INSIDE), { code: 'constructor' });
        },
      },
    },
  });
  ann = await installation.person('ann', 'requester@a');
});
afterAll(() => installation.stop());

/** 36: what must never be in an answer. */
function expectDiscreet({ headers, text }: WireResponse): void {
  expect(text).not.toMatch(
    /\.ts\b|\.js\b|node_modules|at \w+ \(|select |insert |fastify|FST_|\/(?:src|dist|tmp|work)\//i,
  );
  expect(headers['server']).toBeUndefined();
  expect(headers['x-powered-by']).toBeUndefined();
  expect(headers['cache-control']).toBe('no-store');
  expect(headers['access-control-allow-origin']).toBeUndefined();
}

const GET = (target: string, headers: Record<string, string> = {}) => ({
  method: 'GET',
  target,
  headers: { host: 'x', ...headers },
});

describe("S36: the framework's own errors are problems as well", () => {
  test.each([
    ['a bad escape', bytesOf(GET('/v1/clusters/%zz')), 400],
    ['no Host', 'GET /healthz HTTP/1.1\r\n\r\n', 400],
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['another protocol', '\u0016\u0003\u0001\u0002', 400],
    ['an unknown method', 'BREW /coffee HTTP/1.1\r\nhost: x\r\n\r\n', 400],
    [
      'both lengths',
      'POST /v1/clusters HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    [
      'two lengths',
      'POST /v1/clusters HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nabc',
      400,
    ],
    ['a folded header', 'GET /healthz HTTP/1.1\r\nhost: x\r\na: b\r\n c\r\n\r\n', 400],
    ['a raw byte in the target', 'GET /v1/\u00e9 HTTP/1.1\r\nhost: x\r\n\r\n', 400],
    [
      'another media type',
      bytesOf({ ...GET('/v1/clusters', { 'content-type': 'text/xml' }), method: 'POST', body: '<a/>' }),
      415,
    ],
    ['a body without a type', bytesOf({ ...GET('/v1/clusters'), method: 'POST', body: '{}' }), 415],
    ['a strange expectation', bytesOf(GET('/v1/whoami', { expect: 'miracles' })), 401],
    ['TRACE', bytesOf({ ...GET('/v1/whoami'), method: 'TRACE' }), 401],
    [
      'OPTIONS',
      bytesOf({ ...GET('/v1/whoami', { origin: 'https://evil.example' }), method: 'OPTIONS' }),
      401,
    ],
    ['an upgrade', bytesOf(GET('/v1/whoami', { upgrade: 'websocket' })), 401],
  ])('%s', async (_name, bytes, status) => {
    const answer = await sendBytes(server, bytes);
    expect(parseProblem(answer)).toMatchObject({ status, requestId: expect.stringMatching(/^req_/) });
    expect(answer.status).toBe(status);
    expect(answer.headers['x-request-id']).toBe(parseProblem(answer).requestId);
    expectDiscreet(answer);
  });

  test('a path that no one serves is 404, another method 405 with the right ones', async () => {
    const nowhere = await call(server, ann, { target: '/v1/nowhere' });
    expect(parseProblem(nowhere)).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    for (const target of ['/v1/clusters/', '/V1/clusters', '/v1/clusters/a/b/c']) {
      expect(parseProblem(await call(server, ann, { target })).status).toBe(404);
    }
    const patched = await call(server, ann, { method: 'PATCH', target: '/v1/clusters/clu_1' });
    expect(parseProblem(patched)).toMatchObject({ status: 405, code: 'METHOD_NOT_ALLOWED' });
    expect(patched.headers['allow']).toBe('GET');
    const head = await exchange(server, await sign(server, ann, { method: 'HEAD', target: '/v1/clusters' }));
    expect(head.status).toBe(405);
    for (const content of [{}, { body: { status: 'READY' } }]) {
      const wanted = { method: 'QUERY', target: '/v1/clusters', ...content };
      const query = await exchange(server, await sign(server, ann, wanted));
      expect([parseProblem(query).status, query.headers['allow']]).toEqual([405, 'GET, POST']);
    }
  });

  test('S39: a preflight gets no permission', async () => {
    const answer = await call(server, ann, {
      method: 'OPTIONS',
      target: '/v1/clusters',
      headers: { origin: 'https://evil.example', 'access-control-request-method': 'POST' },
    });
    expect(answer.status).toBe(405);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

test('S36: an error of ours tells only its request id, under which the log has the rest', async () => {
  const answer = await call(server, ann, { target: '/v1/profiles/aws-standard' });
  expect(parseProblem(answer)).toMatchObject({ status: 500, code: 'INTERNAL', errors: [] });
  expectDiscreet(answer);
  expect(answer.text).not.toContain('hunter2');
  const { requestId } = parseProblem(answer);
  const logged = installation.logLines
    .map((line) => JSON.parse(line))
    .filter((entry) => entry.requestId === requestId);
  expect(logged.map(({ msg }) => msg)).toEqual(['request failed', 'request']);
  expect(JSON.stringify(logged[0].err)).toContain('select secret');
  expect(logged[1]).toMatchObject({ principal: 'local:ann', status: 500, method: 'GET' });
});

test('a database that is away says nothing about itself, and is logged', () => {
  const gone = new DatabaseUnavailableError('connect ECONNREFUSED 10.0.0.7:5432', new Error('inner'));
  const { body, headers, isBug } = problemOf(gone, 'req_1');
  expect(JSON.stringify(body)).not.toContain('10.0.0.7');
  expect({ status: body.status, code: body.code, retry: headers['retry-after'], isBug }).toEqual({
    status: 503,
    code: 'UNAVAILABLE',
    retry: '2',
    isBug: true,
  });
});

test('a problem fits the contract, whatever went into it', () => {
  const errors = Array.from({ length: 300 }, () => ({
    field: 'f'.repeat(900),
    code: 'X',
    message: 'm'.repeat(9_000),
    allowed: Array.from({ length: 500 }, () => 'a'.repeat(999)),
  }));
  const { body } = problemOf(new AppError('POLICY_VIOLATION', 'd'.repeat(99_999), { errors }), 'req_1');
  expect(body.detail).toHaveLength(4_000);
  expect(body.errors).toHaveLength(100);
  expect(body.errors[0]).toMatchObject({ field: 'f'.repeat(200), message: 'm'.repeat(1_000) });
  expect(body.errors[0]?.allowed).toHaveLength(200);
});
