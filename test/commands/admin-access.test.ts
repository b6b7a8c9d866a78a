import { describe, expect, it } from 'vitest';
import { runCli } from './support/run-cli.ts';
import { pageResponse, startStubServer } from './support/stub-server.ts';

const PRINCIPAL = 'role:111122223333:ci';
const SESSION = {
  id: 'OCPS0123456789ABCDEF',
  principal: PRINCIPAL,
  arn: 'arn:aws:sts::111122223333:assumed-role/ci/job-7',
  claimedSession: 'job-7',
  createdAt: '2026-01-02T03:04:05.678Z',
  expiresAt: '2099-01-02T03:19:05.678Z',
};

describe('admin grants', () => {
  it('takes a bare name for a local principal, as admin keys does', async () => {
    const grant = { principal: 'local:ann', role: 'requester', team: 'web', uniqueId: null };
    await using server = await startStubServer({
      'POST /v1/admin/grants': () => ({ status: 201, body: { changed: true, grant } }),
      'DELETE /v1/admin/grants': () => ({ body: { changed: true, grant } }),
      'GET /v1/admin/keys': () => pageResponse([]),
    });
    const flags = ['--role', 'requester', '--team', 'web'];
    await runCli(['admin', 'grants', 'add', 'ann', ...flags], server.env);
    await runCli(['admin', 'grants', 'add', PRINCIPAL, ...flags], server.env);
    await runCli(['admin', 'grants', 'remove', 'ann', ...flags], server.env);
    await runCli(['admin', 'keys', 'list', '--principal', 'ann'], server.env);
    const [added, role, removed, keys] = server.received;
    expect(added?.body).toMatchObject({ principal: 'local:ann' });
    expect(role?.body).toMatchObject({ principal: PRINCIPAL });
    expect(removed?.query.get('principal')).toBe('local:ann');
    expect(keys?.query.get('principal')).toBe('local:ann');
  });
});

describe('admin sessions', () => {
  it('lists over all pages, of one principal when it is named', async () => {
    await using server = await startStubServer({
      'GET /v1/admin/sessions': ({ query }) =>
        query.get('cursor') === 'next' ? pageResponse([SESSION]) : pageResponse([SESSION], 'next'),
    });
    const listed = await runCli(['admin', 'sessions', 'list', '--principal', PRINCIPAL], server.env);
    expect(listed.stdout.split('\n')[0]?.split(/ +/)).toEqual([
      'ID',
      'PRINCIPAL',
      'CLAIMS',
      'AGE',
      'EXPIRES',
    ]);
    expect(listed.stdout.match(/OCPS0123456789ABCDEF/g)).toHaveLength(2);
    expect(server.received[0]?.query.get('principal')).toBe(PRINCIPAL);
  });

  it('ends those of a principal, once for one intent; a dry run ends none', async () => {
    await using server = await startStubServer({
      'DELETE /v1/admin/sessions': () => ({ body: { principal: PRINCIPAL, sessions: 2 } }),
    });
    const revoked = await runCli(['admin', 'sessions', 'revoke', PRINCIPAL], server.env);
    expect(revoked.stdout).toMatch(/^PRINCIPAL +CHANGE +SESSIONS\nrole:111122223333:ci +REVOKED +2$/m);
    expect(server.received[0]?.query.get('principal')).toBe(PRINCIPAL);
    expect(server.received[0]?.query.get('dryRun')).not.toBe('true');
    expect(server.received[0]?.headers['idempotency-key']).toMatch(/^[\w-]{16,}$/);
    const plan = await runCli(['admin', 'sessions', 'revoke', PRINCIPAL, '--dry-run'], server.env);
    expect(plan.stdout).toContain('WOULD REVOKE');
    expect(plan.stderr).toContain('nothing was changed');
    expect(server.received[1]?.query.get('dryRun')).toBe('true');
  });
});

describe('admin workers', () => {
  const WORKER = {
    id: 'wrk_01',
    host: 'vm-1',
    pid: 42,
    roles: ['worker'],
    status: 'NOT_READY',
    problems: [{ code: 'DISK_TOO_SMALL', message: 'no space left on /w', jobTypes: ['CREATE'] }],
    dispatch: 'SQS',
    dispatchProblem: 'no answer',
    jobs: 2,
    startedAt: '2026-01-02T03:04:05.678Z',
    lastSeenAt: '2099-01-02T03:19:05.678Z',
  };

  it('V3: shows which are not ready and why, with the message in the wide table and the document', async () => {
    await using server = await startStubServer({ 'GET /v1/admin/workers': () => pageResponse([WORKER]) });
    const table = await runCli(['admin', 'workers'], server.env);
    expect(table.stdout).toMatch(
      /^NAME +STATUS +REASON +JOBS +LAST SEEN\nvm-1:42 +NOT_READY +DISK_TOO_SMALL +2 +in \w+$/m,
    );
    const wide = await runCli(['admin', 'workers', '-o', 'wide'], server.env);
    expect(wide.stdout).toContain('no CREATE: no space left on /w; polls, because');
    expect(wide.stdout).toMatch(/ DISPATCH .*\n.* SQS /);
    const { stdout } = await runCli(['admin', 'workers', '--json'], server.env);
    expect(JSON.parse(stdout)).toEqual({ items: [WORKER], nextCursor: null });
  });
});

describe('admin keys create --dry-run', () => {
  it('says whose key it would be and how many there are, and shows no secret', async () => {
    await using server = await startStubServer({
      'POST /v1/admin/keys': () => ({ body: { principal: 'local:ann', activeKeys: 1 } }),
    });
    const plan = await runCli(['admin', 'keys', 'create', 'ann', '--dry-run'], server.env);
    expect(plan.stdout).toMatch(/^PRINCIPAL +CHANGE +ACTIVE KEYS\nlocal:ann +WOULD CREATE +1$/m);
    expect(plan.stderr).toContain('nothing was changed');
    expect(server.received[0]?.query.get('dryRun')).toBe('true');
    expect(server.received[0]?.body).toEqual({ principal: 'local:ann' });
  });
});

describe('admin tasks', () => {
  const TASK = {
    name: 'destroy-expired-clusters',
    intervalSeconds: 30,
    status: 'SCHEDULED',
    run: 7,
    runner: 'vm-1:42',
    requestedAt: null,
    requestedBy: null,
    nextRunAt: '2099-01-02T03:04:05.678Z',
    lagSeconds: 0,
    lastStartedAt: '2026-01-02T03:04:05.678Z',
    lastEndedAt: '2026-01-02T03:04:05.690Z',
    lastDurationMs: 12,
    lastOutcome: 'SUCCEEDED',
    lastResult: { expired: ['clu_1'] },
    lastError: null,
    failures: 0,
  };

  it('lists how the last runs ended', async () => {
    await using server = await startStubServer({ 'GET /v1/admin/tasks': () => pageResponse([TASK]) });
    const listed = await runCli(['admin', 'tasks', 'list'], server.env);
    expect(listed.stdout).toMatch(/^NAME +STATUS +EVERY +LAST RUN +TOOK +OUTCOME +NEXT +LATE\n/);
    expect(listed.stdout).toMatch(/^destroy-expired-clusters +SCHEDULED +30s +.* ago +12ms +SUCCEEDED +in /m);
    const wide = await runCli(['admin', 'tasks', 'list', '-o', 'wide'], server.env);
    expect(wide.stdout).toContain('vm-1:42');
    expect(wide.stdout).toContain('{"expired":["clu_1"]}');
  });

  it('runs one and waits for the run that it requested; a failed run is exit code 10', async () => {
    const requested = {
      ...TASK,
      status: 'REQUESTED',
      requestedAt: TASK.nextRunAt,
      requestedBy: 'local:admin',
    };
    const path = '/v1/admin/tasks/destroy-expired-clusters';
    let polls = 0;
    await using server = await startStubServer({
      [`POST ${path}/run`]: () => ({ status: 202, body: requested }),
      [`GET ${path}`]: () => ({
        body:
          polls++ === 0
            ? { ...requested, lastOutcome: 'FAILED' }
            : { ...TASK, run: 9, lastOutcome: 'FAILED', lastError: 'the cloud is away' },
      }),
    });
    const asked = await runCli(['admin', 'tasks', 'run', TASK.name], server.env);
    expect([asked.code, asked.stdout]).toEqual([0, expect.stringContaining('REQUESTED')]);
    expect(polls).toBe(0);
    const waited = await runCli(['admin', 'tasks', 'run', TASK.name, '--wait'], server.env);
    expect([waited.code, polls]).toEqual([10, 2]);
    expect(waited.stderr).toContain('task "destroy-expired-clusters" failed: the cloud is away');
  });
});
