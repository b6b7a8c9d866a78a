import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { idempotencyKey } from '../../src/client/api-client.ts';
import { ApiError, UnreachableError } from '../../src/client/api-error.ts';
import {
  CREDENTIALS,
  clientOf,
  fakeClock,
  json,
  listen,
  problem,
  type SignedServer,
  startSignedServer,
} from './signed-server.ts';

let server: SignedServer;
beforeEach(async () => {
  server = await startSignedServer();
});
afterEach(() => server.stop());

async function thrownBy(action: Promise<unknown>): Promise<unknown> {
  return action.then(
    () => expect.fail('nothing was thrown'),
    (thrown: unknown) => thrown,
  );
}

async function apiErrorOf(action: Promise<unknown>): Promise<ApiError> {
  const thrown = await thrownBy(action);
  if (thrown instanceof ApiError) return thrown;
  throw thrown;
}

async function unreachableErrorOf(action: Promise<unknown>): Promise<UnreachableError> {
  const thrown = await thrownBy(action);
  if (thrown instanceof UnreachableError) return thrown;
  throw thrown;
}

describe('signing round trip', () => {
  test.each(['a b+c/é=&%', "!'()*", '', '🦉', '~._-', 'a%20b'])(
    'the query value %j arrives as it was',
    async (value) => {
      await clientOf(server).GET('/v1/clusters', { params: { query: { owner: [value], limit: 3 } } });
      expect(server.received[0]?.identity.target.query).toEqual([
        ['owner', value],
        ['limit', '3'],
      ]);
    },
  );

  test('bodies, idempotency keys and parameters arrive as they were', async () => {
    const body = { byHours: 2 };
    const key = idempotencyKey();
    const params = { path: { id: 'clu_1' }, header: { 'idempotency-key': key } };
    await clientOf(server).POST('/v1/clusters/{id}/extend', { params, body });
    expect(server.received).toMatchObject([
      {
        body: JSON.stringify(body),
        request: {
          method: 'POST',
          url: '/v1/clusters/clu_1/extend',
          headers: { 'user-agent': 'ocpctl-test' },
        },
      },
    ]);
    expect(server.received[0]?.identity.headers.get('idempotency-key')).toBe(key);
    expect(server.received[0]?.identity.headers.get('content-type')).toBe('application/json');
  });

  test('a mutation without a body is let in', async () => {
    const params = { path: { id: 'clu_1' }, header: { 'idempotency-key': idempotencyKey() } };
    await clientOf(server).POST('/v1/clusters/{id}/destroy', { params });
    expect(server.received[0]?.request.headers['content-length']).toBe('0');
  });

  test('what is not there is not sent', async () => {
    const client = clientOf(server);
    await client.GET('/v1/whoami');
    await client.send({ method: 'GET', target: "/v1/jobs?a b=c'd&empty" });
    expect(server.received.map(({ request }) => request.url)).toEqual([
      '/v1/whoami',
      '/v1/jobs?a%20b=c%27d&empty=',
    ]);
  });

  test('a session token is signed; credentials are asked for each time', async () => {
    const temporary = await startSignedServer({ sessionToken: 'to/ken==' });
    try {
      let asked = 0;
      const credentials = async () => {
        asked += 1;
        return { ...CREDENTIALS, sessionToken: 'to/ken==' };
      };
      const client = clientOf(temporary, { credentials: { current: credentials, renew: async () => false } });
      await client.GET('/v1/whoami');
      await client.GET('/v1/whoami');
      expect([asked, temporary.received.length]).toEqual([2, 2]);
    } finally {
      await temporary.stop();
    }
  });

  test('a path in the address of the server comes before every path', async () => {
    await clientOf({ url: `${server.url}/gate/` }).GET('/v1/whoami');
    expect(server.received[0]?.request.url).toBe('/gate/v1/whoami');
  });

  test('connections are kept', async () => {
    const client = clientOf(server);
    await client.GET('/v1/whoami');
    await client.GET('/v1/whoami');
    const [first, second] = server.received.map(({ port }) => port);
    expect(first).toBeTypeOf('number');
    expect(second).toBe(first);
    client.close();
  });
});

describe('answers', () => {
  test('the document comes with its response', async () => {
    server.answers.push(
      json(202, { cluster: { id: 'clu_1' }, job: null }, { 'idempotent-replayed': 'true' }),
    );
    const options = { params: { path: { id: 'clu_1' }, header: { 'idempotency-key': idempotencyKey() } } };
    const { data, response } = await clientOf(server).POST('/v1/clusters/{id}/destroy', options);
    expect(data.cluster.id).toBe('clu_1');
    expect([response.status, response.header('Idempotent-Replayed')]).toEqual([202, 'true']);
  });

  test('a problem is an ApiError with all that the server told', async () => {
    const document = {
      type: 'about:blank',
      title: 'Policy',
      status: 422,
      detail: 'The region is not allowed.',
      code: 'POLICY_VIOLATION',
      requestId: 'req_7',
      errors: [{ field: 'region', code: 'NOT_ALLOWED', message: 'use one of these', allowed: ['eu-west-1'] }],
    };
    server.answers.push(json(422, document, { 'content-type': 'application/problem+json' }));
    const error = await apiErrorOf(clientOf(server).GET('/v1/whoami'));
    expect(error).toMatchObject({
      code: 'POLICY_VIOLATION',
      message: 'The region is not allowed.',
      status: 422,
      requestId: 'req_7',
      errors: document.errors,
      retryable: false,
    });
  });

  test.each([
    ['a page of a proxy', 404],
    ['a redirect', 302],
    ['a page instead of the document', 200],
  ])('%s is not taken for an ocpctl server', async (_, status) => {
    server.answers.push((_received, response) => {
      response.writeHead(status, { 'content-type': 'text/html', location: 'http://127.0.0.1:1/' });
      response.end('<html>');
    });
    const error = await apiErrorOf(clientOf(server).GET('/v1/whoami'));
    expect(error).toMatchObject({ code: 'UNEXPECTED_ANSWER', status, retryable: false });
    expect(error.message).toContain(server.url);
  });

  test('a wrong key is not tried again', async () => {
    const client = clientOf(server, { credentials: { ...CREDENTIALS, secretAccessKey: 'wrong' } });
    expect(await apiErrorOf(client.GET('/v1/whoami'))).toMatchObject({
      code: 'UNAUTHENTICATED',
      status: 401,
    });
    expect(server.refused).toEqual(['SIGNATURE_MISMATCH']);
  });
});

describe('clock skew', () => {
  test.each([301_000, -301_000, 86_400_000])(
    'a clock %i ms off is corrected with one more request, once',
    async (offset) => {
      server.clockOffsetMs = offset;
      const client = clientOf(server);
      await client.GET('/v1/whoami');
      await client.GET('/v1/whoami');
      expect(server.refused).toEqual(['TIME_TOO_SKEWED']);
      expect(server.received).toHaveLength(2);
    },
  );

  test('is not blamed for another refusal more than once', async () => {
    server.clockOffsetMs = 86_400_000;
    const client = clientOf(server, { credentials: { ...CREDENTIALS, secretAccessKey: 'wrong' } });
    await apiErrorOf(client.GET('/v1/whoami'));
    expect(server.refused).toEqual(['TIME_TOO_SKEWED', 'SIGNATURE_MISMATCH']);
  });
});

test('a server whose clock jumps gets two requests, not more', async () => {
  let requests = 0;
  const jumping = createServer((_, response) => {
    requests += 1;
    response.setHeader('date', new Date(Date.now() + requests * 86_400_000).toUTCString());
    problem(401, 'UNAUTHENTICATED', 'no')(undefined, response);
  });
  const url = `http://127.0.0.1:${await listen(jumping)}`;
  await apiErrorOf(clientOf({ url }).GET('/v1/whoami'));
  expect(requests).toBe(2);
  jumping.closeAllConnections();
  jumping.close();
});

describe('N12: a mutation that fails', () => {
  const cut: SignedServer['answers'][number] = (_, response) => void response.destroy();
  const destroy = (options: Parameters<typeof clientOf>[1] = {}) =>
    thrownBy(
      clientOf(server, options).POST('/v1/clusters/{id}/destroy', {
        params: { path: { id: 'clu_1' }, header: { 'idempotency-key': idempotencyKey() } },
      }),
    );

  test.each([
    ['the last answer was lost', [cut, cut, cut], true],
    [
      'an earlier answer was lost',
      [cut, problem(429, 'RATE_LIMITED', 'slow down', { 'retry-after': '60' })],
      true,
    ],
    ['an earlier answer was lost and the key was revoked', [cut, problem(403, 'FORBIDDEN', 'no')], true],
    ['the server answered at last', [cut, problem(422, 'POLICY_VIOLATION', 'no')], false],
    ['it was turned away', [problem(429, 'RATE_LIMITED', 'slow down', { 'retry-after': '60' })], false],
  ])('may have been accepted when %s', async (_, answers, mayHaveBeenAccepted) => {
    server.answers.push(...answers);
    expect(await destroy()).toMatchObject({ mayHaveBeenAccepted });
  });
});

describe('G10: retries', () => {
  test.each([
    problem(429, 'RATE_LIMITED', 'slow down', { 'retry-after': '2' }),
    problem(503, 'UNAVAILABLE', 'away', { 'retry-after': '2' }),
    problem(409, 'REQUEST_IN_FLIGHT', 'busy', { 'retry-after': '2' }),
  ])('come after the time that the server asks for, with the same key and a new nonce', async (refusal) => {
    server.answers.push(refusal, refusal, json(202, {}));
    const clock = fakeClock();
    const options = { params: { path: { id: 'clu_1' }, header: { 'idempotency-key': idempotencyKey() } } };
    await clientOf(server, { clock }).POST('/v1/clusters/{id}/destroy', options);
    expect(clock.pauses.map((ms) => ms >= 2000 && ms < 3000)).toEqual([true, true]);
    const headers = server.received.map(({ identity }) => identity.headers);
    expect(new Set(headers.map((all) => all.get('idempotency-key'))).size).toBe(1);
    expect(new Set(headers.map((all) => all.get('x-ocpctl-nonce'))).size).toBe(3);
  });

  test('are bounded by the deadline', async () => {
    const refusal = problem(503, 'UNAVAILABLE', 'away');
    server.answers.push(...Array.from({ length: 100 }, () => refusal));
    const clock = fakeClock();
    const error = await apiErrorOf(clientOf(server, { clock, timeoutMs: 10_000 }).GET('/v1/whoami'));
    expect(error.code).toBe('UNAVAILABLE');
    expect(clock.monotonicMs()).toBeLessThan(10_000);
    expect(server.received.length).toBeGreaterThan(3);
  });

  test('are not begun when the server asks for more time than there is', async () => {
    server.answers.push(problem(429, 'RATE_LIMITED', 'slow down', { 'retry-after': '60' }));
    const error = await apiErrorOf(clientOf(server).GET('/v1/whoami'));
    expect(error).toMatchObject({ retryAfterSeconds: 60, retryable: true });
    expect(server.received).toHaveLength(1);
  });

  test.each([
    problem(409, 'STATE_CONFLICT', 'no'),
    problem(500, 'INTERNAL', 'bug'),
    problem(404, 'NOT_FOUND', 'no'),
  ])('do not come after a final answer', async (refusal) => {
    server.answers.push(refusal);
    await apiErrorOf(clientOf(server).GET('/v1/whoami'));
    expect(server.received).toHaveLength(1);
  });

  test('S28: repeat even what has no key after a 429: it was turned away before anything was done', async () => {
    server.answers.push(
      problem(429, 'RATE_LIMITED', 'slow down', { 'retry-after': '1' }),
      json(200, { kind: 'kubeconfig', value: 'v' }),
    );
    const options = { params: { path: { id: 'clu_1' } }, body: { kind: 'kubeconfig' as const } };
    const client = clientOf(server, { clock: fakeClock() });
    expect((await client.POST('/v1/clusters/{id}/credentials', options)).data.value).toBe('v');
    expect(server.received).toHaveLength(2);
  });

  test('do not repeat a mutation without an idempotency key', async () => {
    server.answers.push(problem(503, 'UNAVAILABLE', 'away'));
    const options = { params: { path: { id: 'clu_1' } }, body: { kind: 'kubeconfig' as const } };
    await apiErrorOf(clientOf(server).POST('/v1/clusters/{id}/credentials', options));
    expect(server.received).toHaveLength(1);
  });

  test('repeat a request whose answer broke off', async () => {
    server.answers.push(
      (_, response) => {
        response.writeHead(200, { 'content-length': '100' });
        response.write('{', () => response.destroy());
      },
      json(200, { principal: 'local:alice' }),
    );
    const { data } = await clientOf(server).GET('/v1/whoami');
    expect(data.principal).toBe('local:alice');
    expect(server.received).toHaveLength(2);
  });

  test('end at an abort', async () => {
    const controller = new AbortController();
    const reason = new Error('ctrl-c');
    server.answers.push((_, response) => {
      problem(503, 'UNAVAILABLE', 'away')(undefined, response);
      controller.abort(reason);
    });
    const signal = controller.signal;
    expect(await thrownBy(clientOf(server).GET('/v1/whoami', { signal }))).toBe(reason);
    expect(server.received).toHaveLength(1);
  });
});

describe('an unreachable server', () => {
  test('is named with the reason, after three attempts', async () => {
    const clock = fakeClock();
    const closed = createServer();
    const port = await listen(closed);
    await new Promise((resolve) => closed.close(resolve));
    const url = `http://127.0.0.1:${port}`;
    const error = await unreachableErrorOf(clientOf({ url }, { clock }).GET('/v1/whoami'));
    expect(error).toMatchObject({
      code: 'UNREACHABLE',
      reason: 'ECONNREFUSED',
      server: url,
      retryable: true,
    });
    expect(error.message).toBe(`cannot reach ${url}: connection refused`);
    expect(clock.pauses).toHaveLength(2);
  });

  test('without a name is not tried twice', async () => {
    const clock = fakeClock();
    const error = await unreachableErrorOf(
      clientOf({ url: 'http://nowhere.invalid' }, { clock }).GET('/v1/whoami'),
    );
    expect(['ENOTFOUND', 'EAI_AGAIN']).toContain(error.reason);
    if (error.reason === 'ENOTFOUND') expect(clock.pauses).toEqual([]);
  });

  test('that does not speak TLS is told apart', async () => {
    const url = server.url.replace('http:', 'https:');
    const error = await unreachableErrorOf(clientOf({ url }).GET('/v1/whoami'));
    expect(error.hint).toContain('http://');
    expect(error.retryable).toBe(false);
  });

  test('that accepts and says nothing is given up at the deadline', async () => {
    server.answers.push(() => {});
    const error = await unreachableErrorOf(clientOf(server, { timeoutMs: 50 }).GET('/v1/whoami'));
    expect(error).toMatchObject({ reason: 'ETIMEDOUT' });
    expect(error.message).toContain('no response within 0.05 s');
  });

  test('that stops in the middle is given up after the same time', async () => {
    server.answers.push((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{');
    });
    const error = await unreachableErrorOf(clientOf(server, { timeoutMs: 50 }).GET('/v1/whoami'));
    expect(error.reason).toBe('ETIMEDOUT');
  });

  test.each([new Error('ctrl-c'), undefined])('does not keep a caller that aborts with %s', async (given) => {
    const controller = new AbortController();
    server.answers.push(() => controller.abort(given));
    const reason = given ?? expect.objectContaining({ name: 'AbortError' });
    expect(await thrownBy(clientOf(server).GET('/v1/whoami', { signal: controller.signal }))).toEqual(reason);
    expect(await thrownBy(clientOf(server).GET('/v1/whoami', { signal: controller.signal }))).toEqual(reason);
    expect(server.received).toHaveLength(1);
  });
});

test('the contract is checked by the compiler', () => {
  const client = clientOf(server);
  const mistakes = () => [
    // @ts-expect-error no such path
    client.GET('/v1/nothing'),
    // @ts-expect-error no such method there
    client.DELETE('/v1/whoami'),
    // @ts-expect-error the id is missing
    client.GET('/v1/clusters/{id}'),
    // @ts-expect-error the idempotency key is missing
    client.POST('/v1/clusters/{id}/destroy', { params: { path: { id: 'clu_1' } } }),
    // @ts-expect-error no such status
    client.GET('/v1/clusters', { params: { query: { status: 'SLEEPING' } } }),
    // @ts-expect-error no such member of the answer
    client.GET('/v1/whoami').then(({ data }) => data.nickname),
  ];
  expect(mistakes).toBeTypeOf('function');
});
