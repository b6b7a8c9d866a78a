import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createCluster, newName, postCluster } from './kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from './kit/installation.ts';
import { call, exchange, newKey, parseProblem, sign } from './kit/requests.ts';
import type { TestServer } from './kit/server.ts';

let installation: TestInstallation;
let server: TestServer;
let ann: Person;
let clusterId: string;

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server();
  ann = await installation.person('ann', 'requester@a');
  clusterId = (await createCluster(server, ann)).cluster.id;
});
afterAll(() => installation.stop());

const fieldsOf = (answer: Awaited<ReturnType<typeof call>>) =>
  parseProblem(answer).errors.map(({ field, code }) => `${field} ${code}`);

const raw = (body: string) =>
  call(server, ann, {
    method: 'POST',
    target: '/v1/clusters',
    headers: { 'content-type': 'application/json' },
    body,
  });

describe('S23: G12: what the contract does not know is refused by name', () => {
  test.each(['status', 'id', 'createdBy', 'requestedBy', 'destroyAt', 'infraId', 'constructor', 'toString'])(
    'body property %s',
    async (name) => {
      const answer = await postCluster(server, ann, { [name]: 'x' });
      expect(answer.status).toBe(400);
      expect(fieldsOf(answer)).toEqual([`${name} ADDITIONALPROPERTIES`]);
    },
  );
  test('another team, another owner', async () => {
    const answer = await postCluster(server, ann, { team: 'b', owner: 'bob' });
    expect(parseProblem(answer)).toMatchObject({ status: 422, code: 'POLICY_VIOLATION' });
    expect(fieldsOf(answer)).toEqual(['team NOT_ALLOWED', 'owner NOT_ALLOWED']);
  });
  test('every field at once, with what would be allowed', async () => {
    const answer = await raw('{"ttlHours":"long","onFailure":"explode","tags":{"a/b":1}}');
    expect(fieldsOf(answer).sort()).toEqual([
      'name REQUIRED',
      'onFailure ENUM',
      'profile REQUIRED',
      'tags.a/b TYPE',
      'ttlHours TYPE',
    ]);
    expect(parseProblem(answer).errors.find(({ field }) => field === 'onFailure')?.allowed).toEqual([
      'destroy',
      'preserve',
    ]);
  });
  test('query keys on every GET', async () => {
    for (const { url, method } of server.contract.filter((operation) => operation.method === 'GET')) {
      const target = `${url.replace(':id', clusterId).replace(':name', 'aws-standard')}?force=true`;
      const answer = await call(server, ann, { method, target });
      if (answer.status === 403) continue;
      const unknown = fieldsOf(answer).filter((problem) => !problem.endsWith(' REQUIRED'));
      expect([url, ...unknown]).toEqual([url, 'query.force ADDITIONALPROPERTIES']);
    }
  });
  test('a body where none belongs', async () => {
    const answer = await call(server, ann, {
      method: 'POST',
      target: `/v1/jobs/job_${'0'.repeat(26)}/cancel`,
      body: { now: true },
    });
    expect(parseProblem(answer).status).toBe(400);
  });
});

describe('S26: sizes', () => {
  test('a body over 64 KiB is 413', async () => {
    expect(parseProblem(await raw(JSON.stringify({ a: 'x'.repeat(65_536) })))).toMatchObject({
      status: 413,
      code: 'PAYLOAD_TOO_LARGE',
    });
  });
  test('headers over 8 KiB are 431', async () => {
    const answer = await call(server, ann, {
      target: '/v1/whoami',
      headers: { 'x-padding': 'x'.repeat(9_000) },
    });
    expect(parseProblem(answer)).toMatchObject({ status: 431, code: 'HEADERS_TOO_LARGE' });
    expect(answer.headers['x-request-id']).toBe(parseProblem(answer).requestId);
  });
  test('a part of the path over 100 characters is 414', async () => {
    const answer = await call(server, ann, { target: `/v1/clusters/${'x'.repeat(101)}` });
    expect(parseProblem(answer)).toMatchObject({ status: 414, code: 'URI_TOO_LONG' });
  });
  test('JSON deeper than 32 levels is 400, and brackets in a text do not count', async () => {
    const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;
    expect(parseProblem(await raw(nested(33))).detail).toContain('32 levels');
    expect(parseProblem(await raw(nested(30_000))).status).toBe(400);
    expect(parseProblem(await raw(nested(32))).code).toBe('VALIDATION_FAILED');
    expect((await postCluster(server, ann, { tags: { note: 'x' }, costCenter: 'a'.repeat(50) })).status).toBe(
      202,
    );
    expect(fieldsOf(await postCluster(server, ann, { tags: { note: `"${'['.repeat(40)}` } }))).toEqual([
      'tags.note INVALID_FORMAT',
    ]);
  });
  test('an encoded body is 415', async () => {
    const answer = await call(server, ann, {
      method: 'POST',
      target: '/v1/clusters',
      headers: { 'content-encoding': 'gzip' },
      body: {},
    });
    expect(parseProblem(answer)).toMatchObject({ status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
  });
  test('ten thousand wrong fields make one hundred errors', async () => {
    const answer = await raw(`{${Array.from({ length: 6_000 }, (_, i) => `"${i}":1`).join(',')}}`);
    expect(parseProblem(answer).errors).toHaveLength(100);
    expect(answer.text.length).toBeLessThan(20_000);
  });
  test('a name as long as the body is cut in the answer', async () => {
    const answer = await raw(`{"${'n'.repeat(60_000)}":1}`);
    expect(Math.max(...parseProblem(answer).errors.map(({ field }) => field.length))).toBe(200);
  });
});

describe('what is not text, a time or a number', () => {
  test('L12: colons in texts and empty names are not repeated keys', async () => {
    const answer = await raw('{"":{"a:b":":","c":[{"a:b":1},{"a:b":1}]},"x:{}":"{\\"a\\":1}"}');
    expect(parseProblem(answer).code).toBe('VALIDATION_FAILED');
  });
  test.each(['1e2', '0x10', '010', '1.0', '+5', '%201', ''])('L12: ?limit=%s is 400', async (limit) => {
    expect((await call(server, ann, { target: `/v1/clusters?limit=${limit}` })).status).toBe(400);
  });
  test.each([
    ['{"__proto__":{"isAdmin":true}}'],
    ['{"name":"a","name":'],
    ['{"name":"a","name":"b"}'],
    ['{"name":"a","\\u006eame":"b"}'],
    ['{"name":"a","tags":{"a":"1","b":"2","a":"3"}}'],
    ['{"name":"\\u0000"}'],
    ['{"name":"\\ud800"}'],
    ['\u00ff\u00fe'],
    ['undefined'],
  ])('%j is 400', async (body) => {
    expect(parseProblem(await raw(body)).status).toBe(400);
  });
  test('invalid UTF-8 is 400', async () => {
    const request = await sign(server, ann, {
      method: 'POST',
      target: '/v1/clusters',
      headers: { 'idempotency-key': newKey() },
      body: '{}',
    });
    // Signed as it is sent: the verifier has nothing against these bytes.
    expect((await exchange(server, request)).status).toBe(400);
  });
  test.each(['name=%00', 'owner=%00', 'team=a%00', 'profile=%00'])('?%s is 400', async (query) => {
    expect(fieldsOf(await call(server, ann, { target: `/v1/clusters?${query}` }))).toEqual([
      `query.${query.split('=')[0]} INVALID_FORMAT`,
    ]);
  });
  test.each(['constructor=1', 'limit=1e9', 'limit=', 'limit=-1', 'limit=1.5', 'status=ready', 'cursor=%27'])(
    '?%s is 400',
    async (query) => {
      expect(parseProblem(await call(server, ann, { target: `/v1/clusters?${query}` })).status).toBe(400);
    },
  );
  test('a query key that is a property of every object is unknown', () => {
    for (const { validate } of server.contract) {
      expect(validate.query(Object.fromEntries([['__proto__', '1']]))).toBe(false);
    }
  });
  test.each([
    '2025-02-30T00:00:00Z',
    '2025-01-01T23:59:60Z',
    '0000-01-01T00:00:00Z',
    '9999-12-31T23:59:59-23:00',
    '2025-01-01',
    'tomorrow',
  ])('%s is not a time', async (time) => {
    const query = await call(server, ann, {
      target: `/v1/clusters?expiresBefore=${encodeURIComponent(time)}`,
    });
    expect(fieldsOf(query)).toEqual(['query.expiresBefore FORMAT']);
    const body = await call(server, ann, {
      method: 'POST',
      target: `/v1/clusters/${clusterId}/extend`,
      body: { until: time },
    });
    expect(fieldsOf(body)).toEqual(['until FORMAT']);
  });
  test('a key with a NUL in its comment is 400, not an error of ours', async () => {
    const sshPublicKey =
      'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f a\u0000b';
    expect((await postCluster(server, ann, { sshPublicKey })).status).toBe(400);
    expect(
      (await postCluster(server, ann, { name: newName(), sshPublicKey: sshPublicKey.replace('\u0000', '') }))
        .status,
    ).toBe(202);
  });
});
