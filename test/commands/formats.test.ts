import { describe, expect, it } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { CLUSTER_ID, clusterOf, eventOf, JOB_ID, jobOf, profileOf } from './support/documents.ts';
import { runCli, temporaryFolder } from './support/run-cli.ts';
import { pageResponse, startStubServer } from './support/stub-server.ts';

const events = [eventOf(1), eventOf(2, { kind: 'phase', data: { state: 'done' }, message: 'a, "b"' })];
const outputs = { clusterId: CLUSTER_ID, apiUrl: 'https://api', consoleUrl: null };
const routes = {
  [`GET /v1/jobs/${JOB_ID}`]: () => ({ body: jobOf() }),
  [`GET /v1/jobs/${JOB_ID}/events`]: () => pageResponse(events),
  'GET /v1/jobs': () => pageResponse([jobOf()]),
  'GET /v1/clusters': () => pageResponse([clusterOf()]),
  [`GET /v1/clusters/${CLUSTER_ID}`]: () => ({ body: clusterOf() }),
  [`GET /v1/clusters/${CLUSTER_ID}/outputs`]: () => ({ body: outputs }),
  'GET /v1/profiles': () => pageResponse([profileOf()]),
};

describe('logs in every format', () => {
  const logs = async (...argv: string[]) => {
    await using server = await startStubServer(routes);
    return await runCli(['logs', JOB_ID, ...argv], server.env);
  };

  it('CSV has one header, also without lines, and chosen columns', async () => {
    const header = 'at,level,phase,attempt,kind,message,data\n';
    expect((await logs('-o', 'csv')).stdout).toBe(
      `${header}2026-01-01T00:00:01.000Z,info,provision,1,log,line 1,{}\n` +
        `2026-01-01T00:00:02.000Z,info,provision,1,phase,"a, ""b""","{""state"":""done""}"\n`,
    );
    expect((await logs('-o', 'csv', '--phase', 'none')).stdout).toBe(header);
    expect((await logs('-o', 'csv', '--columns', 'kind,at', '--tail', '1')).stdout).toBe(
      'kind,at\nphase,2026-01-01T00:00:02.000Z\n',
    );
  });

  it('YAML is a stream of documents, wide has the date, names are times', async () => {
    const { stdout } = await logs('-o', 'yaml');
    expect(parseAllDocuments(stdout).map((document) => document.toJS())).toEqual(events);
    expect((await logs('-o', 'wide', '--tail', '1')).stdout).toMatch(/^2026-01-01 00:00:02Z attempt 1 info /);
    expect((await logs('-o', 'name', '--tail', '1')).stdout).toBe('2026-01-01T00:00:02.000Z\n');
  });

  it('a value that only some lines have is empty in the others; one that none has is an error of usage', async () => {
    expect((await logs('-o', 'value=data.state')).stdout).toBe('\ndone\n');
    expect((await logs('--query', 'data.state', '--json')).stdout).toBe('null\n"done"\n');
    for (const argv of [
      ['-o', 'value=nope'],
      ['--sort', 'at'],
      ['--columns', 'at'],
      ['-o', 'csv', '--columns', 'x'],
    ])
      expect(await logs(...argv), argv.join(' ')).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('CSV has values', () => {
  const csv = async (...argv: string[]) => {
    await using server = await startStubServer(routes);
    const { stdout } = await runCli([...argv, '-o', 'csv'], server.env);
    return stdout;
  };

  it('of a record: all scalars of its document by their paths', async () => {
    const stdout = await csv('get', 'demo');
    expect(stdout).toMatch(/^key,value\nid,clu_/);
    expect(stdout).toContain('\ndestroyAt,2099-01-02T00:00:00Z\n');
    expect(stdout).toContain('\nlastOperation.status,SUCCEEDED\n');
    expect(stdout).toContain('\nhourlyCost,0.7\n');
    expect(stdout).not.toContain('ago');
  });

  it('of a list: times, plain numbers and ids instead of prose', async () => {
    expect(await csv('jobs', 'list', '--columns', 'attempt,age,took')).toBe(
      'attempt,age,took\n1,2026-01-01T00:00:00Z,2400.000\n',
    );
    expect(await csv('profiles', 'list', '--columns', 'versions,regions,ttl,workers,hourly_cost')).toBe(
      'versions,regions,ttl,workers,hourly_cost\n4.20.3 4.20.4,us-east-1 us-east-2,24,0,0.7\n',
    );
  });
});

it('a name is printed once for each thing', async () => {
  await using server = await startStubServer(routes);
  expect((await runCli(['outputs', 'demo', '-o', 'name'], server.env)).stdout).toBe('demo\n');
});

describe('flags that the result of a change does not fit', () => {
  const key = {
    id: 'OCPK1',
    principal: 'local:ann',
    secretAccessKey: 'the-only-copy',
    createdAt: '2026-01-01T00:00:00Z',
  };
  const create = ['admin', 'keys', 'create', 'ann'];

  it.each([
    [['--sort', 'name'], '--sort needs a list'],
    [['--columns', 'id'], '--columns needs a list'],
    [['-o', 'csv', '--columns', 'id'], '--columns needs a list'],
    [['-o', 'value=secret'], 'secret'],
    [['--query', 'nope(id)'], 'Unknown function'],
    [['-o', 'yaml', '--query', 'nope(id)', '-q'], 'Unknown function'],
  ])('%j is a warning once a key was created, and its secret is printed', async (argv, warning) => {
    await using server = await startStubServer({ 'POST /v1/admin/keys': () => ({ status: 201, body: key }) });
    const run = await runCli([...create, ...argv], server.env);
    expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining('the-only-copy') });
    expect(run.stderr).toMatch(/^Warning: .*the change was made/m);
    expect(run.stderr).toContain(warning);
    expect(run.stderr).not.toContain('the-only-copy');
  });

  it.each([
    [['-o', 'json', '--columns', 'id']],
    [['-o', 'name', '--columns', 'id']],
    [['-o', 'name', '--query', 'id']],
    [['-o', 'name']],
    [['-o', 'value']],
    [['--query', '[']],
    [['--query', 'principal == `local']],
    [['--query', "principal == 'local"]],
    [['--query', 'principal', '--columns', 'id']],
    [['--columns', '']],
    [['--sort', 'id,,name']],
  ])('%j fits no result: it is refused before the request', async (argv) => {
    await using server = await startStubServer({ 'POST /v1/admin/keys': () => ({ status: 201, body: key }) });
    expect(await runCli([...create, ...argv], server.env)).toMatchObject({ code: 2, stdout: '' });
    expect(server.received).toEqual([]);
  });

  it('a dry run and a read fail as before', async () => {
    const plan = { principal: 'local:ann', activeKeys: 1 };
    await using server = await startStubServer({ ...routes, 'POST /v1/admin/keys': () => ({ body: plan }) });
    for (const argv of [
      [...create, '--dry-run', '--sort', 'nope'],
      ['list', '--sort', 'nope'],
    ])
      expect(await runCli(argv, server.env), argv.join(' ')).toMatchObject({ code: 2, stdout: '' });
  });

  it('a change of a file is a change too', async () => {
    const env = { OCPCTL_CONFIG_DIR: temporaryFolder() };
    const run = await runCli(['config', 'set', 'timeout', '1m', '--sort', 'nope'], env);
    expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining('1m') });
    expect(run.stderr).toContain('the change was made');
    expect(await runCli(['config', 'list', '--sort', 'nope'], env)).toMatchObject({ code: 2, stdout: '' });
  });
});

describe('a command with a text of its own', () => {
  it('prints what --query selects instead', async () => {
    const env = { OCPCTL_CONFIG_DIR: temporaryFolder() };
    await runCli(['context', 'add', 'work', '--server', 'http://w:1'], env);
    for (const format of ['table', 'wide', 'json']) {
      const setting = await runCli(
        ['config', 'get', 'timeout', '-o', format, '--query', 'items[0].source'],
        env,
      );
      expect(setting.stdout).toBe('"default"\n');
      const context = await runCli(['context', 'current', '-o', format, '--query', 'items[0].server'], env);
      expect(context.stdout).toBe('"http://w:1"\n');
    }
    expect((await runCli(['context', 'current', '--columns', 'auth'], env)).stdout).toBe('AUTH\nkeys\n');
    expect((await runCli(['config', 'get', 'timeout', '--columns', 'source'], env)).stdout).toBe(
      'SOURCE\ndefault\n',
    );
  });

  it('refuses what it cannot choose from', async () => {
    await using server = await startStubServer(routes);
    for (const argv of [
      ['report', 'usage', '-o', 'focus', '--query', 'items'],
      ['report', 'usage', '-o', 'focus', '--columns', 'x'],
      ['admin', 'audit', 'export', '--query', 'items'],
      ['admin', 'audit', 'export', '--sort', 'seq'],
    ])
      expect(await runCli(argv, server.env), argv.join(' ')).toMatchObject({ code: 2, stdout: '' });
    expect(server.received).toEqual([]);
  });
});
