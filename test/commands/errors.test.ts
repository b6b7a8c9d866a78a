import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clusterOf } from './support/documents.ts';
import { ENTRY, runCli, startCli, temporaryFolder } from './support/run-cli.ts';
import { pageResponse, problemResponse, startStubServer } from './support/stub-server.ts';

const STATUSES = [
  [400, 'BAD_REQUEST', 2],
  [401, 'UNAUTHENTICATED', 4],
  [403, 'FORBIDDEN', 6],
  [404, 'NOT_FOUND', 3],
  [409, 'QUOTA_EXCEEDED', 5],
  [422, 'POLICY_VIOLATION', 2],
  [429, 'RATE_LIMITED', 7],
  [500, 'INTERNAL', 1],
  [503, 'UNAVAILABLE', 7],
] as const;

describe('errors', () => {
  it.each(STATUSES)(
    'an answer of %i %s ends with exit code %i, also with --json',
    async (status, code, exitCode) => {
      await using server = await startStubServer({
        // With Retry-After beyond the timeout the first answer is final, however slow this machine is.
        'GET /v1/whoami': () => ({
          ...problemResponse(status, code, 'no, because'),
          headers: { 'retry-after': '60' },
        }),
      });
      const text = await runCli(['whoami', '--timeout', '30s'], server.env);
      expect(text).toMatchObject({ code: exitCode, stdout: '' });
      expect(text.stderr).toMatch(/^Error: no, because\n(Hint: .+\n)?Request: req_1\n$/);
      const json = await runCli(['whoami', '--timeout', '30s', '--json'], server.env);
      expect(json).toMatchObject({ code: exitCode, stdout: '' });
      expect(JSON.parse(json.stderr)).toMatchObject({
        error: { code, status, exitCode, requestId: 'req_1' },
      });
    },
  );

  it('an unreachable server ends with 7 and says how to start one', async () => {
    const env = {
      OCPCTL_SERVER: 'http://127.0.0.1:9',
      OCPCTL_ACCESS_KEY_ID: 'a',
      OCPCTL_SECRET_ACCESS_KEY: 'b',
    };
    const run = await runCli(['list', '--timeout', '1s'], env);
    expect(run).toMatchObject({ code: 7, stdout: '' });
    expect(run.stderr).toMatch(/^Error: cannot reach http:\/\/127\.0\.0\.1:9: .*\nHint: .*ocpctl server/);
  });

  it('a limit of secret reads ends with 7, and with the time at which it is free again', async () => {
    const cluster = clusterOf();
    await using server = await startStubServer({
      'GET /v1/clusters': () => pageResponse([cluster]),
      [`GET /v1/clusters/${cluster.id}/outputs`]: () => ({ body: {} }),
      [`POST /v1/clusters/${cluster.id}/credentials`]: () => ({
        ...problemResponse(429, 'RATE_LIMITED', 'local:ann has read 20 secrets within an hour'),
        headers: { 'retry-after': '1500' },
      }),
    });
    for (const argv of [
      ['outputs', 'demo', '--kubeconfig', '-'],
      ['kubeconfig', 'merge', 'demo', '--file', join(temporaryFolder(), 'kc')],
      ['shell', 'demo'],
    ]) {
      const run = await runCli(argv, server.env);
      expect(run, argv.join(' ')).toMatchObject({ code: 7, stdout: '' });
      expect(run.stderr).toContain(
        "\nHint: try again in 25m; 'ocpctl quota' shows the limits and current use\n",
      );
    }
  });

  it.each([
    [{ OCPCTL_SERVER: '' }, 'OCPCTL_ACCESS_KEY_ID is set and overrides the context: check or unset it'],
    [{ OCPCTL_ACCESS_KEY_ID: '' }, 'OCPCTL_SERVER is set and overrides the context: check or unset it'],
    [{}, 'OCPCTL_ACCESS_KEY_ID and OCPCTL_SERVER are set and override the context: check or unset them'],
    [
      { OCPCTL_SERVER: '', OCPCTL_ACCESS_KEY_ID: '' },
      "check the credentials in use with 'ocpctl context list'",
    ],
  ])('a wrong key names the variables that chose it: %j', async (changes, hint) => {
    await using server = await startStubServer({
      'GET /v1/whoami': () => problemResponse(401, 'UNAUTHENTICATED', 'no'),
    });
    const folder = temporaryFolder();
    const key = ['--access-key-id', 'K', '--secret-access-key-file', '-'];
    const env = { OCPCTL_CONFIG_DIR: folder };
    await runCli(['context', 'add', 'work', '--server', server.url, ...key], env, 's');
    const run = await runCli(['whoami'], { ...server.env, ...env, ...changes });
    expect(run).toMatchObject({ code: 4, stdout: '' });
    expect(run.stderr).toContain(`\nHint: ${hint}\n`);
  });

  it('no server at all ends with 7, a server without keys with 4', async () => {
    expect(await runCli(['list'])).toMatchObject({ code: 7, stdout: '' });
    expect(await runCli(['list', '--server', 'http://127.0.0.1:9'])).toMatchObject({ code: 4, stdout: '' });
    expect(await runCli(['list', '--server', 'ftp://x'])).toMatchObject({ code: 2, stdout: '' });
  });

  it('with --debug everything extra goes to stderr', async () => {
    await using server = await startStubServer({ 'GET /v1/clusters': () => pageResponse([clusterOf()]) });
    const run = await runCli(['list', '-o', 'json', '--debug'], server.env);
    expect(JSON.parse(run.stdout)).toMatchObject({ items: [{ name: 'demo' }] });
    expect(run.stderr).toMatch(/^debug: GET \/v1\/clusters\?status=ACTIVE&limit=200 200 \d+ ms\n$/);
    expect(run.stderr).not.toContain('secret');
  });

  it('8 MB on stdout arrive whole in a pipe, also when an error follows', async () => {
    const big = 'x'.repeat(8_000_000);
    await using server = await startStubServer({
      'GET /v1/clusters': ({ query }) =>
        pageResponse([clusterOf({ name: query.get('name') ?? '', id: `clu_${'0'.repeat(26)}` })]),
      [`POST /v1/clusters/clu_${'0'.repeat(26)}/destroy`]: () => ({
        status: 202,
        body: { cluster: clusterOf({ owner: big }), job: null },
      }),
      [`GET /v1/clusters/clu_${'1'.repeat(26)}`]: () => ({
        body: clusterOf({ id: `clu_${'1'.repeat(26)}` }),
      }),
      [`POST /v1/clusters/clu_${'1'.repeat(26)}/destroy`]: () =>
        problemResponse(403, 'FORBIDDEN', 'not yours'),
    });
    const run = await runCli(
      ['destroy', 'demo', `clu_${'1'.repeat(26)}`, '--yes', '-o', 'value=cluster.owner'],
      server.env,
    );
    expect(run.code).toBe(6);
    expect(run.stdout.length).toBe(8_000_001);
    expect(JSON.parse(run.stderr)).toMatchObject({ error: { code: 'FORBIDDEN' } });
  });

  it('is quiet when the reader of its output has closed it', async () => {
    const many = Array.from({ length: 200 }, (_, index) =>
      clusterOf({ name: `c${index}`, owner: 'o'.repeat(2000) }),
    );
    await using server = await startStubServer({ 'GET /v1/clusters': () => pageResponse(many) });
    const shell = spawn('sh', ['-c', `"${process.execPath}" "${ENTRY}" list -q | head -1`], {
      env: { PATH: process.env['PATH'], OCPCTL_CONFIG_DIR: '/nonexistent', ...server.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [stdout, stderr] = ['', ''];
    shell.stdout.on('data', (chunk) => {
      stdout += chunk;
    });
    shell.stderr.on('data', (chunk) => {
      stderr += chunk;
    });
    await new Promise((resolve) => shell.on('close', resolve));
    expect(stdout).toMatch(/^NAME .*\n$/);
    expect(stderr).toBe('');
  });

  it('dies of Ctrl-C as any program does while it only waits for an answer', async () => {
    await using server = await startStubServer({ 'GET /v1/whoami': () => ({ stream: () => {} }) });
    const run = startCli(['whoami'], server.env);
    while (server.received.length === 0) await new Promise((resolve) => setTimeout(resolve, 10));
    run.child.kill('SIGINT');
    expect(await run.finished).toMatchObject({ signal: 'SIGINT', stdout: '' });
  });
});
