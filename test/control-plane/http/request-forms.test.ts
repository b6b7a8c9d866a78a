import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { newName } from './kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from './kit/installation.ts';
import { bytesOf, exchange, newKey, parseProblem, sendBytes, sign } from './kit/requests.ts';
import type { TestServer } from './kit/server.ts';

let installation: TestInstallation;
let server: TestServer;
let ann: Person;

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server();
  ann = await installation.person('ann', 'requester@a');
});
afterAll(() => installation.stop());

const whoami = () => sign(server, ann, { target: '/v1/whoami' });
const create = () =>
  sign(server, ann, {
    method: 'POST',
    target: '/v1/clusters',
    headers: { 'idempotency-key': newKey() },
    body: { name: newName(), profile: 'aws-minimal-test' },
  });

describe('S8: credentials in the query', () => {
  test.each(['X-Amz-Signature=00', 'X-Amz-Credential=a', 'AWSAccessKeyId=a', 'x-amz-expires=60'])(
    'are 400 also beside a valid header: %s',
    async (query) => {
      const signed = await sign(server, ann, { target: `/v1/whoami?${query}` });
      expect(parseProblem(await exchange(server, signed)).status).toBe(400);
      const unsigned = await exchange(server, { method: 'GET', target: `/v1/whoami?${query}`, headers: {} });
      expect(parseProblem(unsigned).status).toBe(400);
    },
  );
});

test.each(['host', 'authorization', 'x-amz-date', 'idempotency-key'])(
  'S14: G13: a repeated %s is 400',
  async (name) => {
    const bytes = bytesOf(await create());
    const [line = ''] = new RegExp(`^${name}: .*$`, 'm').exec(bytes) ?? [];
    expect(line).not.toBe('');
    expect(parseProblem(await sendBytes(server, bytes.replace(line, `${line}\r\n${line}`))).status).toBe(400);
  },
);

test('L1: more than 64 headers are 400: what comes after them would be verified and not read', async () => {
  const bytes = bytesOf(await whoami());
  const count = bytes.split('\r\n\r\n')[0]?.split('\r\n').length ?? 0;
  const padded = (headers: number) =>
    bytes.replace(
      '\r\n',
      `\r\n${Array.from({ length: headers - count + 1 }, (_, i) => `a${i}: 1\r\n`).join('')}`,
    );
  expect((await sendBytes(server, padded(64))).status).toBe(200);
  expect(parseProblem(await sendBytes(server, padded(65)))).toMatchObject({ status: 400 });
});

test.each(['HTTP/0.9', 'HTTP/2.0'])('L12: a request line with %s is 400', async (version) => {
  const bytes = bytesOf(await whoami());
  expect((await sendBytes(server, bytes.replace('HTTP/1.1', version))).status).toBe(400);
});

describe('S15: G13: a target with two readings is 400', () => {
  const targets = [
    '//v1/whoami',
    '/v1/./whoami',
    '/v1/../v1/whoami',
    '/v1/who%61mi',
    '/v1/whoami;a=b',
    '/v1\\whoami',
    '/v1/whoami#a',
    'http://127.0.0.1/v1/whoami',
  ];
  test.each(targets)('%s', async (target) => {
    const answer = await sendBytes(server, bytesOf({ ...(await whoami()), target }));
    expect(parseProblem(answer).status).toBe(400);
  });
});

test.each(['?force', '?a=1+2', '?name=a&name=b', '?name=a&NAME=b', '?'])(
  'S16: G13: %s is 400',
  async (query) => {
    const signed = await sign(server, ann, { target: '/v1/clusters' });
    const answer = await sendBytes(server, bytesOf({ ...signed, target: `/v1/clusters${query}` }));
    expect(parseProblem(answer).status).toBe(400);
  },
);

describe('a body in pieces', () => {
  /** With the length of the body left out, as a chunked request has it. */
  const chunked = (bytes: string, ...pieces: string[]) =>
    bytes
      .replace(/content-length: .*\r\n/, '')
      .replace('connection: close', 'connection: close\r\ntransfer-encoding: chunked')
      .replace(/\r\n\r\n.*$/s, '\r\n\r\n') +
    pieces.map((piece) => `${Buffer.byteLength(piece).toString(16)}\r\n${piece}\r\n`).join('');

  test('is verified as a whole', async () => {
    const request = await create();
    const body = request.body ?? '';
    const bytes = chunked(bytesOf(request), body.slice(0, 7), body.slice(7));
    expect((await sendBytes(server, `${bytes}0\r\n\r\n`)).status).toBe(202);
  });
  test('of which one was changed is 401', async () => {
    const request = await create();
    const bytes = chunked(bytesOf(request), (request.body ?? '').replace('aws', 'ibm'));
    expect((await sendBytes(server, `${bytes}0\r\n\r\n`)).status).toBe(401);
  });
  test('on a GET is 400', async () => {
    const bytes = chunked(bytesOf(await whoami()), '{}');
    expect(parseProblem(await sendBytes(server, `${bytes}0\r\n\r\n`)).status).toBe(400);
  });
  test('with trailers is 400', async () => {
    const request = await create();
    const bytes = chunked(bytesOf(request), request.body ?? '');
    expect(parseProblem(await sendBytes(server, `${bytes}0\r\nx-amz-extra: 1\r\n\r\n`)).status).toBe(400);
  });
  test('S26: over 64 KiB is 413', async () => {
    const bytes = chunked(bytesOf(await create()), 'x'.repeat(40_000), 'x'.repeat(40_000));
    expect(parseProblem(await sendBytes(server, `${bytes}0\r\n\r\n`)).status).toBe(413);
  });
});
