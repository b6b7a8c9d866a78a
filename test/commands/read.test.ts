import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { CLUSTER_ID, clusterOf, eventOf, JOB_ID, jobOf, phaseEvent, profileOf } from './support/documents.ts';
import { runCli, temporaryFolder } from './support/run-cli.ts';
import { eventStream, pageResponse, type Routes, startStubServer } from './support/stub-server.ts';

const byName: Routes = { 'GET /v1/clusters': () => pageResponse([clusterOf()]) };

describe('list', () => {
  it('reads all pages, in every format, with the same columns in a pipe', async () => {
    const [a, b] = [clusterOf({ name: 'a' }), clusterOf({ name: 'b', status: 'FAILED' })];
    await using server = await startStubServer({
      'GET /v1/clusters': ({ query }) =>
        query.get('cursor') === 'next' ? pageResponse([b]) : pageResponse([a], 'next'),
    });
    const table = await runCli(['list'], server.env);
    expect(table.stdout.split('\n')[0]?.split(/ +/)).toEqual([
      'NAME',
      'STATUS',
      'PROFILE',
      'VERSION',
      'OWNER',
      'AGE',
      'EXPIRES',
    ]);
    expect(table.stdout.split('\n')).toHaveLength(4);
    expect(table.stderr).toContain('sandbox');
    expect((await runCli(['ls', '-o', 'name'], server.env)).stdout).toBe('a\nb\n');
    expect(JSON.parse((await runCli(['list', '--json'], server.env)).stdout)).toEqual({
      items: [a, b],
      nextCursor: null,
    });
    expect(parse((await runCli(['list', '-oyaml'], server.env)).stdout)).toEqual({
      items: [a, b],
      nextCursor: null,
    });
    expect((await runCli(['list', '-o', 'value=status'], server.env)).stdout).toBe('READY\nFAILED\n');
    expect((await runCli(['list', '-o', 'csv'], server.env)).stdout.split('\n')[0]).toBe(
      'name,status,profile,version,owner,age,expires,id,region,team,workers,next_scale,hourly_cost,cost,at_expiry,reason',
    );
    expect((await runCli(['list', '--limit', '1', '-o', 'name'], server.env)).stdout).toBe('a\n');
    expect((await runCli(['list', '--sort', '-name', '-o', 'name'], server.env)).stdout).toBe('b\na\n');
  });

  it('sends its filters and refuses wrong values', async () => {
    await using server = await startStubServer(byName);
    await runCli(
      [
        ...[
          'list',
          '--status',
          'ready,Failed',
          '--status',
          'SCALING',
          '--owner',
          'ann,bob',
          '--owner',
          'eve',
        ],
        ...['--team', 'a', '--profile', 'p', '--tag', 'purpose=ci', '--tag', 'run=1=2'],
        ...['--expires-before', '2030-01-01T00:00:00Z'],
      ],
      server.env,
    );
    expect(Object.fromEntries(server.received[0]?.query ?? [])).toEqual({
      status: 'READY,FAILED,SCALING',
      owner: 'ann,bob,eve',
      team: 'a',
      profile: 'p',
      tag: 'purpose=ci,run=1=2',
      expiresBefore: '2030-01-01T00:00:00.000Z',
      limit: '200',
    });
    for (const argv of [
      ['--status', 'GONE'],
      ['--status', 'READY,'],
      ['--all', '--status', 'READY'],
      ['--mine', '--owner', 'ann'],
      ['--tag', 'purpose'],
      ['--tag', 'a=1', '--tag', 'a=2'],
      ['--sort', 'luck'],
      ['--limit', '0'],
      ['--expires-before', 'soon'],
      ['-o', 'xml'],
    ]) {
      const run = await runCli(['list', ...argv], server.env);
      expect(run, argv.join(' ')).toMatchObject({ code: 2, stdout: '' });
      expect(run.stderr).not.toContain('See more help');
    }
  });

  it('asks for those that are not DESTROYED, in every format, and for all with --all', async () => {
    await using server = await startStubServer(byName);
    const asked = async (...argv: string[]) => {
      await runCli(['list', ...argv], server.env);
      return Object.fromEntries(server.received.at(-1)?.query ?? []);
    };
    for (const argv of [[], ['--json'], ['-o', 'csv'], ['-o', 'name']])
      expect(await asked(...argv)).toEqual({ status: 'ACTIVE', limit: '200' });
    expect(await asked('--all')).toEqual({ limit: '200' });
    expect(await asked('--mine')).toEqual({ status: 'ACTIVE', mine: 'true', limit: '200' });
  });

  it('without rows says what to do next, and that there are destroyed ones', async () => {
    const destroyed = clusterOf({ status: 'DESTROYED' });
    let kept = [destroyed];
    await using server = await startStubServer({
      'GET /v1/clusters': ({ query }) => pageResponse(query.get('status') === 'DESTROYED' ? kept : []),
    });
    const stderr = async (...argv: string[]) => (await runCli(['list', ...argv], server.env)).stderr;
    expect(await stderr()).toContain("No clusters. 'ocpctl list --all' shows DESTROYED clusters too.\n");
    expect(await stderr('--owner', 'ann')).toContain("No clusters match. 'ocpctl list --all' shows");
    expect(await stderr('--status', 'ready')).toMatch(/^No clusters match.\n/);
    kept = [];
    expect(await stderr()).toMatch(/^No clusters. Create one with 'ocpctl create NAME --profile PROFILE'.\n/);
    expect(await stderr('--all')).toMatch(/^No clusters. Create one with/);
    expect(await stderr('-o', 'name')).toBe('');
  });

  it('sorts all rows before it limits them, and refuses a query before it asks', async () => {
    const named = ['ci-10', 'ci-2', 'ci-1'].map((name) => clusterOf({ name }));
    await using server = await startStubServer({ 'GET /v1/clusters': () => pageResponse(named) });
    const run = (...argv: string[]) => runCli(['list', ...argv], server.env);
    expect((await run('--sort', 'name', '--limit', '2', '-o', 'name')).stdout).toBe('ci-1\nci-2\n');
    expect((await run('--columns', 'name,team', '-o', 'csv')).stdout).toMatch(/^name,team\nci-10,platform\n/);
    expect((await run('--query', 'items[].name | [0]', '-o', 'value')).stdout).toBe('ci-10\n');
    const asked = server.received.length;
    const refused = await run('--query', 'items[');
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('at character 7');
    expect(server.received).toHaveLength(asked);
  });

  it('says which fields there are when a value path leads nowhere', async () => {
    await using server = await startStubServer(byName);
    const run = await runCli(['list', '-o', 'value=nmae'], server.env);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(JSON.parse(run.stderr)).toMatchObject({ error: { hint: expect.stringContaining('name') } });
  });
});

describe('get', () => {
  it('finds a cluster by name: the one that exists before those that had the name', async () => {
    const old = clusterOf({ id: CLUSTER_ID.replace('9ab', '9aa'), status: 'DESTROYED' });
    await using server = await startStubServer({
      'GET /v1/clusters': () => pageResponse([old, clusterOf()]),
      [`GET /v1/clusters/${CLUSTER_ID}`]: () => ({ body: clusterOf() }),
    });
    expect(await runCli(['get', 'demo', '-o', 'value=id'], server.env)).toMatchObject({
      code: 0,
      stdout: `${CLUSTER_ID}\n`,
    });
    expect(await runCli(['get', CLUSTER_ID, '-o', 'value=lastOperation.status'], server.env)).toMatchObject({
      stdout: 'SUCCEEDED\n',
    });
  });

  it('ends with 3 when there is none', async () => {
    await using server = await startStubServer({ 'GET /v1/clusters': () => pageResponse([]) });
    const run = await runCli(['get', 'absent', '--json'], server.env);
    expect(run).toMatchObject({ code: 3, stdout: '' });
    expect(JSON.parse(run.stderr)).toMatchObject({ error: { code: 'NOT_FOUND', exitCode: 3 } });
  });

  it('adds the timeline with its warnings with --events, and asks for neither without', async () => {
    const move = {
      from: null,
      to: 'PENDING',
      at: '2026-01-01T00:00:00Z',
      jobId: null,
      fence: null,
      reason: 'accepted',
    };
    const warning = {
      type: 'cluster.expiring',
      at: '2026-01-01T23:00:00Z',
      data: { destroyAt: '2026-01-02T00:00:00Z', warnBeforeHours: 1 },
    };
    await using server = await startStubServer({
      ...byName,
      [`GET /v1/clusters/${CLUSTER_ID}`]: () => ({ body: clusterOf({ status: 'FAILED' }) }),
      [`GET /v1/clusters/${CLUSTER_ID}/transitions`]: () => pageResponse([move]),
      [`GET /v1/clusters/${CLUSTER_ID}/events`]: () => pageResponse([warning]),
    });
    expect((await runCli(['get', 'demo', '--events'], server.env)).stdout).toMatch(
      /00:00:00Z\s+new → PENDING: accepted\n.*23:00:00Z\s+warning: expires 2026-01-02 00:00:00Z/,
    );
    const events = await runCli(['get', 'demo', '--events', '--json'], server.env);
    expect(JSON.parse(events.stdout)).toMatchObject({ transitions: [move], events: [warning] });
    const before = server.received.length;
    await runCli(['get', CLUSTER_ID], server.env);
    const asked = server.received.slice(before).map(({ path }) => path);
    expect(new Set(asked)).toEqual(new Set([`/v1/clusters/${CLUSTER_ID}`]));
  });

  it('says in the last hour how to keep a cluster, and when a failed destroy is repeated', async () => {
    const soon = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
    let cluster = clusterOf({ status: 'FAILED', destroyAt: soon(59) });
    await using server = await startStubServer({
      [`GET /v1/clusters/${CLUSTER_ID}`]: () => ({ body: cluster }),
      [`GET /v1/clusters/${CLUSTER_ID}/residue`]: () => ({
        body: { items: [], nextCursor: null, total: 0, jobId: null, foundAt: null },
      }),
    });
    const get = async () => (await runCli(['get', CLUSTER_ID], server.env)).stdout;
    expect(await get()).toMatch(/Expires .*; to extend: ocpctl extend demo --by 4h/);
    cluster = clusterOf({ status: 'FAILED', destroyAt: soon(70) });
    expect(await get()).not.toContain('ocpctl extend');
    cluster = clusterOf({ status: 'DESTROY_FAILED', destroyAt: soon(10), destroyRetryAt: soon(30) });
    const failed = await get();
    expect(failed).toMatch(/Next destroy .*\(in (29|30)m/);
    expect(failed).not.toContain('ocpctl extend');
  });
});

describe('outputs', () => {
  const outputs = {
    clusterId: CLUSTER_ID,
    apiUrl: 'https://api.demo.labs.example.com:6443',
    consoleUrl: 'https://console.demo',
    kubeadminUser: 'kubeadmin',
    kubeconfig: `secret:${CLUSTER_ID}/kubeconfig`,
    kubeadminPassword: `secret:${CLUSTER_ID}/kubeadmin-password`,
  };
  const kubeconfig = (server: string) =>
    `clusters:\n  - name: demo\n    cluster: { server: "${server}" }\nusers:\n  - name: admin\n    user: { token: t }\n`;
  const written = {
    clusters: [{ name: 'demo', cluster: { server: 'https://api.demo' } }],
    contexts: [{ name: 'demo', context: { cluster: 'demo', user: 'demo' } }],
    users: [{ name: 'demo', user: { token: 't' } }],
    'current-context': 'demo',
  };
  const routes: Routes = {
    ...byName,
    [`GET /v1/clusters/${CLUSTER_ID}/outputs`]: () => ({ body: outputs }),
    [`POST /v1/clusters/${CLUSTER_ID}/credentials`]: ({ body }) => {
      const { kind } = body as { kind: string };
      return { body: { kind, value: kind === 'kubeconfig' ? kubeconfig('https://api.demo') : 'hunter2' } };
    },
  };

  it('prints KEY VALUE, and one scalar without jq', async () => {
    await using server = await startStubServer(routes);
    expect((await runCli(['outputs', 'demo'], server.env)).stdout).toContain(
      'apiUrl             https://api.demo',
    );
    expect((await runCli(['outputs', 'demo', '-o', 'value=apiUrl'], server.env)).stdout).toBe(
      `${outputs.apiUrl}\n`,
    );
  });

  it('a cluster that is not there yet, or is gone, has none: exit code 5, and what to do', async () => {
    const none = { clusterId: CLUSTER_ID, apiUrl: null, consoleUrl: null, kubeadminUser: null };
    for (const [status, body, told] of [
      ['PENDING', { ...none, kubeconfig: null, kubeadminPassword: null }, "'ocpctl wait demo --for ready'"],
      ['DESTROYED', outputs, "'ocpctl get demo' says why"],
    ] as const) {
      await using server = await startStubServer({
        'GET /v1/clusters': () => pageResponse([clusterOf({ status })]),
        [`GET /v1/clusters/${CLUSTER_ID}/outputs`]: () => ({ body }),
      });
      const run = await runCli(['outputs', 'demo'], server.env);
      expect(run).toMatchObject({ code: 5, stdout: '' });
      expect(run.stderr).toContain(`Error: cluster "demo" is ${status}: it has no outputs`);
      expect(run.stderr).toContain(told);
    }
    await using server = await startStubServer({
      ...routes,
      'GET /v1/clusters': () => pageResponse([clusterOf({ status: 'DESTROYING' })]),
    });
    const leaving = await runCli(['outputs', 'demo'], server.env);
    expect(leaving.code).toBe(0);
    expect(leaving.stderr).toContain('Warning: demo is DESTROYING: it may not answer any more.');
  });

  it('names the directory that a kubeconfig cannot be written to', async () => {
    await using server = await startStubServer(routes);
    const run = await runCli(['outputs', 'demo', '--kubeconfig', '/nodir/kc'], server.env);
    expect(run.code).toBe(2);
    expect(run.stderr).toBe('Error: cannot write /nodir/kc: there is no directory /nodir\n');
  });

  it('G15: writes the kubeconfig 0600, replaces only its own, and never one with other clusters', async () => {
    await using server = await startStubServer(routes);
    const file = join(temporaryFolder(), 'kc');
    for (const _ of ['new', 'again']) {
      expect(await runCli(['outputs', 'demo', '--kubeconfig', file], server.env)).toMatchObject({ code: 0 });
      expect(statSync(file).mode & 0o777).toBe(0o600);
      expect(parse(readFileSync(file, 'utf8'))).toMatchObject(written);
    }
    writeFileSync(file, kubeconfig('https://api.precious'));
    const run = await runCli(['outputs', 'demo', '--kubeconfig', file], server.env);
    expect(run).toMatchObject({ code: 5, stdout: '' });
    expect(readFileSync(file, 'utf8')).toBe(kubeconfig('https://api.precious'));
  });

  it('prints a secret alone, with the reason sent; without one it is a usage error', async () => {
    await using server = await startStubServer(routes);
    const { stdout } = await runCli(['outputs', 'demo', '--kubeconfig', '-'], server.env);
    expect(parse(stdout)).toMatchObject(written);
    const argv = ['outputs', 'demo', '--kubeadmin-password'];
    expect(await runCli([...argv, '--reason', 'console login'], server.env)).toMatchObject({
      code: 0,
      stdout: 'hunter2\n',
    });
    expect(server.received.at(-1)?.body).toEqual({ kind: 'kubeadmin-password', reason: 'console login' });
    expect(await runCli(argv, server.env)).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('logs of a cluster whose creation failed', () => {
  const CLEAN_UP = 'job_01k4qqz3v7m2n5p8r1t4w6y9zz';
  const failed = jobOf({ status: 'FAILED', error: { code: 'NO_CAPACITY', message: 'no machines' } });
  const lastFailure = {
    jobId: JOB_ID,
    type: 'CREATE',
    code: 'NO_CAPACITY',
    message: 'no machines',
    at: '2026-01-01T00:40:01Z',
  };
  const { lastOperation } = clusterOf();
  const destroyed = clusterOf({
    status: 'DESTROYED',
    lastOperation: { ...lastOperation, jobId: CLEAN_UP, type: 'DESTROY' },
    lastFailure,
  });
  const routesOf = (cleanUpStatus: 'RUNNING' | 'SUCCEEDED'): Routes => ({
    'GET /v1/clusters': () => pageResponse([destroyed]),
    [`GET /v1/clusters/${CLUSTER_ID}`]: () => ({ body: destroyed }),
    [`GET /v1/jobs/${JOB_ID}`]: () => ({ body: failed }),
    [`GET /v1/jobs/${CLEAN_UP}`]: () => ({
      body: jobOf({ id: CLEAN_UP, type: 'DESTROY', status: cleanUpStatus }),
    }),
    [`GET /v1/jobs/${JOB_ID}/events`]: () => pageResponse([eventOf(1, { message: 'of the create' })]),
    [`GET /v1/jobs/${CLEAN_UP}/events`]: ({ headers }) =>
      headers.accept === 'text/event-stream'
        ? eventStream([], jobOf({ id: CLEAN_UP }))
        : pageResponse([eventOf(1, { message: 'of the clean-up' })]),
  });

  it('are those of the create, with the way to the others; -f follows what still runs', async () => {
    await using server = await startStubServer(routesOf('SUCCEEDED'));
    const run = await runCli(['logs', 'demo'], server.env);
    expect(run.stdout).toContain('of the create');
    expect(run.stderr).toBe(
      `Showing ${JOB_ID} (CREATE), which failed. After it: 'ocpctl logs ${CLEAN_UP}' (DESTROY, SUCCEEDED). 'ocpctl jobs list --cluster demo' lists all jobs.\n`,
    );
    await using busy = await startStubServer(routesOf('RUNNING'));
    expect((await runCli(['logs', 'demo'], busy.env)).stdout).toContain('of the create');
    const following = await runCli(['logs', 'demo', '-f'], busy.env);
    expect(following.stdout).toContain('of the clean-up');
    expect(following.stderr).toContain(`removes what a failed create left: 'ocpctl logs ${JOB_ID}'`);
  });

  it('get, list -o wide and wait say why it failed, also after the clean-up', async () => {
    await using server = await startStubServer(routesOf('SUCCEEDED'));
    const shown = (await runCli(['get', 'demo'], server.env)).stdout;
    expect(shown).toMatch(/Failed because +NO_CAPACITY: no machines\n/);
    expect(shown).toMatch(
      new RegExp(`Failed job +${JOB_ID} \\(CREATE, .* ago\\); its log: ocpctl logs ${JOB_ID} --level warn\n`),
    );
    expect((await runCli(['list', '-o', 'wide'], server.env)).stdout).toMatch(/REASON *\n.*NO_CAPACITY *\n/);
    const csv = await runCli(['list', '-o', 'csv'], server.env);
    expect(csv.stdout.trimEnd()).toMatch(/NO_CAPACITY: no machines"?$/);
    const waited = await runCli(['wait', 'demo', '--for', 'ready'], server.env);
    expect(waited.code).toBe(10);
    expect(waited.stderr).toContain('demo is DESTROYED, not READY: no machines');
    expect(waited.stderr).toContain(`'ocpctl logs ${JOB_ID} --level warn'`);
  });
});

describe('logs', () => {
  const events = [
    phaseEvent(1, 'prepare', 'started', { phase: 'prepare' }),
    eventOf(2, { level: 'debug', message: 'noise \u001b[2J\nnext' }),
    eventOf(3, { level: 'warn', message: 'slow' }),
  ];
  const routes = (ended: boolean): Routes => ({
    [`GET /v1/clusters/${CLUSTER_ID}`]: () => ({ body: clusterOf() }),
    [`GET /v1/jobs/${JOB_ID}`]: () => ({ body: jobOf(ended ? {} : { status: 'RUNNING', endedAt: null }) }),
    [`GET /v1/jobs/${JOB_ID}/events`]: ({ query, headers }) =>
      headers.accept === 'text/event-stream'
        ? eventStream([...events, eventOf(4)], jobOf())
        : pageResponse(events.filter(({ seq }) => seq > Number(query.get('after') ?? 0))),
  });

  it('prints a line per event, filtered, and control characters never reach the terminal', async () => {
    await using server = await startStubServer(routes(true));
    const all = await runCli(['logs', JOB_ID], server.env);
    expect(all.stdout).toBe(
      '00:00:01Z info  prepare    prepare started (started)\n' +
        '00:00:02Z debug provision  noise \\u001b[2J next\n' +
        '00:00:03Z warn  provision  slow\n',
    );
    expect((await runCli(['logs', JOB_ID, '--level', 'warn'], server.env)).stdout).toContain('slow');
    expect((await runCli(['logs', JOB_ID, '--tail', '1', '-o', 'value=seq'], server.env)).stdout).toBe('3\n');
    expect((await runCli(['logs', JOB_ID, '--phase', 'prepare', '-o', 'value=seq'], server.env)).stdout).toBe(
      '1\n',
    );
    expect((await runCli(['logs', JOB_ID, '--attempt', '2'], server.env)).stdout).toBe('');
    expect(
      (await runCli(['logs', JOB_ID, '--since', '2026-01-01T00:00:03Z', '-o', 'value=seq'], server.env))
        .stdout,
    ).toBe('3\n');
  });

  it('follows with -f to the end of the job; json is one object a line, each event once', async () => {
    await using server = await startStubServer(routes(false));
    const run = await runCli(['logs', JOB_ID, '-f', '--json'], server.env);
    expect(run.code).toBe(0);
    const lines = run.stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line).seq)).toEqual([1, 2, 3, 4]);
  });
});

describe('wait', () => {
  it('G3: gives up as soon as a cluster cannot become READY any more, exit code 10', async () => {
    const failed = clusterOf({
      status: 'FAILED',
      lastOperation: {
        jobId: JOB_ID,
        type: 'CREATE',
        status: 'FAILED',
        error: { code: 'DNS', message: 'no such zone' },
        waitingReason: null,
      },
    });
    await using server = await startStubServer({
      'GET /v1/clusters': () => pageResponse([failed]),
      [`GET /v1/clusters/${CLUSTER_ID}`]: () => ({ body: failed }),
    });
    const run = await runCli(['wait', 'demo', '--for', 'ready'], server.env);
    expect(run).toMatchObject({ code: 10, stdout: '' });
    expect(run.stderr).toContain('demo is FAILED, not READY: no such zone');
  });

  it('ends at once when it is so already, and follows a job by its id', async () => {
    await using server = await startStubServer({
      ...byName,
      [`GET /v1/clusters/${CLUSTER_ID}`]: () => ({ body: clusterOf() }),
      [`GET /v1/jobs/${JOB_ID}`]: () => ({ body: jobOf({ status: 'RUNNING', endedAt: null }) }),
      [`GET /v1/jobs/${JOB_ID}/events`]: () => eventStream([phaseEvent(1, 'verify', 'started')], jobOf()),
    });
    expect((await runCli(['wait', 'demo', '--for', 'ready'], server.env)).stdout).toMatch(
      /^NAME +STATUS\ndemo +READY\n$/,
    );
    const run = await runCli(['wait', JOB_ID, '-o', 'value=status'], server.env);
    expect(run).toMatchObject({ code: 0, stdout: 'SUCCEEDED\n' });
    expect(run.stderr).toContain('[6/7] verify');
  });

  it('ends with 8 while no one has ordered the destruction that is waited for', async () => {
    await using server = await startStubServer({
      ...byName,
      [`GET /v1/clusters/${CLUSTER_ID}`]: () => ({ body: clusterOf() }),
      [`GET /v1/jobs/${JOB_ID}`]: () => ({ body: jobOf() }),
    });
    const run = await runCli(
      ['wait', 'demo', '--for', 'destroyed', '--timeout', '100ms', '--json'],
      server.env,
    );
    expect(run).toMatchObject({ code: 8, stdout: '' });
    expect(JSON.parse(run.stderr.trimEnd().split('\n').at(-1) ?? '')).toMatchObject({
      error: { code: 'STILL_RUNNING', retryable: true },
    });
  });
});

describe('the other commands that read', () => {
  it('extend sends hours or a time and shows both deadlines', async () => {
    const answer = { cluster: clusterOf(), previousDestroyAt: '2099-01-01T00:00:00Z' };
    await using server = await startStubServer({
      ...byName,
      [`POST /v1/clusters/${CLUSTER_ID}/extend`]: () => ({ body: answer }),
    });
    const run = await runCli(['extend', 'demo', '--by', '4h'], server.env);
    expect(run.stdout).toMatch(/^NAME +WAS +EXPIRES\ndemo +2099-01-01 00:00:00Z .* 2099-01-02 00:00:00Z/);
    expect(server.received.at(-1)?.body).toEqual({ byHours: 4 });
    await runCli(['extend', 'demo', '--until', '2099-01-02T02:00:00+02:00'], server.env);
    expect(server.received.at(-1)?.body).toEqual({ until: '2099-01-02T00:00:00.000Z' });
    expect(await runCli(['extend', 'demo'], server.env)).toMatchObject({ code: 2 });
  });

  it('jobs, profiles, whoami and sandbox resources have their columns', async () => {
    const identity = {
      principal: 'local:admin',
      name: 'admin',
      authMode: 'local',
      grants: [{ role: 'platform_admin', team: '*' }],
      server: { version: '0.1.0', mode: 'sandbox' },
    };
    await using server = await startStubServer({
      'GET /v1/jobs': () => pageResponse([jobOf()]),
      [`GET /v1/jobs/${JOB_ID}`]: () => ({ body: jobOf() }),
      'GET /v1/profiles': () => pageResponse([profileOf()]),
      'GET /v1/profiles/aws-minimal-test': () => ({ body: profileOf() }),
      'GET /v1/whoami': () => ({ body: identity }),
      'GET /v1/sandbox/resources': () => pageResponse([]),
      'GET /v1/sandbox/faults': () => pageResponse([]),
      'GET /v1/sandbox/fault-presets': () => pageResponse([]),
    });
    const header = async (...argv: string[]) =>
      (await runCli(argv, server.env)).stdout.split('\n')[0]?.replace(/ +/g, ' ');
    expect(await header('jobs', 'list')).toBe('ID TYPE RESOURCE STATUS PHASE ATTEMPT AGE TOOK');
    expect(await header('jobs', 'list', '-o', 'wide')).toMatch(/TOOK WORKER ERROR$/);
    expect(await header('profiles', 'list')).toBe('NAME PLATFORM VERSIONS REGIONS TTL WORKERS $/H');
    expect(await header('sandbox', 'resources', '-o', 'csv')).toBe('type,id,infraid,cluster,created');
    expect(await header('sandbox', 'faults', 'list', '-o', 'csv')).toBe(
      'preset,stage,kind,cluster,occurred,id',
    );
    expect(await header('sandbox', 'faults', 'list', '--available', '-o', 'csv')).toBe('preset,description');
    expect((await runCli(['jobs', 'get', JOB_ID], server.env)).stdout).toContain('Took');
    expect((await runCli(['profiles', 'get', 'aws-minimal-test'], server.env)).stdout).toContain(
      '4.20.3*,4.20.4',
    );
    const who = await runCli(['whoami'], server.env);
    expect(who.stdout).toContain('platform_admin in all teams');
    expect(who.stdout).toContain('sandbox');
    expect((await runCli(['whoami', '-o', 'value=principal'], server.env)).stdout).toBe('local:admin\n');
  });
});

it('a table without rows is a sentence on stderr, and nothing on stdout; other formats have their form', async () => {
  await using server = await startStubServer({
    'GET /v1/clusters': () => pageResponse([]),
    'GET /v1/jobs': () => pageResponse([]),
  });
  const list = await runCli(['list', '--team', 'a'], server.env);
  expect(list).toMatchObject({ code: 0, stdout: '' });
  expect(list.stderr).toContain('No clusters match.\n');
  expect((await runCli(['jobs', 'list', '-o', 'wide'], server.env)).stderr).toContain('No jobs found.');
  expect(await runCli(['list', '-q'], server.env)).toMatchObject({ stdout: '', stderr: '' });
  const csv = await runCli(['list', '-o', 'csv'], server.env);
  expect(csv).toMatchObject({ stdout: expect.stringMatching(/^name,status,.*\n$/), stderr: '' });
  expect(JSON.parse((await runCli(['list', '--json'], server.env)).stdout)).toMatchObject({ items: [] });
});
