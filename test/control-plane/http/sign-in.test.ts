import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ensureAdmin, insertGrant } from '../../../src/control-plane/kernel/access/grants.sql.ts';
import { purgeSessions } from '../../../src/control-plane/kernel/sessions/sessions.ts';
import { moveClock } from '../../setup/database.ts';
import {
  type AwsPerson,
  type FakeSts,
  identityDocument,
  proofOf,
  sendJson,
  startFakeSts,
} from './kit/fake-sts.ts';
import { createTestInstallation, type TestInstallation } from './kit/installation.ts';
import { bytesOf, call, exchange, expectUnauthenticated, parseProblem, sendBytes } from './kit/requests.ts';
import type { TestServer } from './kit/server.ts';
import { ACCOUNT, parseSessionKeys, type SignInDraft, signIn, stsServer } from './kit/sign-in.ts';

const ROLE = `arn:aws:sts::${ACCOUNT}:assumed-role`;

let installation: TestInstallation;
let sts: FakeSts;
let server: TestServer;
let other: TestServer;
let ann: AwsPerson;

beforeAll(async () => {
  installation = await createTestInstallation();
  sts = await startFakeSts();
  [server, other] = await Promise.all([stsServer(installation, sts), stsServer(installation, sts)]);
  ann = sts.person(`arn:aws:sts::${ACCOUNT}:assumed-role/dev/ann`);
});
afterAll(async () => {
  await installation.stop();
  await sts.stop();
});
beforeEach(() => {
  sts.received.length = 0;
  sts.answers.length = 0;
});

async function auditOf(action: string) {
  const rows = await installation.db.query(
    {
      name: 'test.audit',
      text: 'select payload from audit_events order by seq',
      params: {},
      row: { payload: 'text' },
    },
    {},
  );
  return rows.map(({ payload }) => JSON.parse(payload)).filter((event) => event.action === action);
}

const whoami = (person: ReturnType<typeof parseSessionKeys>, at = server) =>
  call(at, person, { target: '/v1/whoami' });

describe('a sign-in', () => {
  test('S20: c1–c4, s1–s12: G13: gives keys that sign on every server of the installation', async () => {
    const answer = await signIn(server, ann);
    const keys = parseSessionKeys(answer);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(keys).toMatchObject({
      principal: `role:${ACCOUNT}:dev`,
      accessKeyId: expect.stringMatching(/^OCPS/),
    });
    for (const at of [server, other]) {
      const who = await whoami(keys, at);
      expect(JSON.parse(who.text)).toMatchObject({
        principal: `role:${ACCOUNT}:dev`,
        authMode: 'sts',
        grants: [],
      });
    }
    // s4, s5: what STS gets is made here; the client's part is values of a strict form.
    expect(sts.received).toHaveLength(1);
    expect(sts.received[0]).toMatchObject({
      method: 'POST',
      url: '/',
      body: 'Action=GetCallerIdentity&Version=2011-06-15',
    });
    expect(Object.keys(sts.received[0]?.headers ?? {}).sort()).toEqual([
      'accept',
      'authorization',
      'connection',
      'content-length',
      'content-type',
      'host',
      'x-amz-date',
      'x-amz-security-token',
      'x-ocpctl-binding',
    ]);
    expect(sts.received[0]?.headers).toMatchObject({
      host: 'sts.eu-west-1.amazonaws.com',
      accept: 'application/json',
    });
  });

  test('S20: s10: the keys of a user have no token for AWS', async () => {
    const user = sts.person(`arn:aws:iam::${ACCOUNT}:user/staff/bob`);
    expect(parseSessionKeys(await signIn(server, user)).principal).toBe(`user:${ACCOUNT}:staff/bob`);
    expect(sts.received[0]?.headers['x-amz-security-token']).toBeUndefined();
  });

  test('S20: s9: someone without a grant is told under which name to ask for one', async () => {
    const keys = parseSessionKeys(await signIn(server, ann));
    const refused = parseProblem(await call(server, keys, { target: '/v1/clusters' }));
    expect(refused).toMatchObject({
      status: 403,
      code: 'FORBIDDEN',
      detail: expect.stringContaining(`role:${ACCOUNT}:dev`),
    });
  });

  test('S21: a grant works at once, and so does taking it away', async () => {
    const eve = sts.person(`arn:aws:sts::${ACCOUNT}:assumed-role/granted/eve`);
    const keys = parseSessionKeys(await signIn(server, eve));
    const principal = `role:${ACCOUNT}:granted`;
    await installation.db.query(insertGrant, {
      principal,
      role: 'requester',
      team: 'a',
      uniqueId: null,
      grantedBy: 'test',
    });
    expect((await call(server, keys, { target: '/v1/clusters' })).status).toBe(200);
    await installation.db.script(`delete from rbac_mappings where principal = '${principal}'`);
    expect((await call(other, keys, { target: '/v1/clusters' })).status).toBe(403);
  });

  test('S25: G15: neither key nor token nor proof is in the database or a log in clear', async () => {
    const keys = parseSessionKeys(await signIn(server, ann));
    const [row] = await installation.db.query(
      {
        name: 'test.dump',
        text: `select (select string_agg(s::text, '') from secrets s) || (select string_agg(a::text, '') from access_sessions a)
          || (select string_agg(payload, '') from audit_events) as dump`,
        params: {},
        row: { dump: 'text' },
      },
      {},
    );
    const all = `${row?.dump}${installation.logLines.join('\n')}`;
    for (const secret of [
      keys.secretAccessKey,
      keys.sessionToken,
      ann.sessionToken ?? '',
      ann.secretAccessKey,
    ])
      expect(all).not.toContain(secret);
    expect(all).toContain(keys.accessKeyId);
  });

  test('G16: is in the audit log with the session that was claimed', async () => {
    const keys = parseSessionKeys(await signIn(server, ann));
    expect((await auditOf('auth.session.create')).at(-1)).toMatchObject({
      actor: keys.principal,
      target: keys.accessKeyId,
      status: 'SUCCESS',
      metadata: { arn: ann.arn, uniqueId: 'AROAEXAMPLEEXAMPLE000', claimedSession: 'ann' },
    });
  });
});

describe('S20: the proof is validated before STS is asked', () => {
  const proofWith = (
    from: RegExp,
    to: string,
  ): ((headers: Record<string, string>) => Record<string, string>) => {
    return (headers) => ({ authorization: (headers['authorization'] ?? '').replace(from, to) });
  };
  test.each<[string, (headers: Record<string, string>) => Record<string, string | undefined>]>([
    ['s1: a region that is none', proofWith(/region=[^,]+/, 'region=mars-west-1')],
    ['s1: a region that would be a host', proofWith(/region=[^,]+/, 'region=evil.example.com/?x=')],
    ['s1: a region with upper case', proofWith(/region=[^,]+/, 'region=EU-WEST-1')],
    ['s1: a key of another form', proofWith(/key=[^,]+/, 'key=AROAEXAMPLEEXAMPLE00')],
    ['s1: a key with a slash', proofWith(/key=[^,]+/, 'key=AKIA/../EXAMPLEEXAMP')],
    ['s1: a signature in upper case', proofWith(/sig=[^,]+/, `sig=${'A'.repeat(64)}`)],
    ['s1: a nonce too short', proofWith(/nonce=.+/, 'nonce=short')],
    ['s1: a date that is none', proofWith(/date=[^,]+/, 'date=20260230T000000Z')],
    ['s1: a field twice', proofWith(/region=/, 'region=us-east-1,region=')],
    ['s1: a field more', proofWith(/$/, ',action=GetFederationToken')],
    ['s1: another order', proofWith(/region=([^,]+),key=([^,]+)/, 'key=$2,region=$1')],
    ['s1: another scheme', proofWith(/OCPCTL-STS-V1/, 'OCPCTL-STS-V2')],
    ['s1: a token with a blank', () => ({ 'x-ocpctl-sts-token': 'to ken' })],
    ['s1: a token with a colon', () => ({ 'x-ocpctl-sts-token': 'to:ken' })],
    ['s1: a token too long', () => ({ 'x-ocpctl-sts-token': 'a'.repeat(4097) })],
    ['s1: temporary keys without their token', () => ({ 'x-ocpctl-sts-token': undefined })],
    ['an AWS header that nothing covers', () => ({ 'x-amz-date': '20260101T000000Z' })],
    ['a header of ours that nothing covers', () => ({ 'x-ocpctl-team': 'b' })],
    ['a condition that nothing covers', () => ({ 'if-match': 'a' })],
    ['another host', () => ({ host: 'evil.example.com' })],
    ['no proof at all', () => ({ authorization: undefined })],
    ['keys of ours instead', () => ({ authorization: 'Bearer x' })],
  ])('%s: 401, and STS hears nothing', async (_name, change) => {
    const headers = await proofOf(server, ann);
    expectUnauthenticated(await signIn(server, ann, { change: { ...headers, ...change(headers) } }));
    expect(sts.received).toHaveLength(0);
  });

  test.each([-301, 301])('s2: 12: a date %s s off is 401, and STS hears nothing', async (seconds) => {
    expectUnauthenticated(await signIn(server, ann, { at: new Date(Date.now() + seconds * 1000) }));
    expect(sts.received).toHaveLength(0);
  });

  test.each([-295, 295])('s2: a date %s s off is let in', async (seconds) => {
    expect((await signIn(server, ann, { at: new Date(Date.now() + seconds * 1000) })).status).toBe(201);
  });

  test('s2, s8: 17: a proof works once, on any server', async () => {
    const headers = { 'content-type': 'application/json', ...(await proofOf(server, ann)) };
    const request = { method: 'POST', target: '/v1/auth/sessions', headers, body: '{}' };
    expect((await exchange(server, request)).status).toBe(201);
    expectUnauthenticated(await exchange(server, request));
    expect(sts.received).toHaveLength(1);
  });

  test('s8: 17: of many copies at once one is let in', async () => {
    const headers = { 'content-type': 'application/json', ...(await proofOf(server, ann)) };
    const request = { method: 'POST', target: '/v1/auth/sessions', headers, body: '{}' };
    const answers = await Promise.all(Array.from({ length: 12 }, () => exchange(server, request)));
    expect(answers.map(({ status }) => status).sort()).toEqual([
      201,
      ...Array.from({ length: 11 }, () => 401),
    ]);
  });

  test('S14: a header twice is 400', async () => {
    const headers = {
      host: new URL(server.url).host,
      'content-type': 'application/json',
      ...(await proofOf(server, ann)),
    };
    const bytes = bytesOf({ method: 'POST', target: '/v1/auth/sessions', headers, body: '{}' });
    for (const again of ['authorization: x', 'x-ocpctl-sts-token: x', 'Host: evil.example.com'])
      expect(
        (await sendBytes(server, bytes.replace('connection: close', `${again}\r\nconnection: close`))).status,
      ).toBe(400);
    expect(sts.received).toHaveLength(0);
  });
});

describe('S20: c2, c4, s3: a proof is for one request to one server: STS refuses every other', () => {
  test.each<[string, SignInDraft]>([
    ['another server', { audience: 'ocpctl://other.example.com' }],
    ['another body', { sentBody: '{ }' }],
    ['a body that was none', { body: '', sentBody: '{}' }],
    ['another target', { target: '/v1/auth/sessions/other' }],
    ['a target with a query', { sentTarget: '/v1/auth/sessions?a=b' }],
    ['another method', { method: 'PUT' }],
    ['another content type', { contentType: 'text/plain' }],
    ['an idempotency key that was added', { change: { 'idempotency-key': 'k'.repeat(22) } }],
    ['another region', { region: 'us-east-1', change: {} }],
  ])('%s', async (name, draft) => {
    const headers = await proofOf(server, ann, draft);
    const authorization = (headers['authorization'] ?? '').replace('region=us-east-1', 'region=eu-west-1');
    expectUnauthenticated(
      await signIn(server, ann, { ...draft, change: { ...headers, authorization, ...draft.change } }),
    );
    expect(sts.received, name).toHaveLength(1);
  });

  test('c4: a proof for one server does not open the other one', async () => {
    const headers = { 'content-type': 'application/json', ...(await proofOf(server, ann)) };
    expectUnauthenticated(
      await exchange(other, { method: 'POST', target: '/v1/auth/sessions', headers, body: '{}' }),
    );
  });

  test('c1: another nonce', async () => {
    const headers = await proofOf(server, ann);
    const authorization = (headers['authorization'] ?? '').replace(/nonce=.+/, `nonce=${'A'.repeat(22)}`);
    expectUnauthenticated(await signIn(server, ann, { change: { ...headers, authorization } }));
  });

  test("another one's token", async () => {
    const bob = sts.person(`arn:aws:sts::${ACCOUNT}:assumed-role/dev/bob`);
    expectUnauthenticated(await signIn(server, ann, { change: { 'x-ocpctl-sts-token': bob.sessionToken } }));
  });

  test('is in the audit log, and says no name', async () => {
    expectUnauthenticated(await signIn(server, ann, { audience: 'ocpctl://other.example.com' }));
    expect((await auditOf('auth.session.create')).at(-1)).toMatchObject({
      actor: 'unknown',
      status: 'FAILURE',
    });
  });
});

test('S31: only POST; a signed GET is not a sign-in', async () => {
  const answer = await signIn(server, ann, { sentMethod: 'PUT' });
  expect([401, 405]).toContain(answer.status);
  expect(sts.received).toHaveLength(0);
});

test('S23: an unknown property is 400, and makes no session', async () => {
  const before = (await auditOf('auth.session.create')).filter(({ status }) => status === 'SUCCESS').length;
  expect((await signIn(server, ann, { body: '{"minutes":600}' })).status).toBe(400);
  expect((await auditOf('auth.session.create')).filter(({ status }) => status === 'SUCCESS')).toHaveLength(
    before,
  );
});

describe('S41: s5–s7: an answer of STS that does not name exactly one caller is denied', () => {
  const good = identityDocument(
    `arn:aws:sts::${ACCOUNT}:assumed-role/dev/ann`,
    ACCOUNT,
    'AROAEXAMPLEEXAMPLE000:ann',
  );
  const xml = `<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:sts::${ACCOUNT}:assumed-role/dev/ann</Arn><UserId>&x;</UserId><Account>${ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`;
  const once = (status: number, document: unknown, type?: string): FakeSts['answers'] => [
    (response) => sendJson(response, status, document, type),
  ];
  test.each<[string, FakeSts['answers']]>([
    ['a redirect', [(response) => response.writeHead(307, { location: `${sts.url}/elsewhere` }).end()]],
    ['a redirect with an identity in it', once(302, good)],
    ['XML with an entity', once(200, xml, 'text/xml')],
    ['XML that says it is JSON', once(200, xml)],
    ['JSON that says it is text', once(200, good, 'text/plain')],
    ['JSON of another media type', once(200, good, 'application/json-seq')],
    ['HTML', once(200, '<html></html>', 'text/html')],
    ['half of a document', once(200, '{"GetCallerIdentityResponse":{')],
    ['nothing', once(200, '')],
    ['null', once(200, 'null')],
    ['an array', once(200, [good])],
    ['the result alone', once(200, { Arn: ann?.arn, Account: ACCOUNT, UserId: 'x' })],
    ['another action', once(200, { GetSessionTokenResponse: {} })],
    ['an ARN that is a list', once(200, identityDocument(['arn'], ACCOUNT, 'AROAEXAMPLEEXAMPLE000:ann'))],
    [
      'an account that is a number',
      once(200, identityDocument('arn', 111122223333, 'AROAEXAMPLEEXAMPLE000:ann')),
    ],
    ['another status', once(201, good)],
    [
      'another account beside the ARN',
      once(
        200,
        identityDocument(
          `arn:aws:sts::${ACCOUNT}:assumed-role/dev/ann`,
          '999999999999',
          'AROAEXAMPLEEXAMPLE000:ann',
        ),
      ),
    ],
    [
      'another partition than the endpoint',
      once(
        200,
        identityDocument(
          `arn:aws-cn:sts::${ACCOUNT}:assumed-role/dev/ann`,
          ACCOUNT,
          'AROAEXAMPLEEXAMPLE000:ann',
        ),
      ),
    ],
    [
      'a body without end',
      [
        (response) => {
          response.writeHead(200, { 'content-type': 'application/json' });
          const more = () => {
            while (response.write(' '.repeat(16_384)));
          };
          response.on('drain', more);
          response.on('error', () => {});
          more();
        },
      ],
    ],
  ])('%s: 503', async (_name, answers) => {
    sts.answers.push(...answers);
    expect(parseProblem(await signIn(server, ann))).toMatchObject({ status: 503, code: 'UNAVAILABLE' });
    expect(sts.received).toHaveLength(1);
    // So that the breaker of this server stays closed for the next one.
    expect((await signIn(server, ann)).status).toBe(201);
  });

  test.each([400, 401, 403])('%s with an identity in its body: 401', async (status) => {
    sts.answers.push((response) => sendJson(response, status, good));
    expectUnauthenticated(await signIn(server, ann));
  });

  test.each<[string, FakeSts['answers'][number]]>([
    ['503', (response) => sendJson(response, 503, {})],
    ['throttling', (response) => sendJson(response, 400, { Error: { Code: 'Throttling' } })],
    ['a cut connection', (response) => response.socket?.destroy()],
  ])('30: s7: %s is tried twice more, then 503 with Retry-After', async (_name, answer) => {
    sts.answers.push(answer, answer);
    expect((await signIn(server, ann)).status).toBe(201);
    sts.answers.push(answer, answer, answer);
    const refused = await signIn(server, ann);
    expect([refused.status, refused.headers['retry-after']]).toEqual([503, '2']);
    expect(sts.received).toHaveLength(6);
    expect((await signIn(server, ann)).status).toBe(201);
  });

  test('S30: s5: an answer that does not come, or trickles, is given up', async () => {
    const hasty = await stsServer(installation, sts, { timeoutMs: 150 });
    const trickle: FakeSts['answers'][number] = (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const timer = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(timer));
    };
    sts.answers.push(
      () => {},
      trickle,
      () => {},
    );
    expect((await signIn(hasty, ann)).status).toBe(503);
    expect(sts.received).toHaveLength(3);
  });
});

describe('S20: n3, n5, s8: STS vouches, and still not everybody is let in', () => {
  test('another account, whatever the name: 403 with the account, in the audit log', async () => {
    const mallory = sts.person('arn:aws:sts::999999999999:assumed-role/dev/ann');
    expect(parseProblem(await signIn(server, mallory))).toMatchObject({
      status: 403,
      code: 'ACCOUNT_NOT_ALLOWED',
      detail: expect.stringContaining('999999999999'),
    });
    expect((await auditOf('auth.session.create')).at(-1)).toMatchObject({
      actor: 'role:999999999999:dev',
      status: 'DENIED',
      metadata: { code: 'ACCOUNT_NOT_ALLOWED' },
    });
  });

  test.each([
    [`arn:aws:iam::${ACCOUNT}:root`, ACCOUNT],
    [`arn:aws:sts::${ACCOUNT}:federated-user/ann`, `${ACCOUNT}:ann`],
    [`arn:aws:iam::${ACCOUNT}:user/ann`, 'AROAEXAMPLEEXAMPLE000:ann'],
    [`arn:aws:sts::${ACCOUNT}:assumed-role/dev/ann`, 'AROAEXAMPLEEXAMPLE000:bob'],
    [`arn:aws:sts::${ACCOUNT}:assumed-role/dev/ann`, 'AIDAEXAMPLEEXAMPLE000'],
  ])('%s as %s: 403', async (arn, userId) => {
    const odd = sts.person(arn, { userId });
    expect(parseProblem(await signIn(server, odd))).toMatchObject({
      status: 403,
      code: 'PRINCIPAL_NOT_ALLOWED',
    });
  });

  test('n5: a role that was made again does not get what the old one was granted', async () => {
    const pinning = await stsServer(installation, sts, { limits: { pinAtSignIn: true } });
    const principal = `role:${ACCOUNT}:pinned`;
    await installation.db.query(ensureAdmin, { principal, grantedBy: 'test' });
    const arn = `arn:aws:sts::${ACCOUNT}:assumed-role/pinned/ann`;
    const old = parseSessionKeys(
      await signIn(pinning, sts.person(arn, { userId: 'AROAOLDOLDOLDOLD00000:ann' })),
    );
    const again = sts.person(arn, { userId: 'AROANEWNEWNEWNEW00000:ann' });
    expect(parseProblem(await signIn(pinning, again))).toMatchObject({
      status: 403,
      code: 'PRINCIPAL_CHANGED',
    });
    expect((await auditOf('auth.session.create')).at(-1)).toMatchObject({
      actor: principal,
      status: 'DENIED',
    });
    expect((await call(server, old, { target: '/v1/clusters' })).status).toBe(200);
    // The operator's way back in.
    await installation.db.query(ensureAdmin, { principal, grantedBy: 'test' });
    expect(
      (await call(server, parseSessionKeys(await signIn(pinning, again)), { target: '/v1/clusters' })).status,
    ).toBe(200);
  });

  test('n5: a permission set is the same after its role was made again', async () => {
    const pinning = await stsServer(installation, sts, { limits: { pinAtSignIn: true } });
    await installation.db.query(ensureAdmin, { principal: `sso:${ACCOUNT}:Ops`, grantedBy: 'test' });
    for (const [suffix, id] of [
      ['0123456789abcdef', 'AROAOLDOLDOLDOLD00000:ann'],
      ['fedcba9876543210', 'AROANEWNEWNEWNEW00000:ann'],
    ] as const) {
      const arn = `arn:aws:sts::${ACCOUNT}:assumed-role/AWSReservedSSO_Ops_${suffix}/ann`;
      const keys = parseSessionKeys(await signIn(pinning, sts.person(arn, { userId: id })));
      expect((await call(server, keys, { target: '/v1/clusters' })).status).toBe(200);
    }
  });
});

describe('S21: a session ends', () => {
  test('when its holder says so, on every server at once', async () => {
    const keys = parseSessionKeys(await signIn(server, ann));
    const ended = await call(other, keys, { method: 'DELETE', target: '/v1/auth/sessions/current' });
    expect([ended.status, JSON.parse(ended.text)]).toEqual([200, { principal: keys.principal }]);
    expectUnauthenticated(await whoami(keys));
    expectUnauthenticated(await whoami(keys, other));
    expect((await auditOf('auth.session.end')).at(-1)).toMatchObject({
      target: keys.accessKeyId,
      status: 'SUCCESS',
    });
  });

  test('when an admin ends all of its principal, on every server at once; of others nothing', async () => {
    const admin = await installation.person('ender', 'platform_admin@*');
    const [left, lost] = [sts.person(`${ROLE}/left/ann`), sts.person(`${ROLE}/lost/ann`)];
    const kept = parseSessionKeys(await signIn(server, left));
    const ended = [parseSessionKeys(await signIn(server, lost)), parseSessionKeys(await signIn(other, lost))];
    const { principal } = ended[0] ?? kept;
    const target = `/v1/admin/sessions?principal=${encodeURIComponent(principal)}`;
    const revoke = async (more = '') =>
      JSON.parse((await call(server, admin, { method: 'DELETE', target: `${target}${more}` })).text);
    const listed = async () => JSON.parse((await call(other, admin, { target })).text).items;
    expect(await listed()).toMatchObject(
      ended
        .map(({ accessKeyId }) => ({ id: accessKeyId, principal, claimedSession: 'ann' }))
        .sort((a, b) => (a.id < b.id ? -1 : 1)),
    );
    expect(await revoke('&dryRun=true')).toEqual({ principal, sessions: 2 });
    for (const keys of ended) expect((await whoami(keys, other)).status).toBe(200);

    expect(await revoke()).toEqual({ principal, sessions: 2 });
    for (const keys of ended) {
      expectUnauthenticated(await whoami(keys));
      expectUnauthenticated(await whoami(keys, other));
    }
    expect((await whoami(kept)).status).toBe(200);
    expect(await listed()).toEqual([]);
    expect(await revoke()).toEqual({ principal, sessions: 0 });
    const events = await auditOf('auth.session.revoke');
    const byAdmin = { actor: 'local:ender', target: principal, status: 'SUCCESS' };
    expect(events).toMatchObject([byAdmin, { ...byAdmin, metadata: { sessions: [] } }]);
    expect(events[0].metadata.sessions.sort()).toEqual(ended.map(({ accessKeyId }) => accessKeyId).sort());
    expect((await signIn(server, lost)).status).toBe(201);
  });

  test('pages of sessions go through all of them once, and a cursor is its reader’s', async () => {
    const auditor = await installation.person('sessions-auditor', 'auditor@*');
    const pager = sts.person(`${ROLE}/pager/ann`);
    const made = await Promise.all(
      [1, 2, 3, 4, 5].map(async () => parseSessionKeys(await signIn(server, pager))),
    );
    const seen: string[] = [];
    const target = `/v1/admin/sessions?principal=role%3A${ACCOUNT}%3Apager&limit=2`;
    for (let cursor: string | null = ''; cursor !== null; ) {
      const from: string = cursor === '' ? '' : `&cursor=${cursor}`;
      const page = JSON.parse((await call(server, auditor, { target: `${target}${from}` })).text);
      seen.push(...page.items.map(({ id }: { id: string }) => id));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(made.map(({ accessKeyId }) => accessKeyId).sort());
    const { nextCursor } = JSON.parse((await call(server, auditor, { target })).text);
    const other = await installation.person('other-auditor', 'auditor@*');
    const answer = await call(server, other, { target: `${target}&cursor=${nextCursor}` });
    expect(parseProblem(answer)).toMatchObject({ status: 400, errors: [{ field: 'cursor' }] });
  });

  test('lasting keys are no session', async () => {
    const person = await installation.person('lasting');
    const answer = await call(server, person, { method: 'DELETE', target: '/v1/auth/sessions/current' });
    expect(parseProblem(answer)).toMatchObject({ status: 409, code: 'STATE_CONFLICT' });
  });

  test('without its token, with another one, and with a changed secret no one gets in', async () => {
    const keys = parseSessionKeys(await signIn(server, ann));
    const { sessionToken: _, ...without } = keys;
    expectUnauthenticated(await call(server, without, { target: '/v1/whoami' }));
    expectUnauthenticated(
      await call(server, { ...without, sessionToken: 'x'.repeat(43) } as typeof keys, {
        target: '/v1/whoami',
      }),
    );
    expectUnauthenticated(await call(server, { ...keys, secretAccessKey: 'x' }, { target: '/v1/whoami' }));
    expect((await whoami(keys)).status).toBe(200);
  });

  test('when the mode is switched off; and lasting keys with theirs', async () => {
    const keys = parseSessionKeys(await signIn(server, ann));
    const person = await installation.person('keys', 'requester@a');
    const [onlyLocal, onlySts] = [
      await installation.server(),
      await stsServer(installation, sts, { modes: ['sts'] }),
    ];
    expectUnauthenticated(await whoami(keys, onlyLocal));
    expectUnauthenticated(await call(onlySts, person, { target: '/v1/whoami' }));
    expect((await whoami(keys, onlySts)).status).toBe(200);
    expect((await call(onlyLocal, person, { target: '/v1/whoami' })).status).toBe(200);
  });

  test('a server without the mode says that it takes keys', async () => {
    const onlyLocal = await installation.server();
    expect(parseProblem(await signIn(onlyLocal, ann))).toMatchObject({ status: 404, code: 'NOT_FOUND' });
    expectUnauthenticated(await signIn(onlyLocal, ann, { change: { authorization: undefined } }));
  });
});

describe('S30: STS is not flooded', () => {
  test('S20: an address whose proofs are refused has to wait; another server goes on', async () => {
    const strict = await stsServer(installation, sts, { gate: { rejectionsPerMinute: 3 } });
    for (let i = 0; i < 3; i++) expectUnauthenticated(await signIn(strict, ann, { audience: 'ocpctl://x' }));
    const limited = await signIn(strict, ann);
    expect(limited.status).toBe(429);
    expect(Number(limited.headers['retry-after'])).toBeGreaterThan(0);
    expect(sts.received).toHaveLength(3);
    expect((await signIn(server, ann)).status).toBe(201);
  });

  test('after silent answers it is left alone; sessions go on', async () => {
    const keys = parseSessionKeys(await signIn(server, ann));
    const nervous = await stsServer(installation, sts, { gate: { failures: 2, pauseMs: 600_000 } });
    sts.received.length = 0;
    for (let i = 0; i < 2; i++) {
      sts.answers.push((response) => sendJson(response, 302, {}));
      expect((await signIn(nervous, ann)).status).toBe(503);
    }
    expect((await signIn(nervous, ann)).status).toBe(503);
    expect(sts.received).toHaveLength(2);
    expect((await whoami(keys, nervous)).status).toBe(200);
  });

  test('H3: only regions that the operator named are called', async () => {
    const local = await stsServer(installation, sts, { regions: ['eu-central-1'] });
    sts.received.length = 0;
    expectUnauthenticated(await signIn(local, ann, { region: 'cn-north-1' }));
    expect(sts.received).toHaveLength(0);
    expect((await signIn(local, ann, { region: 'eu-central-1' })).status).toBe(201);
  });

  test('at most the limit at a time', async () => {
    const narrow = await stsServer(installation, sts, { gate: { concurrent: 2 } });
    const held: (() => void)[] = [];
    let reached: () => void = () => {};
    const both = new Promise<void>((resolve) => {
      reached = resolve;
    });
    const hold: FakeSts['answers'][number] = (response) => {
      held.push(() => sendJson(response, 200, identityDocument(ann.arn, ann.account, ann.userId)));
      if (held.length === 2) reached();
    };
    sts.answers.push(hold, hold);
    const waiting = [signIn(narrow, ann), signIn(narrow, ann)];
    await both;
    expect((await signIn(narrow, ann)).status).toBe(503);
    for (const release of held) release();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([201, 201]);
  });

  test('s10: a principal holds exactly the limit of sessions, on two servers at once', async () => {
    const limits = { perPrincipal: 5 };
    const pair = await Promise.all([
      stsServer(installation, sts, { limits }),
      stsServer(installation, sts, { limits }),
    ]);
    const busy = sts.person(`arn:aws:sts::${ACCOUNT}:assumed-role/busy/ann`);
    const answers = await Promise.all(
      Array.from({ length: 16 }, (_, i) => signIn(pair[i % 2] ?? server, busy)),
    );
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([
      ...Array.from({ length: 5 }, () => 201),
      ...Array.from({ length: 11 }, () => 429),
    ]);
    const limited = answers.find(({ status }) => status === 429);
    expect(Number(limited?.headers['retry-after'])).toBeGreaterThan(800);
  });
});

test('S19: 60 pairs of sign-ins at once, forged and valid, are told apart exactly', async () => {
  const wide = await stsServer(installation, sts, {
    gate: { concurrent: 200 },
    limits: { perPrincipal: 1_000 },
  });
  const answers = await Promise.all(
    Array.from({ length: 60 }, () => [
      signIn(wide, ann),
      signIn(wide, ann, { audience: 'ocpctl://evil' }),
    ]).flat(),
  );
  expect(answers.filter(({ status }, i) => status !== (i % 2 === 0 ? 201 : 401))).toEqual([]);
}, 120_000);

/** Last: the clock of the database stays moved. */
test('S21: a session ends by the clock of the database, and is then removed with its secret', async () => {
  const last = sts.person(`arn:aws:sts::${ACCOUNT}:assumed-role/last/ann`);
  const keys = parseSessionKeys(await signIn(server, last));
  await moveClock(installation.databaseUrl, '14 minutes');
  expect((await whoami(keys)).status).toBe(200);
  await moveClock(installation.databaseUrl, '15 minutes 1 second');
  expectUnauthenticated(await whoami(keys));
  expect(await purgeSessions(installation.db, installation.secrets)).toBeGreaterThan(0);
  const [left] = await installation.db.query(
    {
      name: 'test.left',
      text: `select (select count(*) from access_sessions)::int4 as sessions, (select count(*) from secrets where kind = 'session-key')::int4 as secrets`,
      params: {},
      row: { sessions: 'int4', secrets: 'int4' },
    },
    {},
  );
  expect(left).toEqual({ sessions: 0, secrets: 0 });
});
