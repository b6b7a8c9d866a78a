import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newName, postCluster } from './kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from './kit/installation.ts';
import {
  call,
  exchange,
  expectUnauthenticated,
  newKey,
  parseProblem,
  type SignedRequest,
  sign,
} from './kit/requests.ts';
import type { TestServer } from './kit/server.ts';

let installation: TestInstallation;
let server: TestServer;
let other: TestServer;
let ann: Person;

beforeAll(async () => {
  installation = await createTestInstallation();
  [server, other] = await Promise.all([installation.server(), installation.server()]);
  ann = await installation.person('ann', 'requester@a');
});
afterAll(() => installation.stop());

const whoami = (extra: { now?: Date; headers?: Record<string, string> } = {}) =>
  sign(server, ann, { target: '/v1/whoami', ...extra });

const create = (body: unknown = { name: newName(), profile: 'aws-minimal-test' }) =>
  sign(server, ann, {
    method: 'POST',
    target: '/v1/clusters',
    headers: { 'idempotency-key': newKey() },
    body,
  });

const withHeader = (request: SignedRequest, headers: Record<string, string>): SignedRequest => ({
  ...request,
  headers: { ...request.headers, ...headers },
});

test('G13: a request of our own client is let in', async () => {
  expect((await exchange(server, await whoami())).status).toBe(200);
  expect((await server.client(ann).GET('/v1/whoami')).data.principal).toBe('local:ann');
});

test.each(['UNSIGNED-PAYLOAD', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'])('S9: G13: %s is 401', async (hash) => {
  expectUnauthenticated(await exchange(server, withHeader(await create(), { 'x-amz-content-sha256': hash })));
});

describe('S10: G13: a body changed after signing is 401 before anything is parsed', () => {
  test.each(['{"name":"changed","profile":"aws-minimal-test"}', '{not json', ''])('%j', async (body) => {
    expectUnauthenticated(await exchange(server, { ...(await create()), body }));
  });
  test('a body added to a GET is refused', async () => {
    expect(parseProblem(await exchange(server, { ...(await whoami()), body: '{}' })).status).toBe(400);
  });
});

test.each([
  ['x-amz-meta', 'a'],
  ['x-ocpctl-team', 'b'],
  ['idempotency-key', 'k'.repeat(16)],
  ['content-type', 'application/json'],
  ['if-match', 'a'],
  ['last-event-id', '7'],
])('S11: G13: an unsigned %s is 401', async (name, value) => {
  expectUnauthenticated(await exchange(server, withHeader(await whoami(), { [name]: value })));
});

test.each([
  [-301, 401],
  [-298, 200],
  [298, 200],
  [302, 401],
])('S12: G13: a date %i s from now is %i', async (seconds, status) => {
  const answer = await exchange(server, await whoami({ now: new Date(Date.now() + seconds * 1000) }));
  expect(answer.status).toBe(status);
});

describe('S13: G13: another scope or host is 401', () => {
  test.each([
    [/\/local\//, '/mars-1/'],
    [/\/ocpctl\//, '/s3/'],
    [/\/\d{8}\//, '/20150830/'],
  ])('%s', async (pattern, replacement) => {
    const request = await whoami();
    const authorization = (request.headers['authorization'] ?? '').replace(pattern, replacement);
    expectUnauthenticated(await exchange(server, withHeader(request, { authorization })));
  });
  test('another terminator', async () => {
    const request = await whoami();
    const authorization = (request.headers['authorization'] ?? '').replace('aws4_request', 'aws5_request');
    expectUnauthenticated(await exchange(server, withHeader(request, { authorization })));
  });
  test('a request for the other server', async () => {
    expectUnauthenticated(await exchange(server, await sign(other, ann, { target: '/v1/whoami' })));
  });
});

describe('S17: G13: a request sent twice', () => {
  test('is let in once', async () => {
    const request = await whoami();
    expect((await exchange(server, request)).status).toBe(200);
    expectUnauthenticated(await exchange(server, request));
  });
});

test('S18: G13: an unknown key and a wrong signature get the same answer', async () => {
  const stranger = { ...ann, accessKeyId: 'OCPKFFFFFFFFFFFFFFFF' };
  const impostor = { ...ann, secretAccessKey: 'guess' };
  // A new server, because a server logs a reason once a minute.
  const fresh = await installation.server();
  const unknown = await exchange(fresh, await sign(fresh, stranger, { target: '/v1/whoami' }));
  const wrong = await exchange(fresh, await sign(fresh, impostor, { target: '/v1/whoami' }));
  expectUnauthenticated(unknown);
  expectUnauthenticated(wrong);
  expect(Object.keys(unknown.headers)).toEqual(Object.keys(wrong.headers));
  // Only the log tells them apart.
  const reasons = installation.logLines.map((line) => JSON.parse(line).reason).filter(Boolean);
  expect(reasons.slice(-2)).toEqual(['KEY_UNKNOWN', 'SIGNATURE_MISMATCH']);
});

test('S31: headers that would override the method are ignored', async () => {
  const { cluster } = JSON.parse((await postCluster(server, ann)).text);
  for (const name of ['x-http-method-override', 'x-method-override', 'x-http-method']) {
    const answer = await call(server, ann, {
      target: `/v1/clusters/${cluster.id}`,
      headers: { [name]: 'DELETE' },
    });
    expect(JSON.parse(answer.text).status).toBe('PENDING');
  }
});
