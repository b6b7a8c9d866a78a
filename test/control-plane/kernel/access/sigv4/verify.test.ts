import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  type SignedRequest,
  verifyRequest,
} from '../../../../../src/control-plane/kernel/access/sigv4/verify-request.ts';
import {
  headerOf,
  KEY,
  NONCE,
  NOW,
  outcomeOf,
  policy,
  refusalOf,
  sign,
  TEMPORARY_KEY,
  withHeader,
} from './signed-request.ts';

const verdict = (request: SignedRequest, overrides = {}) =>
  outcomeOf(verifyRequest(request, policy(overrides)));
const at = (offsetSeconds: number) => new Date(NOW.getTime() + offsetSeconds * 1000);
const MUTATION = {
  method: 'POST',
  headers: { 'content-type': 'application/json', 'idempotency-key': 'k-0123456789abcdef' },
  body: '{"name":"demo"}',
};

describe('a valid request', () => {
  test('is let in with what was signed', async () => {
    const identity = await verifyRequest(await sign({ ...MUTATION, query: { q: 'a b+c/é=&%' } }), policy());
    expect(identity).toMatchObject({ accessKeyId: KEY.accessKeyId, signedAt: NOW, nonce: NONCE });
    expect(identity.target).toEqual({ path: '/v1/clusters', query: [['q', 'a b+c/é=&%']] });
    expect(identity.headers.get('idempotency-key')).toBe('k-0123456789abcdef');
    expect(identity.key).toEqual({ accessKeyId: KEY.accessKeyId });
  });

  test('may carry what proxies add, which is not handed on', async () => {
    const request = withHeader(await sign(), 'X-Amzn-Trace-Id', 'Root=1-2');
    const identity = await verifyRequest(request, policy());
    expect(identity.headers.has('x-amzn-trace-id')).toBe(false);
  });

  test("may leave !'()* raw in the query", async () => {
    const request = await sign({ query: { q: "!'()*" } });
    expect(request.target).toContain("q=!'()*");
    const identity = await verifyRequest(request, policy());
    expect(identity.target.query).toEqual([['q', "!'()*"]]);
    const encoded = { ...request, target: '/v1/clusters?q=%21%27%28%29%2A' };
    await expect(verifyRequest(encoded, policy())).resolves.toBeDefined();
  });

  test('with a temporary key carries its token', async () => {
    const identity = await verifyRequest(await sign({ key: TEMPORARY_KEY }), policy());
    expect(identity.key).toEqual({ accessKeyId: TEMPORARY_KEY.accessKeyId });
  });

  test('keeps what the key store adds to a key, without its secrets', async () => {
    const findKey = async () => ({ ...TEMPORARY_KEY, principal: 'local:alice' });
    const identity = await verifyRequest(await sign({ key: TEMPORARY_KEY }), { ...policy(), findKey });
    expect(identity.key).toEqual({ accessKeyId: TEMPORARY_KEY.accessKeyId, principal: 'local:alice' });
  });

  test('may come to any host that a function accepts', async () => {
    const request = await sign({ headers: { host: 'API.example:8443' } });
    await expect(
      verifyRequest(request, policy({ hosts: (host) => host === 'api.example:8443' })),
    ).resolves.toBeDefined();
  });
});

describe('G13: credentials', () => {
  test('a request without Authorization is 401', async () => {
    expect(await verdict(withHeader(await sign(), 'authorization', undefined))).toEqual([
      401,
      'AUTHORIZATION_MISSING',
    ]);
  });

  test.each([
    ['empty', () => ''],
    ['another scheme', () => 'Bearer abc'],
    ['a wrong terminator', (v: string) => v.replace('aws4_request', 'aws5_request')],
    ['no space after a comma', (v: string) => v.replaceAll(', ', ',')],
    ['an upper-case signature', (v: string) => v.replace(/[0-9a-f]{64}$/, (s) => s.toUpperCase())],
    ['a short signature', (v: string) => v.slice(0, -1)],
    ['something behind it', (v: string) => `${v} `],
    ['a line break behind it', (v: string) => `${v}\n`],
    ['more than 2 KiB', (v: string) => v.replace('SignedHeaders=', `SignedHeaders=${'a;'.repeat(1024)}`)],
  ])('Authorization with %s is 401', async (_, change) => {
    const request = await sign();
    const changed = withHeader(request, 'authorization', change(headerOf(request, 'authorization')));
    expect(await verdict(changed)).toEqual([401, 'AUTHORIZATION_MALFORMED']);
  });

  test.each([
    'X-Amz-Signature=abc',
    'X-Amz-Credential=a',
    'x-amz-date=20260301T120000Z',
    'X%2DAmz-Security-Token=t',
    'Signature=abc',
    'AWSAccessKeyId=a',
  ])('credentials in the query are 400, also beside a valid header: %s', async (parameter) => {
    const [name = '', value = ''] = decodeURIComponent(parameter).split('=');
    const request = await sign({ query: { [name]: value } });
    expect(await verdict(request)).toEqual([400, 'QUERY_AUTHENTICATION']);
    const alone = withHeader({ ...request, target: `/v1/clusters?${parameter}` }, 'authorization', undefined);
    expect(await verdict(alone)).toEqual([400, 'QUERY_AUTHENTICATION']);
  });

  test('an unknown key and a wrong signature look the same from outside', async () => {
    const known = await sign({ key: { ...KEY, secret: 'guessed' } });
    const unknown = await sign({ key: { accessKeyId: 'OCPNOBODY0001', secret: 'guessed' } });
    const mismatch = await refusalOf(verifyRequest(known, policy()));
    const stranger = await refusalOf(verifyRequest(unknown, policy()));
    expect([mismatch.reason, stranger.reason]).toEqual(['SIGNATURE_MISMATCH', 'KEY_UNKNOWN']);
    expect([stranger.code, stranger.status, stranger.message]).toEqual([
      mismatch.code,
      mismatch.status,
      mismatch.message,
    ]);
  });

  test('the secret that stands in for an unknown key opens nothing', async () => {
    const key = { accessKeyId: 'OCPNOBODY0001', secret: 'no-such-key-no-such-key-no-such-key-no-s' };
    expect(await verdict(await sign({ key }))).toEqual([401, 'KEY_UNKNOWN']);
  });

  test('a session token must be there, signed, and the right one', async () => {
    const { sessionToken: _, ...withoutToken } = TEMPORARY_KEY;
    expect(await verdict(await sign({ key: withoutToken }))).toEqual([401, 'SESSION_TOKEN_MISMATCH']);
    const added = withHeader(
      await sign({ key: withoutToken }),
      'x-amz-security-token',
      TEMPORARY_KEY.sessionToken,
    );
    expect(await verdict(added)).toEqual([401, 'HEADER_UNSIGNED']);
    const other = await sign({ key: { ...TEMPORARY_KEY, sessionToken: 'another' } });
    expect(await verdict(other)).toEqual([401, 'SESSION_TOKEN_MISMATCH']);
    expect(await verdict(await sign({ key: { ...KEY, sessionToken: 'surplus' } }))).toEqual([
      401,
      'SESSION_TOKEN_MISMATCH',
    ]);
  });

  test('every 401 has the same words', async () => {
    const requests = [
      withHeader(await sign(), 'authorization', undefined),
      await sign({ region: 'mars-1' }),
      await sign({ date: at(-3600) }),
      { ...(await sign(MUTATION)), body: Buffer.from('{}') },
    ];
    const refusals = await Promise.all(
      requests.map((request) => refusalOf(verifyRequest(request, policy()))),
    );
    expect(new Set(refusals.map(({ status, code, message }) => `${status} ${code} ${message}`)).size).toBe(1);
  });

  test('a failing key store is not an answer about the caller', async () => {
    const findKey = () => Promise.reject(new Error('database away'));
    await expect(verifyRequest(await sign(), policy({ findKey }))).rejects.toThrow('database away');
  });
});

describe('S12: S13: G13: scope, host and time', () => {
  test.each([
    ['region', { region: 'mars-1' }, 'SCOPE_MISMATCH'],
    ['service', { service: 's3' }, 'SCOPE_MISMATCH'],
    ['host', { headers: { host: 'evil.test' } }, 'HOST_UNKNOWN'],
  ])('a wrong %s is 401', async (_, draft, reason) => {
    expect(await verdict(await sign(draft))).toEqual([401, reason]);
  });

  test('a scope of another day is 401', async () => {
    const request = await sign();
    const authorization = headerOf(request, 'authorization').replace('/20260301/', '/20260228/');
    expect(await verdict(withHeader(request, 'authorization', authorization))).toEqual([
      401,
      'SCOPE_MISMATCH',
    ]);
  });

  test.each([301, -301])('a date %i s off is 401', async (seconds) => {
    expect(await verdict(await sign({ date: at(seconds) }))).toEqual([401, 'TIME_TOO_SKEWED']);
  });

  test.each([299, -299, 300, -300])('a date %i s off passes', async (seconds) => {
    await expect(verifyRequest(await sign({ date: at(seconds) }), policy())).resolves.toBeDefined();
  });

  test.each(['20260230T120000Z', '20260301T126000Z', '2026-03-01T12:00:00Z', '20260301T120000', ''])(
    'the date %j is 401',
    async (date) => {
      expect(await verdict(withHeader(await sign(), 'x-amz-date', date))).toEqual([401, 'DATE_MALFORMED']);
    },
  );

  test('an unusable clock or limit lets no one in', async () => {
    const request = await sign();
    expect(await verdict(request, { now: () => new Date(Number.NaN) })).toEqual([401, 'TIME_TOO_SKEWED']);
    expect(await verdict(request, { maxSkewSeconds: Number.NaN })).toEqual([401, 'TIME_TOO_SKEWED']);
  });
});

describe('G13: body', () => {
  test('a body changed after signing is 401', async () => {
    const request = await sign(MUTATION);
    expect(await verdict({ ...request, body: Buffer.from('{"name":"demp"}') })).toEqual([
      401,
      'BODY_MISMATCH',
    ]);
    expect(await verdict({ ...request, body: new Uint8Array() })).toEqual([401, 'BODY_MISMATCH']);
  });

  test.each(['UNSIGNED-PAYLOAD', 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD', 'E3B0C442', ''])(
    'the payload hash %j is 401 although it is signed',
    async (hash) => {
      const request = await sign({
        ...MUTATION,
        headers: { ...MUTATION.headers, 'x-amz-content-sha256': hash },
      });
      expect(await verdict(request)).toEqual([401, 'PAYLOAD_HASH_INVALID']);
    },
  );

  test('an encoded body is 400', async () => {
    const request = await sign({ ...MUTATION, headers: { 'content-encoding': 'gzip' } });
    expect(await verdict(request)).toEqual([400, 'CONTENT_ENCODED']);
  });

  test('trailers are 400, announced or not', async () => {
    expect(await verdict(withHeader(await sign(), 'Trailer', 'x-amz-meta'))).toEqual([400, 'TRAILERS']);
    expect(await verdict({ ...(await sign()), rawTrailers: ['x-amz-meta', '1'] })).toEqual([400, 'TRAILERS']);
    await expect(verifyRequest({ ...(await sign()), rawTrailers: [] }, policy())).resolves.toBeDefined();
  });
});

describe('G13: headers', () => {
  test.each([
    'x-amz-copy-source',
    'X-Ocpctl-Team',
    'Idempotency-Key',
    'Content-Type',
    'If-Match',
    'If-None-Match',
    'Last-Event-ID',
  ])('%s added after signing is 401', async (name) => {
    expect(await verdict(withHeader(await sign(), name, 'v'))).toEqual([401, 'HEADER_UNSIGNED']);
  });

  test.each(['host', 'x-amz-date', 'x-amz-content-sha256', 'x-ocpctl-nonce'])(
    '%s must be signed',
    async (name) => {
      const request = await sign();
      const authorization = headerOf(request, 'authorization');
      const listed = authorization.replace(`${name};`, '').replace(`;${name},`, ',');
      expect(await verdict(withHeader(request, 'authorization', listed))).toEqual([401, 'HEADER_UNSIGNED']);
      expect(await verdict(withHeader(request, name, undefined))).toEqual([401, 'SIGNED_HEADER_ABSENT']);
      const neither = withHeader(withHeader(request, 'authorization', listed), name, undefined);
      expect(await verdict(neither)).toEqual([401, 'HEADER_UNSIGNED']);
    },
  );

  test.each([
    ['unsorted', 'x-amz-date;host'],
    ['repeated', 'host;host'],
    ['covering Authorization itself', 'authorization;host'],
  ])('a list of signed headers that is %s is 401', async (_, list) => {
    const request = await sign();
    const authorization = headerOf(request, 'authorization').replace(
      /SignedHeaders=[^,]+/,
      `SignedHeaders=${list}`,
    );
    expect(await verdict(withHeader(request, 'authorization', authorization))).toEqual([
      401,
      'SIGNED_HEADERS_MALFORMED',
    ]);
  });

  test.each([
    'Host',
    'Authorization',
    'X-Amz-Date',
    'Idempotency-Key',
    'Content-Type',
    'Content-Length',
    'If-Match',
  ])('a repeated %s is 400', async (name) => {
    const request = await sign({
      ...MUTATION,
      headers: { ...MUTATION.headers, 'content-length': '15', 'if-match': 'v' },
    });
    const again = {
      ...request,
      rawHeaders: [...request.rawHeaders, name.toLowerCase(), headerOf(request, name)],
    };
    expect(await verdict(again)).toEqual([400, 'HEADER_REPEATED']);
  });

  test.each([
    ['an underscore in a name', 'x_amz_date', '20260301T120000Z'],
    ['another byte than ASCII', 'x-ocpctl-team', 'caf\u00e9'],
    ['a double blank, which the signature does not see', 'idempotency-key', 'a  b'],
    ['a tab', 'idempotency-key', 'a\tb'],
    ['a blank at the end', 'idempotency-key', 'a '],
  ])('%s is 400', async (_, name, value) => {
    expect(await verdict(withHeader(await sign(), name, value))).toEqual([400, 'HEADER_MALFORMED']);
  });
});

describe('G13: target', () => {
  test.each([
    '',
    '/',
    'v1/clusters',
    '*',
    'http://ocpctl.test/v1/clusters',
    '//v1/clusters',
    '/v1//clusters',
    '/v1/clusters//',
    '/v1/./clusters',
    '/v1/x/../clusters',
    '/v1/..',
    '/v1/clusters/%41',
    '/v1/clusters;v=1',
    '/v1\\clusters',
    '/v1/clusters#x',
    '/v1/clusters?',
    '/v1/clusters?k',
    '/v1/clusters?=v',
    '/v1/clusters?a=b+c',
    '/v1/clusters?a=1&a=2',
    '/v1/clusters?a=1&A=2',
    '/v1/clusters?a=1&%61=2',
    '/v1/clusters?a=1&',
    '/v1/clusters?a=1;b=2',
    '/v1/clusters?a=b=c',
    '/v1/clusters?a=%',
    '/v1/clusters?a=%zz',
    '/v1/clusters?a=%ff',
    '/v1/clusters?a=1#x',
  ])('%j is 400', async (target) => {
    expect(await verdict({ ...(await sign()), target })).toEqual([400, 'TARGET_MALFORMED']);
  });
});

describe('G13: freshness', () => {
  test('the same nonce twice: the second is 401', async () => {
    const shared = policy();
    const request = await sign();
    await verifyRequest(request, shared);
    expect(await outcomeOf(verifyRequest(request, shared))).toEqual([401, 'NONCE_REUSED']);
    const resigned = await sign({ path: '/v1/jobs', date: at(5) });
    expect(await outcomeOf(verifyRequest(resigned, shared))).toEqual([401, 'NONCE_REUSED']);
    await expect(verifyRequest(await sign({ key: TEMPORARY_KEY }), shared)).resolves.toBeDefined();
  });

  test('of 50 simultaneous copies one is let in', async () => {
    const shared = policy();
    const request = await sign();
    const copies = Array.from({ length: 50 }, () => verifyRequest(request, shared));
    const outcomes = await Promise.allSettled(copies);
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  test('a nonce is remembered for as long as its request could come back, and burnt by valid requests only', async () => {
    const remembered: [string, string, Date][] = [];
    const useNonce = async (...entry: [string, string, Date]) => remembered.push(entry) > 0;
    const fromTheFuture = await sign({ date: at(300) });
    await expect(
      verifyRequest(withHeader(fromTheFuture, 'host', 'evil.test'), policy({ useNonce })),
    ).rejects.toThrow();
    await expect(verifyRequest({ ...fromTheFuture, method: 'PUT' }, policy({ useNonce }))).rejects.toThrow();
    await expect(
      verifyRequest({ ...fromTheFuture, body: Buffer.from('x') }, policy({ useNonce })),
    ).rejects.toThrow();
    expect(remembered).toEqual([]);
    await verifyRequest(fromTheFuture, policy({ useNonce }));
    const [[keyId, nonce, expiresAt] = []] = remembered;
    expect([keyId, nonce]).toEqual([KEY.accessKeyId, NONCE]);
    expect(expiresAt?.getTime()).toBeGreaterThan(at(600).getTime());
  });

  test.each(['', 'A'.repeat(21), 'A'.repeat(23), `${'A'.repeat(21)}+`])(
    'the nonce %j is 401',
    async (nonce) => {
      const request = await sign({ headers: { 'x-ocpctl-nonce': nonce } });
      expect(await verdict(request)).toEqual([401, 'NONCE_MALFORMED']);
    },
  );
});

test('G13: 1,000 forged requests between 1,000 valid ones: none passes', async () => {
  const used = new Set<string>();
  const shared = policy({
    // Answers late and out of order, so that verifications interleave.
    findKey: async (id) => {
      await new Promise((resolve) => setImmediate(resolve));
      return id === KEY.accessKeyId ? KEY : undefined;
    },
    useNonce: async (_, nonce) => used.size < used.add(nonce).size,
  });
  const pairs = await Promise.all(
    Array.from({ length: 1000 }, async (_, i) => {
      const nonce = createHash('sha256').update(String(i)).digest('base64url').slice(0, 22);
      const valid = await sign({ headers: { 'x-ocpctl-nonce': nonce } });
      return [valid, { ...valid, method: 'DELETE' }] as const;
    }),
  );
  const outcomes = await Promise.allSettled(pairs.flat().map((request) => verifyRequest(request, shared)));
  const passed = outcomes.map(({ status }) => status === 'fulfilled');
  expect(passed).toEqual(pairs.flatMap(() => [true, false]));
});
