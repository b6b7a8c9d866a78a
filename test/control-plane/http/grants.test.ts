import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { statement } from '../../../src/control-plane/kernel/db/statement.ts';
import { createTestInstallation, type Person, type TestInstallation } from './kit/installation.ts';
import { call, newKey, parseProblem, type WireResponse } from './kit/requests.ts';
import type { TestServer } from './kit/server.ts';

let installation: TestInstallation;
let server: TestServer;
let other: TestServer;
let root: Person;

beforeAll(async () => {
  installation = await createTestInstallation();
  [server, other] = await Promise.all([installation.server(), installation.server()]);
  root = await installation.person('root', 'platform_admin@*');
});
afterAll(() => installation.stop());

interface Wanted {
  readonly principal: string;
  readonly role: string;
  readonly team: string;
  readonly uniqueId?: string;
}
type By = {
  readonly by?: Person;
  readonly on?: TestServer;
  readonly dryRun?: boolean;
  readonly key?: string;
};

const keyed = (key = newKey()) => ({ 'idempotency-key': key });
const add = (body: Wanted, { by = root, on = server, dryRun = false, key }: By = {}) =>
  call(on, by, {
    method: 'POST',
    target: `/v1/admin/grants${dryRun ? '?dryRun=true' : ''}`,
    headers: keyed(key),
    body,
  });
const remove = (
  { principal, role, team }: Wanted,
  { by = root, on = server, dryRun = false, key }: By = {},
) => {
  const query = new URLSearchParams({ principal, role, team, ...(dryRun && { dryRun: 'true' }) });
  const target = `/v1/admin/grants?${query.toString().replaceAll('*', '%2A').replaceAll('+', '%20')}`;
  return call(on, by, { method: 'DELETE', target, headers: keyed(key) });
};
const listed = async (query = '') =>
  JSON.parse((await call(server, root, { target: `/v1/admin/grants${query}` })).text);
const documentIn = (answer: WireResponse) => {
  if (answer.status >= 300) throw new Error(`${answer.status} ${answer.text}`);
  return JSON.parse(answer.text);
};
const ADMIN = { role: 'platform_admin', team: '*' } as const;

const accessEventsOf = statement({
  name: 'test.access_events',
  text: `select payload from audit_events where stream = '_platform' and payload like '%' || $1 || '%' order by seq`,
  params: { what: 'text' },
  row: { payload: 'text' },
});
/** What was changed, without who came in and who was turned away. */
const auditEvents = async (what: string) =>
  (await installation.db.query(accessEventsOf, { what }))
    .map(({ payload }) => JSON.parse(payload))
    .filter(({ action }) => /^access\.(grant|key)\./.test(action));

describe('a grant', () => {
  test('is in force from the next request on, on every server, and gone the same way', async () => {
    const eve = await installation.person('eve');
    const wanted = { principal: eve.principal, role: 'requester', team: 'payments' };
    const look = (on: TestServer) => call(on, eve, { target: '/v1/clusters' });
    expect((await look(other)).status).toBe(403);
    expect(documentIn(await add(wanted))).toMatchObject({
      changed: true,
      grant: { ...wanted, uniqueId: null, grantedBy: 'local:root' },
    });
    expect((await look(other)).status).toBe(200);
    expect(documentIn(await remove(wanted, { on: other }))).toMatchObject({ changed: true });
    expect((await look(server)).status).toBe(403);
    expect(await auditEvents(eve.principal)).toMatchObject([
      { action: 'access.key.create' },
      { action: 'access.grant.add', actor: 'local:root', metadata: { role: 'requester', team: 'payments' } },
      { action: 'access.grant.remove', actor: 'local:root', status: 'SUCCESS' },
    ]);
  });

  test('G10: asked for twice is one grant; with one key it is one answer', async () => {
    const wanted = { principal: 'local:twice', role: 'auditor', team: 'a' };
    const key = newKey();
    const first = await add(wanted, { key });
    const again = await add(wanted, { key, on: other });
    expect([again.status, again.text, again.headers['idempotent-replayed']]).toEqual([
      200,
      first.text,
      'true',
    ]);
    expect(documentIn(await add(wanted))).toMatchObject({ changed: false });
    expect(await auditEvents('local:twice')).toHaveLength(1);
  });

  test('a dry run validates the same and changes nothing', async () => {
    const wanted = { principal: 'local:dry', role: 'requester', team: 'a' };
    expect(documentIn(await add(wanted, { dryRun: true }))).toMatchObject({ changed: true, grant: wanted });
    expect((await listed('?principal=local%3Adry')).items).toEqual([]);
    expect((await remove(wanted, { dryRun: true })).status).toBe(404);
    await add(wanted);
    expect(documentIn(await remove(wanted, { dryRun: true }))).toMatchObject({ changed: true });
    expect((await listed('?principal=local%3Adry')).items).toHaveLength(1);
    expect((await auditEvents('local:dry')).filter(({ status }) => status === 'SUCCESS')).toHaveLength(1);
  });

  test.each([
    [{ principal: 'local:x', role: 'requester', team: '*' }, 422],
    [{ principal: 'local:x', role: 'requester', team: 'a', uniqueId: 'AROAEXAMPLEEXAMPLE01' }, 422],
    [{ principal: 'local:x', role: 'root', team: 'a' }, 400],
    [{ principal: 'arn:aws:iam::111122223333:role/x', role: 'requester', team: 'a' }, 400],
    [{ principal: 'role:111122223333:x', role: 'requester', team: 'a', uniqueId: 'x' }, 400],
  ])('that makes no sense is refused: %j', async (wanted, status) => {
    expect(parseProblem(await add(wanted)).status).toBe(status);
    expect(parseProblem(await add(wanted, { dryRun: true })).status).toBe(status);
  });

  test('pages of grants go through all of them once, and a cursor is its reader’s', async () => {
    const team = 'pages';
    for (const name of ['p1', 'p2', 'p3', 'p4', 'p5']) {
      await add({ principal: `local:${name}`, role: 'requester', team });
    }
    const seen: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: { items: { principal: string }[]; nextCursor: string | null } = await listed(
        `?team=${team}&limit=2${cursor === '' ? '' : `&cursor=${cursor}`}`,
      );
      seen.push(...page.items.map(({ principal }) => principal));
      cursor = page.nextCursor;
    }
    expect(seen).toEqual(['local:p1', 'local:p2', 'local:p3', 'local:p4', 'local:p5']);
    const { nextCursor } = await listed(`?team=${team}&limit=2`);
    const auditor = await installation.person('pager', 'auditor@*');
    for (const [person, path] of [
      [auditor, '/v1/admin/grants'],
      [root, '/v1/admin/keys'],
    ] as const) {
      const answer = await call(server, person, { target: `${path}?cursor=${nextCursor}` });
      expect(parseProblem(answer)).toMatchObject({ status: 400, errors: [{ field: 'cursor' }] });
    }
  });
});

describe('a pinned grant', () => {
  const pin = 'AROAEXAMPLEEXAMPLE01';
  const wanted = { principal: 'role:111122223333:deploy', role: 'requester', team: 'web', uniqueId: pin };
  const ask = async (uniqueId?: string) => {
    const principal = encodeURIComponent(wanted.principal);
    const as = uniqueId === undefined ? '' : `&uniqueId=${uniqueId}`;
    const target = `/v1/admin/access?principal=${principal}&operation=createCluster${as}`;
    return documentIn(await call(server, root, { target }));
  };

  test('is for who has that unique id, not for the next role of its name', async () => {
    await add(wanted);
    expect(await ask(pin)).toMatchObject({
      items: [{ allowed: true, rule: 'GRANTED', by: [{ uniqueId: pin }] }],
    });
    for (const next of ['AROAEXAMPLEEXAMPLE02', undefined]) {
      expect(await ask(next)).toMatchObject({
        grants: [],
        pinnedToOthers: [{ uniqueId: pin }],
        items: [{ allowed: false, rule: 'ROLE_MISSING' }],
      });
    }
  });

  test('does not lose or change its pin in passing', async () => {
    await add(wanted);
    for (const uniqueId of ['AROAEXAMPLEEXAMPLE02', undefined]) {
      const { uniqueId: _pin, ...unpinned } = wanted;
      const answer = await add({ ...unpinned, ...(uniqueId && { uniqueId }) });
      expect(parseProblem(answer)).toMatchObject({ status: 409, errors: [{ code: 'OTHER_PIN' }] });
    }
    expect(documentIn(await add(wanted))).toMatchObject({ changed: false });
  });
});

describe('the last admin', () => {
  test('stays: of two who remove each other at once, on two servers, one does', async () => {
    for (let round = 0; round < 10; round++) {
      const [a, b] = [
        await installation.person(`a${round}`, 'platform_admin@*'),
        await installation.person(`b${round}`, 'platform_admin@*'),
      ];
      await installation.db.script(
        `delete from rbac_mappings where role = 'platform_admin' and principal not in ('${a.principal}', '${b.principal}')`,
      );
      const answers = await Promise.all([
        remove({ principal: b.principal, ...ADMIN }, { by: a, on: server }),
        remove({ principal: a.principal, ...ADMIN }, { by: b, on: other }),
      ]);
      const statuses = answers.map(({ status }) => status).sort();
      // The slower one may have lost its right before it was heard.
      expect([
        [200, 403],
        [200, 409],
      ]).toContainEqual(statuses);
      const winner = answers[0]?.status === 200 ? a : b;
      const { items } = documentIn(
        await call(server, winner, { target: '/v1/admin/grants?role=platform_admin' }),
      );
      expect(items).toHaveLength(1);
      root = winner;
    }
  });

  test('stays: neither its grant nor its only key goes, in a dry run as in earnest', async () => {
    const grant = { principal: root.principal, ...ADMIN };
    const revoke = (dryRun: string) =>
      call(server, root, { method: 'DELETE', target: `/v1/admin/keys/${root.accessKeyId}${dryRun}` });
    for (const answer of [
      await remove(grant, { dryRun: true }),
      await remove(grant),
      await revoke('?dryRun=true'),
      await revoke(''),
    ]) {
      expect(parseProblem(answer)).toMatchObject({
        status: 409,
        code: 'LAST_ADMIN',
        errors: [{ code: 'LAST_ADMIN' }],
      });
    }
  });

  test('an admin without a key is not a successor; one with a key is', async () => {
    await add({ principal: 'local:keyless', ...ADMIN });
    expect(parseProblem(await remove({ principal: root.principal, ...ADMIN })).code).toBe('LAST_ADMIN');
    const heir = await installation.person('heir', 'platform_admin@*');
    expect((await remove({ principal: root.principal, ...ADMIN })).status).toBe(200);
    root = heir;
  });
});

describe('keys of local principals', () => {
  const make = (principal: string, key?: string) =>
    call(server, root, {
      method: 'POST',
      target: '/v1/admin/keys',
      headers: keyed(key),
      body: { principal },
    });
  const revoke = (id: string, on = server) =>
    call(on, root, { method: 'DELETE', target: `/v1/admin/keys/${id}`, headers: keyed() });
  const person = ({ id, principal, secretAccessKey }: Record<string, string>): Person => ({
    principal: principal ?? '',
    accessKeyId: id ?? '',
    secretAccessKey: secretAccessKey ?? '',
  });

  test('a dry run says how many there are, and makes none', async () => {
    const plan = (principal: string) =>
      call(server, root, {
        method: 'POST',
        target: '/v1/admin/keys?dryRun=true',
        headers: keyed(),
        body: { principal },
      });
    expect(documentIn(await plan('local:planned'))).toEqual({ principal: 'local:planned', activeKeys: 0 });
    const made = documentIn(await make('local:planned'));
    await make('local:planned');
    await revoke(made.id);
    const answer = await plan('local:planned');
    expect([answer.status, documentIn(answer)]).toEqual([200, { principal: 'local:planned', activeKeys: 1 }]);
    expect(await auditEvents('local:planned')).toHaveLength(3);
    expect((await plan('user:111122223333:ann')).status).toBe(400);
  });

  test('a new key signs at once, and a revoked one is refused at once, on every server', async () => {
    const made = documentIn(await make('local:zoe'));
    await add({ principal: 'local:zoe', role: 'requester', team: 'z' });
    const zoe = person(made);
    expect((await call(other, zoe, { target: '/v1/whoami' })).status).toBe(200);
    expect(documentIn(await revoke(made.id))).toMatchObject({ changed: true, key: { id: made.id } });
    for (const on of [server, other]) {
      expect(parseProblem(await call(on, zoe, { target: '/v1/whoami' })).code).toBe('UNAUTHENTICATED');
    }
    expect(documentIn(await revoke(made.id, other))).toMatchObject({ changed: false });
    expect((await auditEvents(made.id)).map(({ action }) => action)).toEqual([
      'access.key.create',
      'access.key.revoke',
    ]);
  });

  test('G15: the secret is in the answer, and in nothing that is kept', async () => {
    const key = newKey();
    const first = await make('local:quiet', key);
    const { id, secretAccessKey } = documentIn(first);
    const again = await make('local:quiet', key);
    expect(documentIn(again).secretAccessKey).toBe(secretAccessKey);
    expect(again.headers['idempotent-replayed']).toBe('true');
    expect((await auditEvents(id)).map(({ action }) => action)).toEqual([
      'access.key.create',
      'access.key.reveal',
    ]);
    const [{ found } = { found: -1 }] = await installation.db.query(searched, { secret: secretAccessKey });
    expect(found).toBe(0);
    expect(installation.logLines.join('')).not.toContain(secretAccessKey);
    expect(JSON.stringify(documentIn(await call(server, root, { target: '/v1/admin/keys' })))).not.toContain(
      secretAccessKey,
    );
    await revoke(id);
    expect(parseProblem(await make('local:quiet', key))).toMatchObject({
      status: 409,
      code: 'STATE_CONFLICT',
    });
  });

  test.each(['role:111122223333:x', 'local:', 'local:a:b', 'local:-x'])('none for %s', async (principal) => {
    expect(parseProblem(await make(principal)).status).toBe(400);
  });
});

const searched = statement({
  name: 'test.search_everywhere',
  text: `select (select count(*) from idempotency_keys where body like '%' || $1 || '%')
    + (select count(*) from audit_events where payload like '%' || $1 || '%')
    + (select count(*) from secrets where position(convert_to($1, 'UTF8') in sealed) > 0) as "found"`,
  params: { secret: 'text' },
  row: { found: 'int8' },
});

describe('the access test', () => {
  test('names the grant and the rule, per team', async () => {
    await add({ principal: 'local:why', role: 'requester', team: 'pay' });
    await add({ principal: 'local:why', role: 'auditor', team: 'ops' });
    const ask = async (operation: string, team?: string) => {
      const where = team === undefined ? '' : `&team=${team}`;
      const target = `/v1/admin/access?principal=local%3Awhy&operation=${operation}${where}`;
      return documentIn(await call(server, root, { target })).items[0];
    };
    expect(await ask('destroyCluster')).toMatchObject({
      allowed: true,
      teams: ['pay'],
      by: [{ team: 'pay' }],
    });
    expect(await ask('destroyCluster', 'ops')).toMatchObject({
      allowed: false,
      rule: 'TEAM_MISSING',
      by: [{ role: 'requester', team: 'pay' }],
    });
    expect(await ask('getCluster', 'ops')).toMatchObject({ allowed: true, by: [{ role: 'auditor' }] });
    expect(await ask('addGrant')).toMatchObject({ allowed: false, rule: 'ROLE_MISSING', by: [] });
    expect(await ask('listGrants')).toMatchObject({ allowed: false, rule: 'TEAM_MISSING' });
    const unknown = await call(server, root, {
      target: '/v1/admin/access?principal=local%3Awhy&operation=fly',
    });
    expect(parseProblem(unknown)).toMatchObject({ status: 404, errors: [{ code: 'UNKNOWN_OPERATION' }] });
  });
});
