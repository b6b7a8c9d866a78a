import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clusterOf, JOB_ID, jobOf, phaseEvent } from './support/documents.ts';
import { runCli, startCli, temporaryFolder } from './support/run-cli.ts';
import { eventStream, pageResponse, problemResponse, startStubServer } from './support/stub-server.ts';

const pending = clusterOf({ status: 'PENDING', readyAt: null });
const accepted = {
  status: 202,
  body: { cluster: pending, job: jobOf({ status: 'PENDING', endedAt: null }) },
};
const EVENTS = `GET /v1/jobs/${JOB_ID}/events`;
const GET = `GET /v1/clusters/${pending.id}`;

describe('create', () => {
  it('sends what the flags say, with an idempotency key, and prints what was accepted', async () => {
    await using server = await startStubServer({ 'POST /v1/clusters': () => accepted });
    const argv = [
      'create',
      'demo',
      '--profile',
      'aws-minimal-test',
      '--ttl',
      '90m',
      '--tag',
      'a=b',
      '--tag',
      'c=d=e',
      '--set',
      'networking.clusterNetworkMTU=8901',
      '--set',
      'a.isOn=true',
      '--set',
      'a.text="4.20"',
      '--set',
      'a.word=NLB',
    ];
    const run = await runCli(argv, server.env);
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(/^NAME +ID +STATUS +JOB +EXPIRES\ndemo +clu_\w+ +PENDING +job_\w+ +in \w+\n$/);
    expect(run.stderr).toContain('sandbox');
    expect(run.stderr).toContain("'ocpctl wait demo --for ready'");
    const [request] = server.received;
    expect(request?.body).toEqual({
      name: 'demo',
      profile: 'aws-minimal-test',
      ttlHours: 1.5,
      tags: { a: 'b', c: 'd=e' },
      set: { 'networking.clusterNetworkMTU': 8901, 'a.isOn': true, 'a.text': '4.20', 'a.word': 'NLB' },
    });
    expect(String(request?.headers['idempotency-key']).length).toBeGreaterThanOrEqual(16);
    expect(request?.headers.authorization).toContain('AWS4-HMAC-SHA256');
  });

  it.each([
    [
      'comments, blank lines and options',
      '# laptop\n\nfrom="10.0.0.0/8" ssh-ed25519 AAAA a\n  \n# ci\r\nssh-rsa AAAA b\n',
    ],
    ['keys only', 'from="10.0.0.0/8" ssh-ed25519 AAAA a\nssh-rsa AAAA b'],
  ])('R14: of an SSH key file with %s only the keys are sent', async (_, text) => {
    await using server = await startStubServer({ 'POST /v1/clusters': () => accepted });
    const file = join(temporaryFolder(), 'keys.pub');
    writeFileSync(file, text);
    const run = await runCli(['create', 'demo', '--profile', 'p', '--ssh-public-key', file], server.env);
    expect(run.code, run.stderr).toBe(0);
    expect(server.received[0]?.body).toMatchObject({
      sshPublicKey: 'from="10.0.0.0/8" ssh-ed25519 AAAA a\nssh-rsa AAAA b',
    });
  });

  it.each(['# a comment only\n', 'nope'])('R14: a file without any key is not sent: %j', async (text) => {
    await using server = await startStubServer({ 'POST /v1/clusters': () => accepted });
    const file = join(temporaryFolder(), 'keys.pub');
    writeFileSync(file, text);
    const run = await runCli(['create', 'demo', '--profile', 'p', '--ssh-public-key', file], server.env);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain('is not a valid SSH public key');
    expect(server.received).toEqual([]);
  });

  it('sends the fields of a file, which flags and the argument override', async () => {
    await using server = await startStubServer({ 'POST /v1/clusters': () => accepted });
    const file = join(temporaryFolder(), 'cluster.yaml');
    writeFileSync(
      file,
      'name: one\nprofile: p\nversion: 4.20\nttlHours: 4\ntags: {a: yes, b: no}\nset: {x: 1}\n',
    );
    const argv = ['--ttl', '8h', '--tag', 'b=on', '--tag', 'c=d', '--set', 'y=true'];
    const run = await runCli(['create', 'two', '-f', file, ...argv], server.env);
    expect(run.code, run.stderr).toBe(0);
    expect(server.received[0]?.body).toEqual({
      name: 'two',
      profile: 'p',
      version: '4.20',
      ttlHours: 8,
      tags: { a: 'yes', b: 'on', c: 'd' },
      set: { x: 1, y: true },
    });
  });

  it('reads the file from stdin with -f -, and its name is enough for --if-not-exists', async () => {
    await using server = await startStubServer({
      'GET /v1/clusters': () => pageResponse([clusterOf()]),
      [`GET /v1/jobs/${JOB_ID}`]: () => ({ body: jobOf() }),
    });
    const stdin = '{"name": "demo", "profile": "aws-minimal-test"}';
    const run = await runCli(['create', '-f', '-', '--if-not-exists'], server.env, stdin);
    expect(run.code, run.stderr).toBe(0);
    expect(run.stdout).toContain('demo');
  });

  it('refuses a file with line, column and the field that was meant, and sends nothing', async () => {
    await using server = await startStubServer({ 'POST /v1/clusters': () => accepted });
    const run = await runCli(['create', '-f', '-'], server.env, 'name: demo\nporfile: p\n');
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain('stdin:2:1: unknown field "porfile"; did you mean "profile"?');
    expect(server.received).toEqual([]);
  });

  it('makes up a name when none is given', async () => {
    await using server = await startStubServer({ 'POST /v1/clusters': () => accepted });
    await runCli(['create', '--profile', 'p'], server.env);
    expect(server.received[0]?.body).toMatchObject({
      name: expect.stringMatching(/^[a-z]+-[a-z]+-[0-9a-f]{4}$/),
    });
  });

  it('prints the document of the API with --json, and nothing else on stdout', async () => {
    await using server = await startStubServer({ 'POST /v1/clusters': () => accepted });
    const run = await runCli(['create', 'demo', '--profile', 'p', '--json'], server.env);
    expect(JSON.parse(run.stdout)).toEqual(accepted.body);
  });

  it('follows the job with --wait and prints the cluster as it ended', async () => {
    await using server = await startStubServer({
      'POST /v1/clusters': () => accepted,
      [EVENTS]: () =>
        eventStream([phaseEvent(1, 'prepare', 'started'), phaseEvent(2, 'prepare', 'done')], jobOf()),
      [GET]: () => ({ body: clusterOf() }),
    });
    const run = await runCli(
      ['create', 'demo', '--profile', 'p', '--wait', '-o', 'value=cluster.status'],
      server.env,
    );
    expect(run).toMatchObject({ code: 0, stdout: 'READY\n' });
    expect(run.stderr).toContain('Creating demo in the sandbox');
    expect(run.stderr).toContain('[1/7] prepare done in 1s');
  });

  it('ends with 10 and the cause when the create fails', async () => {
    const error = { code: 'QUOTA', message: 'the account has no more Elastic IPs' };
    await using server = await startStubServer({
      'POST /v1/clusters': () => accepted,
      [EVENTS]: () => eventStream([phaseEvent(1, 'provision', 'failed')], jobOf({ status: 'FAILED', error })),
    });
    const run = await runCli(['create', 'demo', '--profile', 'p', '--wait'], server.env);
    expect(run).toMatchObject({ code: 10, stdout: '' });
    expect(run.stderr).toContain('Error: creating demo failed: the account has no more Elastic IPs\nHint: ');
    const json = await runCli(['create', 'demo', '--profile', 'p', '--wait', '--json', '-q'], server.env);
    expect(json).toMatchObject({ code: 10, stdout: '' });
    expect(JSON.parse(json.stderr)).toMatchObject({ error: { code: 'QUOTA', exitCode: 10 } });
  });

  it('ends with 8 when --timeout passes, and says how to return', async () => {
    await using server = await startStubServer({
      'POST /v1/clusters': () => accepted,
      [EVENTS]: () => eventStream([]),
    });
    const run = await runCli(['create', 'demo', '--profile', 'p', '--wait', '--timeout', '50ms'], server.env);
    expect(run).toMatchObject({ code: 8, stdout: '' });
    expect(run.stderr).toContain('timed out after 50ms');
    expect(run.stderr).toContain("return with 'ocpctl wait demo --for ready'");
  });

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('detaches on %s with exit code %i, and cancels nothing', async (signal, code) => {
    await using server = await startStubServer({
      'POST /v1/clusters': () => accepted,
      [EVENTS]: () => eventStream([phaseEvent(1, 'prepare', 'started')]),
    });
    const run = startCli(['create', 'demo', '--profile', 'p', '--wait'], server.env);
    await run.stderrHas('[1/7] prepare');
    run.child.kill(signal);
    const end = await run.finished;
    expect(end).toMatchObject({ code, stdout: '' });
    expect(end.stderr).toContain("return with 'ocpctl wait demo --for ready'");
    expect(server.received.filter(({ path }) => /destroy|cancel/.test(path))).toEqual([]);
  });

  it('shows every violation with its field and what is allowed, exit code 2', async () => {
    const errors = [
      {
        field: 'region',
        code: 'NOT_ALLOWED',
        message: 'mars-1 is not offered',
        allowed: ['us-east-1', 'us-east-2'],
      },
      { field: 'ttlHours', code: 'TOO_LONG', message: 'at most 72' },
    ];
    await using server = await startStubServer({
      'POST /v1/clusters': () =>
        problemResponse(422, 'POLICY_VIOLATION', 'the request breaks the policy', errors),
    });
    const run = await runCli(['create', 'demo', '--profile', 'p'], server.env);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toBe(
      'Error: the request breaks the policy\n' +
        '  --region: mars-1 is not offered (allowed: us-east-1, us-east-2)\n' +
        '  --ttl: at most 72\n' +
        'Request: req_1\n',
    );
    const json = await runCli(['create', 'demo', '--profile', 'p', '-o', 'yaml'], server.env);
    expect(JSON.parse(json.stderr)).toMatchObject({
      error: { status: 422, details: errors, requestId: 'req_1' },
    });
  });

  it('succeeds with --if-not-exists if the cluster already exists, also when it loses a race', async () => {
    await using there = await startStubServer({
      'GET /v1/clusters': () => pageResponse([clusterOf()]),
      [`GET /v1/jobs/${JOB_ID}`]: () => ({ body: jobOf() }),
    });
    const argv = [
      'create',
      'demo',
      '--profile',
      'aws-minimal-test',
      '--if-not-exists',
      '-o',
      'value=cluster.id',
    ];
    expect(await runCli(argv, there.env)).toMatchObject({ code: 0, stdout: `${pending.id}\n` });

    let looks = 0;
    await using raced = await startStubServer({
      'GET /v1/clusters': () => pageResponse(looks++ === 0 ? [] : [clusterOf()]),
      'POST /v1/clusters': () => problemResponse(409, 'NAME_TAKEN', 'the name is taken'),
      [`GET /v1/jobs/${JOB_ID}`]: () => ({ body: jobOf() }),
    });
    expect(await runCli(argv, raced.env)).toMatchObject({ code: 0, stdout: `${pending.id}\n` });
  });

  it.each([
    [true, 'opted in'],
    [false, 'no'],
  ])('a dry run has a row for off-hours: %s', async (offhours, text) => {
    const { name, profile, platform, version, region, baseDomain, ttlHours, team, owner, costCenter } =
      pending;
    const request = {
      ...{ name, profile, platform, version, region, baseDomain, ttlHours, team, owner, costCenter },
      ...{ offhours, onFailure: 'destroy', workerReplicas: 0, set: {} },
    };
    const plan = { request, warnings: ['off-hours have nothing to scale'], tags: {}, costParts: [] };
    await using server = await startStubServer({
      'POST /v1/clusters': () => ({ body: { ...plan, hourlyCost: 1, costForTTL: 24, installConfig: {} } }),
    });
    const run = await runCli(['create', 'demo', '--profile', 'p', '--offhours', '--dry-run'], server.env);
    expect(run.stdout).toMatch(new RegExp(`\\n +Off-hours +${text}\\n`));
    expect(run.stdout).toContain('off-hours have nothing to scale');
    const query = ['-o', 'yaml', '--query', 'request.offhours'];
    const queried = await runCli(['create', 'demo', '--profile', 'p', '--dry-run', ...query], server.env);
    expect(queried.stdout).toBe(`${offhours}\n`);
  });

  describe('--if-not-exists with a cluster that exists', () => {
    const existing = clusterOf({ requestedWorkers: 3, set: { 'a.b': 1 } });
    const routes = {
      'GET /v1/clusters': () => pageResponse([existing]),
      [`GET /v1/jobs/${JOB_ID}`]: () => ({ body: jobOf() }),
    };
    const argv = ['create', 'demo', '--profile', 'aws-minimal-test', '--if-not-exists'];
    const same = ['--workers', '3', '--ttl', '24h', '--region', 'us-east-1', '--set', 'a.b=1'];

    it('says so, and nothing else when it has what is asked for', async () => {
      await using server = await startStubServer(routes);
      const run = await runCli([...argv, ...same], server.env);
      expect(run).toMatchObject({ code: 0 });
      expect(run.stderr).toBe(
        'Cluster demo already exists and is READY; nothing was created.\nsandbox: simulated cloud, nothing is billed\n',
      );
      const json = await runCli([...argv, ...same, '--json'], server.env);
      expect(JSON.parse(json.stdout)).toMatchObject({
        cluster: { name: 'demo' },
        alreadyExists: true,
        differences: [],
      });
      expect(server.received.filter(({ method }) => method === 'POST')).toEqual([]);
    });

    it('warns of each difference that can be changed, with the command for it, also with --json', async () => {
      await using server = await startStubServer(routes);
      const other = ['--workers', '5', '--ttl', '30h', '--offhours', '--keepalive', '90m'];
      const run = await runCli([...argv, ...other], server.env);
      expect(run).toMatchObject({ code: 0 });
      expect(run.stderr.match(/^Warning: .*$/gm)).toEqual([
        "Warning: --workers: 5 requested, the cluster has 3; to change it: 'ocpctl scale demo --workers 5'.",
        "Warning: --ttl: 1d6h requested, the cluster has 1d; to change it: 'ocpctl extend demo --until 2026-01-02T06:00:00.000Z'.",
        "Warning: --offhours: true requested, the cluster has false; to change it: 'ocpctl offhours opt-in demo'.",
        "Warning: --keepalive: 1h30m requested, the cluster has none; to change it: 'ocpctl keepalive demo --set 90m'.",
      ]);
      const json = await runCli([...argv, '--workers', '5', '--json'], server.env);
      expect(JSON.parse(json.stdout).differences).toEqual([
        { field: 'workers', requested: 5, actual: 3, change: 'ocpctl scale demo --workers 5' },
      ]);
      const dry = await runCli([...argv, '--workers', '5', '--dry-run'], server.env);
      expect(dry.stderr).toContain('Warning: --workers: 5 requested');
      expect(server.received.filter(({ method }) => method === 'POST')).toEqual([]);
    });

    it('compares the workers of the working hours', async () => {
      const none = { schedule: null, blocked: null, hold: null, next: null, last: null };
      const offhours = { ...none, optedIn: true, workersInHours: 3 };
      const down = clusterOf({ requestedWorkers: 0, offhours });
      await using server = await startStubServer({
        ...routes,
        'GET /v1/clusters': () => pageResponse([down]),
      });
      const run = await runCli([...argv, '--workers', '3', '--offhours'], server.env);
      expect(run.stderr).not.toContain('Warning');
    });

    it('refuses what cannot be changed any more, each with its field, exit code 5', async () => {
      await using server = await startStubServer(routes);
      const file = join(temporaryFolder(), 'key.pub');
      writeFileSync(file, 'ssh-ed25519 AAAA a');
      const fixed = ['--version', '4.19.1', '--region', 'us-east-2', '--tag', 'a=b', '--set', 'a.b=2'];
      const run = await runCli(
        [...argv.with(3, 'aws-standard'), ...fixed, '--ssh-public-key', file, '--workers', '5'],
        server.env,
      );
      expect(run).toMatchObject({ code: 5, stdout: '' });
      expect(run.stderr).toBe(
        [
          'Error: cluster "demo" already exists with other settings',
          '  profile: aws-standard requested, the cluster has aws-minimal-test',
          '  version: 4.19.1 requested, the cluster has 4.20.3',
          '  region: us-east-2 requested, the cluster has us-east-1',
          '  tags.a: b requested, the cluster has none',
          '  set.a.b: 2 requested, the cluster has 1',
          '  sshPublicKey: the cluster has another key, or none',
          "Hint: choose another name, or omit these flags; 'ocpctl get demo' shows the existing cluster",
          '',
        ].join('\n'),
      );
      const json = await runCli([...argv, '--version', '4.19.1', '--json'], server.env);
      expect(JSON.parse(json.stderr).error).toMatchObject({
        code: 'STATE_CONFLICT',
        details: [{ field: 'version', code: 'DIFFERENT' }],
      });
    });

    it('waits for nothing when it is READY, whatever its last job was', async () => {
      await using server = await startStubServer({
        ...routes,
        [`GET /v1/jobs/${JOB_ID}`]: () => ({ body: jobOf({ type: 'SCALE_WORKERS', status: 'FAILED' }) }),
      });
      expect(await runCli([...argv, '--wait'], server.env)).toMatchObject({ code: 0 });
    });

    it('requires a name; a cluster that is created is marked so', async () => {
      await using server = await startStubServer({
        'GET /v1/clusters': () => pageResponse([]),
        'POST /v1/clusters': () => accepted,
      });
      const run = await runCli(['create', '--profile', 'p', '--if-not-exists'], server.env);
      expect(run).toMatchObject({ code: 2, stdout: '' });
      expect(run.stderr).toContain('Error: --if-not-exists requires the name of the cluster');
      const created = await runCli([...argv, '--json'], server.env);
      expect(JSON.parse(created.stdout)).toMatchObject({ alreadyExists: false });
    });
  });

  it.each([
    [['create', 'demo'], 'missing flag --profile'],
    [['create', 'demo', '--profile', 'p', '--ttl', 'soon'], 'invalid duration "soon" for --ttl'],
    [
      ['create', 'demo', '--profile', 'p', '--tag', 'loose'],
      'invalid value "loose" for --tag: use KEY=VALUE',
    ],
    ...['[a]', 'null', '', '{a: b}', '.inf', '"'].map((text): [string[], string] => [
      ['create', 'demo', '--profile', 'p', '--set', `a=${text}`],
      `invalid value "${text}" for --set a: use text, a whole number, true or false`,
    ]),
    [
      ['create', 'demo', '--profile', 'p', '--name', 'other'],
      'the cluster is named twice: "demo" and --name "other"',
    ],
    [['create', 'demo', '--profile', 'p', '--timeout', '5m'], '--timeout requires --wait'],
    [['create', 'demo', '--profile', 'p', '--timeout', 'x'], 'invalid duration "x" for --timeout'],
    [
      ['create', 'demo', '--profile', 'p', '--idempotency-key', 'short'],
      'invalid --idempotency-key: use 16 to 128 letters, digits, - and _',
    ],
  ])('%j is a usage error', async (argv, words) => {
    const run = await runCli(argv, {
      OCPCTL_SERVER: 'http://127.0.0.1:9',
      OCPCTL_ACCESS_KEY_ID: 'a',
      OCPCTL_SECRET_ACCESS_KEY: 'b',
    });
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain(`Error: ${words}`);
  });
});
