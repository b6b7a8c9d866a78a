import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { statement } from '../../../../src/control-plane/kernel/db/statement.ts';
import { createCluster, transitionThrough } from '../../http/kit/clusters.ts';
import { createTestInstallation, type Person, type TestInstallation } from '../../http/kit/installation.ts';
import { call, parseProblem } from '../../http/kit/requests.ts';
import type { TestServer } from '../../http/kit/server.ts';

const KUBECONFIG = 'apiVersion: v1\nkind: Config\n# kubeconfig-of-the-test';
const PASSWORD = 'AbCdE-fGhIj-KlMnO-pQrSt';

let installation: TestInstallation;
let server: TestServer;
let ann: Person;
let admin: Person;
let id: string;

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server({ teamLimits: { activeClusters: 50, concurrentCreates: 50 } });
  ann = await installation.person('ann', 'requester@a');
  admin = await installation.person('admin', 'platform_admin@*');
});
beforeEach(async () => {
  id = (await createCluster(server, ann)).cluster.id;
  await transitionThrough(installation.db, id, 'CREATING', 'READY');
  await installation.secrets.put(
    installation.db,
    { ownerId: id, kind: 'kubeconfig' },
    Buffer.from(KUBECONFIG),
  );
  await installation.secrets.put(
    installation.db,
    { ownerId: id, kind: 'kubeadmin-password' },
    Buffer.from(PASSWORD),
  );
});
afterAll(() => installation.stop());

const open = (person: Person, body: unknown, clusterId = id) =>
  call(server, person, { method: 'POST', target: `/v1/clusters/${clusterId}/credentials`, body });

const eventsOf = statement({
  name: 'test.events_of',
  text: `select stream, payload from audit_events where payload::jsonb->>'target' = $1 and payload::jsonb->>'action' = 'cluster.credential.open' order by stream, seq`,
  params: { target: 'text' },
  row: { stream: 'text', payload: 'text' },
});
const auditEvents = async (target = id) =>
  (await installation.db.query(eventsOf, { target })).map(({ stream, payload }) => {
    const { status, actor, metadata } = JSON.parse(payload);
    return { stream, status, actor, ...metadata };
  });

describe('S34: G15: reading a secret', () => {
  test('gives the kubeconfig to the team without a reason, not to be cached', async () => {
    const answer = await open(ann, { kind: 'kubeconfig' });
    expect(JSON.parse(answer.text)).toEqual({ kind: 'kubeconfig', value: KUBECONFIG });
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(await auditEvents()).toEqual([
      { stream: 'a', status: 'SUCCESS', actor: 'local:ann', kind: 'kubeconfig', reason: null },
    ]);
  });

  test.each([undefined, '', '   ', ' a '])('needs a reason for the password: not %j', async (reason) => {
    const answer = await open(ann, {
      kind: 'kubeadmin-password',
      ...(reason === undefined ? {} : { reason }),
    });
    expect([400, 422]).toContain(answer.status);
    expect(parseProblem(answer).errors[0]?.field).toBe('reason');
    expect(answer.text).not.toContain(PASSWORD);
  });

  test('gives the password for a reason, which is kept', async () => {
    const answer = await open(ann, { kind: 'kubeadmin-password', reason: ' console login for TICKET-7 ' });
    expect(JSON.parse(answer.text).value).toBe(PASSWORD);
    expect(await auditEvents()).toEqual([
      {
        stream: 'a',
        status: 'SUCCESS',
        actor: 'local:ann',
        kind: 'kubeadmin-password',
        reason: 'console login for TICKET-7',
      },
    ]);
  });

  test('needs a reason of an admin from outside the team for anything', async () => {
    expect(parseProblem(await open(admin, { kind: 'kubeconfig' }))).toMatchObject({
      status: 422,
      errors: [{ field: 'reason', code: 'REQUIRED' }],
    });
    expect((await open(admin, { kind: 'kubeconfig', reason: 'broken cluster' })).status).toBe(200);
    expect(await auditEvents()).toEqual([
      { stream: 'a', status: 'FAILURE', actor: 'local:admin', code: 'POLICY_VIOLATION' },
      { stream: 'a', status: 'SUCCESS', actor: 'local:admin', kind: 'kubeconfig', reason: 'broken cluster' },
    ]);
  });

  test('L6: is refused to an auditor, and the attempt is kept where the team sees it', async () => {
    const auditor = await installation.person('auditor', 'auditor@*');
    expect((await open(auditor, { kind: 'kubeconfig', reason: 'curious' })).status).toBe(403);
    expect(await auditEvents()).toEqual([
      { stream: 'a', status: 'DENIED', actor: 'local:auditor', code: 'FORBIDDEN' },
    ]);
  });

  test('that is not there is 404, and the attempt is kept', async () => {
    const { cluster } = await createCluster(server, ann);
    expect(parseProblem(await open(ann, { kind: 'kubeconfig' }, cluster.id))).toMatchObject({
      status: 404,
      detail: expect.stringContaining('PENDING'),
    });
    expect((await auditEvents(cluster.id)).map(({ status }) => status)).toEqual(['SUCCESS', 'FAILURE']);
  });

  test('is in the audit log before the secret is opened: without the audit log there is no secret', async () => {
    const opened: boolean[] = [];
    const watched = await installation.server();
    const { secrets } = watched.services;
    const order = {
      ...secrets,
      open: async (...args: Parameters<typeof secrets.open>) => {
        if (args[1].kind === 'kubeconfig') opened.push((await auditEvents()).length > 0);
        return secrets.open(...args);
      },
    };
    Object.defineProperty(watched.services, 'secrets', { value: order });
    const ask = () =>
      call(watched, ann, {
        method: 'POST',
        target: `/v1/clusters/${id}/credentials`,
        body: { kind: 'kubeconfig' },
      });
    expect((await ask()).status).toBe(200);
    expect(opened).toEqual([true]);
    await installation.db.script(`
      create function refuse_audit() returns trigger language plpgsql as $$ begin raise 'no room'; end $$;
      create trigger refuse_audit before insert on audit_events for each row execute function refuse_audit()`);
    try {
      const answer = await ask();
      expect(answer.status).toBe(500);
      expect(answer.text).not.toContain('kubeconfig-of-the-test');
    } finally {
      await installation.db.script('drop function refuse_audit cascade');
    }
    expect(opened).toEqual([true]);
  });

  test('happens under no idempotency key: the answer is kept nowhere', async () => {
    const count = statement({
      name: 'test.kept',
      text: `select count(*)::int4 as "count" from idempotency_keys where operation = 'openClusterCredential'`,
      params: {},
      row: { count: 'int4' },
    });
    await open(ann, { kind: 'kubeconfig' });
    expect(await installation.db.query(count, {})).toEqual([{ count: 0 }]);
  });
});

test('S25: G15: no other answer and no log line has a secret in it', async () => {
  const texts: string[] = [];
  for (const person of [ann, admin]) {
    for (const { method, url } of server.contract.filter((operation) => operation.method === 'GET')) {
      const target = url.replace(':id', id).replace(':name', 'aws-standard');
      texts.push((await call(server, person, { method, target })).text);
    }
  }
  await open(ann, { kind: 'kubeconfig' });
  await open(ann, { kind: 'kubeadmin-password', reason: 'a test' });
  const secrets = [PASSWORD, 'kubeconfig-of-the-test', ann.secretAccessKey, admin.secretAccessKey];
  for (const text of [...texts, ...installation.logLines]) {
    for (const secret of secrets) expect(text.includes(secret)).toBe(false);
  }
  expect(texts.length).toBeGreaterThan(20);
});
