import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { databaseOf, environmentOf, serviceOf } from './support/app-documents.ts';
import { runCli, temporaryFolder } from './support/run-cli.ts';
import { pageResponse, problemResponse, startStubServer } from './support/stub-server.ts';

const NOWHERE = {
  OCPCTL_SERVER: 'http://127.0.0.1:9',
  OCPCTL_ACCESS_KEY_ID: 'a',
  OCPCTL_SECRET_ACCESS_KEY: 'b',
};
const SECRET = 'hunter2';

describe('values of variables', () => {
  it.each([
    [['app', 'var', 'set', 'api', 'K=hunter2', 'K=hunter2!'], 'K is given twice'],
    [['app', 'var', 'set', 'api', 'PASSWORD', SECRET], 'missing value of PASSWORD\nHint: use PASSWORD=VALUE'],
    [['app', 'var', 'set', 'api', 'A=1', SECRET], 'argument 2 is not NAME=VALUE'],
    [['app', 'var', 'set', 'api', SECRET], 'argument 1 is not NAME=VALUE'],
    [['app', 'var', 'set', 'api', `log-level=${SECRET}`], 'invalid name "log-level" of a variable'],
    [['app', 'var', 'import', 'api', '--file', '.env', `K=${SECRET}`], 'unexpected argument: K=…'],
    [['api', 'POST', '/v1/x', '-f', 'set.K=hunter2', '-f', 'set.K=hunter2'], '--raw-field set.K: K is given'],
  ])('are in no error: %j', async (argv, message) => {
    const run = await runCli(argv, NOWHERE);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain(`Error: ${message}`);
    expect(run.stderr).not.toContain(SECRET);
  });

  it.each([
    ['A=1\nbroken line\nB=2\n', ':2: not NAME=VALUE'],
    [`A="one\ntwo"\n# x\n\nlog-level=${SECRET}\n`, 'invalid name "log-level" of a variable'],
    [`A='${SECRET}\nB=2\n  ${SECRET}\n`, ':3: not NAME=VALUE'],
    ['# nothing\n', ' has no NAME=VALUE lines'],
  ])('of a file are set all or not at all: %j', async (text, message) => {
    const file = join(temporaryFolder(), 'x.env');
    writeFileSync(file, text);
    const run = await runCli(['app', 'var', 'import', 'api', '--file', file], NOWHERE);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain(message);
    expect(run.stderr).not.toContain(SECRET);
  });

  it('of several lines arrive', async () => {
    const service = serviceOf();
    await using server = await startStubServer({
      'GET /v1/app/services': () => pageResponse([service]),
      [`GET /v1/app/services/${service.id}/variables`]: () => ({ body: { items: [] } }),
      [`POST /v1/app/services/${service.id}/variables`]: () => ({
        body: { changed: ['A'], deployment: null },
      }),
    });
    const text = 'A="one\ntwo" # both\r\nexport B=`3`\n';
    const run = await runCli(['app', 'var', 'import', 'api', '--file', '-'], server.env, text);
    expect(run).toMatchObject({ code: 0 });
    expect(server.received.find(({ method }) => method === 'POST')?.body).toEqual({
      set: { A: 'one\ntwo', B: '3' },
    });
  });
});

describe('what destroys applications', () => {
  const [service, database, environment] = [serviceOf(), databaseOf(), environmentOf()];
  const job = { id: `job_${'0'.repeat(26)}` };
  const routes = {
    'GET /v1/app/services': () => pageResponse([service]),
    [`GET /v1/app/services/${service.id}`]: () => ({ body: service }),
    'GET /v1/app/databases': () => pageResponse([database]),
    'GET /v1/app/backups': () => pageResponse([]),
    'GET /v1/app/environments': () => pageResponse([environment]),
    [`POST /v1/app/services/${service.id}/destroy`]: () => ({ status: 202, body: { service, job } }),
    [`POST /v1/app/databases/${database.id}/destroy`]: () => ({ status: 202, body: { database, job } }),
    [`POST /v1/app/environments/${environment.id}/destroy`]: () => ({
      status: 202,
      body: { environment, job },
    }),
  };

  it.each([
    ['app destroy api', 'pass --yes, or --confirm api, in non-interactive mode'],
    ['app env destroy review-42', 'pass --yes, or --confirm review-42, in non-interactive mode'],
    ['app db destroy main', 'pass --confirm main in non-interactive mode'],
  ])('names flags that the command has: %s', async (line, hint) => {
    await using server = await startStubServer(routes);
    const run = await runCli(line.split(' '), server.env);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain(`Hint: ${hint}\n`);
    const [, name = ''] = /--confirm ([\w-]+)/.exec(hint) ?? [];
    const wrong = await runCli([...line.split(' '), '--confirm', 'other'], server.env);
    expect(wrong.stderr).toContain(`--confirm other does not match "${name}"`);
    const confirmed = await runCli([...line.split(' '), '--confirm', name, '--no-wait'], server.env);
    expect(confirmed).toMatchObject({ code: 0 });
  });
});

describe('a name that is taken', () => {
  const taken = () => problemResponse(409, 'NAME_TAKEN', 'it is there already');

  it('of an environment is accepted with --if-not-exists', async () => {
    await using server = await startStubServer({
      'POST /v1/app/environments': taken,
      'GET /v1/app/environments': () => pageResponse([environmentOf()]),
    });
    const create = ['app', 'env', 'create', 'review-42', '--ttl', '8h'];
    expect((await runCli(create, server.env)).stderr).toContain('or pass --if-not-exists\n');
    const run = await runCli([...create, '--if-not-exists'], server.env);
    expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining('review-42') });
    expect(run.stderr).toContain("'ocpctl app env extend review-42 --until 8h'");
    const other = await runCli(['api', 'POST', '/v1/app/environments', '-f', 'name=x'], server.env);
    expect(other.stderr).toContain('Hint: choose another name\n');
  });

  it.each([
    [{}, [], 0, 'exists already; nothing was changed'],
    [{}, ['--connections', '50'], 5, '--connections: is 20, not 50'],
    [{}, ['--backup', 'weekly'], 5, '--backup: is daily, not weekly'],
    [{ status: 'DESTROYING' as const }, [], 5, 'already exists and is DESTROYING'],
  ])('of a database too, if it is the same: %j %j', async (changes, flags, code, text) => {
    await using server = await startStubServer({
      'POST /v1/app/databases': taken,
      'GET /v1/app/databases': () => pageResponse([databaseOf(changes)]),
    });
    const run = await runCli(['app', 'db', 'create', 'main', '--if-not-exists', ...flags], server.env);
    expect(run.code).toBe(code);
    expect(run.stderr).toContain(text);
  });
});

describe('hints', () => {
  it('name what several services have, as flags', async () => {
    const staging = { id: 'env_1', name: 'staging' };
    const found = [serviceOf(), serviceOf({ environment: staging })];
    await using server = await startStubServer({ 'GET /v1/app/services': () => pageResponse(found) });
    const run = await runCli(['app', 'get', 'api'], server.env);
    expect(run).toMatchObject({ code: 5, stdout: '' });
    expect(run.stderr).toContain('\nHint: add --env default, or --env staging\n');
  });

  it('have names and jobs instead of ids of services', async () => {
    const service = serviceOf();
    const job = { id: `job_${'0'.repeat(26)}`, status: 'RUNNING' };
    await using server = await startStubServer({
      'GET /v1/app/services': () => pageResponse([service]),
      [`POST /v1/app/services/${service.id}/restart`]: () => ({ status: 202, body: { service, job } }),
    });
    const run = await runCli(['app', 'restart', 'api', '--no-wait'], server.env);
    expect(run.stderr).toContain(`Accepted. To wait for it: 'ocpctl wait ${job.id}'.\n`);
  });
});

it.each([
  ['./missing', 'directory "./missing" not found'],
  ['package.json', '"package.json" is a file, not a directory'],
  ['package.json/x', 'directory "package.json/x" not found'],
  ['https://github.com/x/y', 'cannot deploy https://github.com/x/y: it is a URL'],
])('app deploy %s says what is wrong with it', async (directory, message) => {
  const run = await runCli(['app', 'deploy', directory], NOWHERE);
  expect(run).toMatchObject({ code: 2, stdout: '' });
  expect(run.stderr).toContain(`Error: ${message}\n`);
});
