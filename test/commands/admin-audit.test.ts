import { describe, expect, it } from 'vitest';
import { CLUSTER_ID } from './support/documents.ts';
import { runCli } from './support/run-cli.ts';
import { pageResponse, problemResponse, startStubServer } from './support/stub-server.ts';

const EVENT = {
  stream: 'a',
  seq: 3,
  at: '2026-01-02T03:04:05.678901Z',
  actor: 'local:ann',
  action: 'cluster.create',
  target: CLUSTER_ID,
  status: 'SUCCESS',
  requestId: 'req_1',
  sourceIp: '127.0.0.1',
  userAgent: 'ocpctl',
  metadata: { name: 'demo', job: null },
  payload: '{}',
  previousHash: '',
  hash: 'ab'.repeat(32),
};
const APPROVAL = {
  id: 'apr_01k4qqz3v7m2n5p8r1t4w6y9ab',
  action: 'cluster.credential.open',
  target: CLUSTER_ID,
  detail: 'kubeadmin-password',
  team: 'a',
  reason: 'login',
  status: 'PENDING',
  requestedBy: 'local:ann',
  requestedAt: '2026-01-02T03:04:05.678Z',
  expiresAt: '2026-01-03T03:04:05.678Z',
  decidedBy: null,
  decidedAt: null,
  decisionReason: null,
};
const found = (more: object = {}) => ({
  body: {
    events: 10,
    streams: ['a'],
    faults: [],
    anchors: 2,
    anchorsKept: true,
    keyId: 'f77f66a49166b975',
    nextCursor: null,
    ...more,
  },
});
const keys = (...ids: string[]) => ({
  currentKeyId: ids.at(-1),
  pending: ids.length - 1,
  items: ids.map((id) => ({ id, current: id === ids.at(-1), secrets: 1, addedAt: EVENT.at })),
});

describe('admin audit', () => {
  it('lists what the filters ask for, newest first, and no more than the limit', async () => {
    await using server = await startStubServer({
      'GET /v1/admin/audit/events': () => pageResponse([EVENT, EVENT], 'next'),
    });
    const argv = [
      '--actor',
      'local:ann',
      '--action',
      'cluster',
      '--target',
      CLUSTER_ID,
      '--status',
      'SUCCESS',
    ];
    const more = [
      '--since',
      '2026-01-01T00:00:00Z',
      '--until',
      '1h',
      '--request-id',
      'req_1',
      '--stream',
      'a',
      '--limit',
      '2',
    ];
    const listed = await runCli(['admin', 'audit', 'list', ...argv, ...more], server.env);
    expect(listed.stdout.split('\n')[0]?.split(/ +/)).toEqual(['AGE', 'ACTOR', 'ACTION', 'TARGET', 'STATUS']);
    expect(server.received).toHaveLength(1);
    const { until, ...query } = Object.fromEntries(server.received[0]?.query ?? []);
    expect(query).toEqual({
      order: 'newest',
      actor: 'local:ann',
      action: 'cluster',
      target: CLUSTER_ID,
      status: 'SUCCESS',
      requestId: 'req_1',
      stream: 'a',
      since: '2026-01-01T00:00:00.000Z',
      limit: '2',
    });
    expect(Date.now() - Date.parse(until ?? '')).toBeGreaterThan(3_500_000);
    expect(
      (await runCli(['admin', 'audit', 'list', '--limit', '2', '-o', 'wide'], server.env)).stdout,
    ).toContain('name=demo');
  });

  it('exports each event as a line, over all pages, oldest first', async () => {
    await using server = await startStubServer({
      'GET /v1/admin/audit/events': ({ query }) =>
        query.get('cursor') === 'next' ? pageResponse([{ ...EVENT, seq: 4 }]) : pageResponse([EVENT], 'next'),
    });
    const { stdout, stderr, code } = await runCli(['admin', 'audit', 'export'], server.env);
    expect(code).toBe(0);
    expect(stdout.split('\n').map((line) => line && JSON.parse(line).seq)).toEqual([3, 4, '']);
    expect(stderr).toContain('2 events');
    expect(server.received[0]?.query.get('order')).toBe('oldest');
  });

  it('says that the audit log is whole, over all parts; without anchors it says what that leaves', async () => {
    await using server = await startStubServer({
      'GET /v1/admin/audit/verification': ({ query }) =>
        query.get('cursor') === 'next'
          ? found({ anchorsKept: false, keyId: null })
          : found({ streams: [], nextCursor: 'next' }),
    });
    const { stdout, stderr, code } = await runCli(['admin', 'audit', 'verify'], server.env);
    expect([stdout, code]).toEqual(['The audit log is intact.\n', 0]);
    expect(stderr).toContain('20 events in 1 chains');
    expect(stderr).toContain('No audit anchors are stored');
  });

  it('exits 11 and says where it is broken', async () => {
    const faults = [{ stream: 'a', seq: 7, cause: 'missing', anchor: 'anchors/x.jsonl' }];
    await using server = await startStubServer({
      'GET /v1/admin/audit/verification': () => found({ faults }),
    });
    const text = await runCli(['admin', 'audit', 'verify'], server.env);
    expect(text.code).toBe(11);
    expect(text.stdout).toMatch(
      /^STREAM +SEQ +FAULT +MEANING +ANCHOR\na +7 +missing +the event was deleted +anchors\/x.jsonl$/m,
    );
    expect(text.stderr).toContain('the audit log was changed: 1 problem found');
    const json = await runCli(['admin', 'audit', 'verify', '--json'], server.env);
    expect(json.code).toBe(11);
    expect(JSON.parse(json.stdout)).toMatchObject({ faults, events: 10 });
  });
});

describe('admin approvals', () => {
  it('lists and decides', async () => {
    await using server = await startStubServer({
      'GET /v1/admin/approvals': () => pageResponse([APPROVAL]),
      [`POST /v1/admin/approvals/${APPROVAL.id}/decision`]: ({ body }) => ({
        body: {
          ...APPROVAL,
          status: (body as { decision: string }).decision === 'approve' ? 'APPROVED' : 'DENIED',
        },
      }),
    });
    const listed = await runCli(['admin', 'approvals', 'list', '--status', 'PENDING'], server.env);
    expect(listed.stdout.split('\n')[0]?.split(/ +/)).toEqual([
      'ID',
      'STATUS',
      'REQUESTED',
      'BY',
      'ACTION',
      'TARGET',
      'REASON',
      'EXPIRES',
    ]);
    expect(server.received[0]?.query.get('status')).toBe('PENDING');
    expect((await runCli(['admin', 'approvals', 'approve', APPROVAL.id], server.env)).stdout).toContain(
      'APPROVED',
    );
    const denied = await runCli(
      ['admin', 'approvals', 'deny', APPROVAL.id, '--reason', 'no ticket', '--json'],
      server.env,
    );
    expect(JSON.parse(denied.stdout).status).toBe('DENIED');
    expect(server.received.at(-1)?.body).toEqual({ decision: 'deny', reason: 'no ticket' });
    expect(server.received.at(-1)?.headers['idempotency-key']).toMatch(/^[\w-]{16,}$/);
  });

  it('a dry run of a decision asks for one, and says that nothing was changed', async () => {
    await using server = await startStubServer({
      [`POST /v1/admin/approvals/${APPROVAL.id}/decision`]: () => ({ body: APPROVAL }),
    });
    for (const verb of ['approve', 'deny']) {
      const said = await runCli(['admin', 'approvals', verb, APPROVAL.id, '--dry-run'], server.env);
      expect([said.code, server.received.at(-1)?.query.get('dryRun')]).toEqual([0, 'true']);
      expect(said.stdout).toContain('PENDING');
      expect(said.stderr).toContain('nothing was changed');
    }
  });

  it('exits 6 where the server says no', async () => {
    await using server = await startStubServer({
      [`POST /v1/admin/approvals/${APPROVAL.id}/decision`]: () =>
        problemResponse(403, 'FORBIDDEN', 'not your own'),
      'GET /v1/clusters': () => pageResponse([]),
    });
    expect((await runCli(['admin', 'approvals', 'approve', APPROVAL.id], server.env)).code).toBe(6);
  });
});

describe('admin secrets', () => {
  it('shows the keys, and rotates until the old one is gone', async () => {
    const states = [keys('kek_1', 'kek_2'), keys('kek_2')];
    await using server = await startStubServer({
      'POST /v1/admin/secrets/rotate': () => ({ status: 202, body: keys('kek_1', 'kek_2') }),
      'GET /v1/admin/secrets': () => ({ body: states.length > 1 ? states.shift() : states[0] }),
    });
    expect((await runCli(['admin', 'secrets', 'rotate', '-o', 'name'], server.env)).stdout).toBe(
      'kek_1\nkek_2\n',
    );
    expect((await runCli(['admin', 'secrets', 'rotate', '--wait', '-o', 'name'], server.env)).stdout).toBe(
      'kek_2\n',
    );
    const status = await runCli(['admin', 'secrets', 'status'], server.env);
    expect(status.stdout.split('\n')[0]?.split(/ +/)).toEqual(['KEY', 'CURRENT', 'SECRETS', 'AGE']);
  });

  it('a dry run shows the keys as they are, and has nothing to wait for', async () => {
    await using server = await startStubServer({
      'POST /v1/admin/secrets/rotate': () => ({ body: keys('kek_1') }),
    });
    const said = await runCli(['admin', 'secrets', 'rotate', '--dry-run', '-o', 'name'], server.env);
    expect([said.stdout, server.received[0]?.query.get('dryRun')]).toEqual(['kek_1\n', 'true']);
    expect(said.stderr).toContain('nothing was changed');
    expect((await runCli(['admin', 'secrets', 'rotate', '--dry-run', '--wait'], server.env)).code).toBe(2);
  });

  it('exits 8 when it waited long enough, and says how to look again', async () => {
    await using server = await startStubServer({
      'POST /v1/admin/secrets/rotate': () => ({ status: 202, body: keys('kek_1', 'kek_2') }),
      'GET /v1/admin/secrets': () => ({ body: keys('kek_1', 'kek_2') }),
    });
    const { code, stderr } = await runCli(
      ['admin', 'secrets', 'rotate', '--wait', '--timeout', '1s'],
      server.env,
    );
    expect(code).toBe(8);
    expect(stderr).toContain("'ocpctl admin secrets status'");
  });
});
