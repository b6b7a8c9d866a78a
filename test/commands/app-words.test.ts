import { describe, expect, it } from 'vitest';
import { backupOf, databaseOf, environmentOf, serviceOf } from './support/app-documents.ts';
import { runCli, temporaryFolder } from './support/run-cli.ts';
import { pageResponse, problemResponse, startStubServer } from './support/stub-server.ts';

const NOWHERE = {
  OCPCTL_SERVER: 'http://127.0.0.1:9',
  OCPCTL_ACCESS_KEY_ID: 'a',
  OCPCTL_SECRET_ACCESS_KEY: 'b',
};

it.each([
  ['app scale api --replicas 1000', 'invalid value "1000" for --replicas: use a whole number from 0 to 10'],
  ['app scale api --replicas x', 'invalid value "x" for --replicas: use a whole number from 0 to 10'],
  ['app deploy . --memory 10', 'invalid value "10" for --memory: use a whole number from 16 to 65536'],
  ['app rollback api --release 0', 'invalid value "0" for --release: use a whole number of 1 or more'],
  ['app db create x --connections 501', 'use a whole number from 1 to 500'],
  ['scale demo --workers x', 'invalid value "x" for --workers: use a whole number of 0 or more'],
  ['server --concurrency 0', 'invalid value "0" for --concurrency: use a whole number from 1 to 100'],
  ['completion csh', 'invalid value "csh": use bash, zsh, fish'],
])('%s names what it takes', async (line, message) => {
  const run = await runCli(line.split(' '), NOWHERE);
  expect(run).toMatchObject({ code: 2, stdout: '' });
  expect(run.stderr).toContain(message);
  expect(run.stderr).not.toMatch(/Parsing|Expected/);
});

describe('words of other command lines', () => {
  it.each(['describe', 'show', 'info', 'status'])('app %s is app get', async (word) => {
    await using server = await startStubServer({ 'GET /v1/app/services': () => pageResponse([serviceOf()]) });
    const run = await runCli(['app', word, 'api', '-o', 'value=name'], server.env);
    expect(run).toMatchObject({ code: 0, stdout: 'api\n' });
  });

  it('app ps is app list', async () => {
    await using server = await startStubServer({ 'GET /v1/app/services': () => pageResponse([serviceOf()]) });
    expect((await runCli(['app', 'ps', '-o', 'name'], server.env)).stdout).toBe('api\n');
  });

  it.each([
    ['app create x', "did you mean 'ocpctl app deploy'?"],
    ['app var get x', "did you mean 'ocpctl app var list'?"],
    ['app destory x', "did you mean 'ocpctl app destroy'?"],
    ['app stpo x', "did you mean 'ocpctl app stop'?"],
    ['app shot x', "'ocpctl app --help' lists its commands"],
    ['app retore x', "'ocpctl app --help' lists its commands"],
  ])('%s suggests nothing that destroys, unless it is a misspelling of it', async (line, hint) => {
    const run = await runCli(line.split(' '), NOWHERE);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain(`Hint: ${hint}\n`);
  });

  it('app help deploy is help of app deploy', async () => {
    const [asked, usual] = [
      ['app', 'help', 'deploy'],
      ['app', 'deploy', '--help'],
    ];
    expect((await runCli(asked)).stdout).toBe((await runCli(usual)).stdout);
    expect((await runCli(usual)).stdout).toContain('--[no-]wait');
  });
});

describe('what the server refuses', () => {
  const PATTERN = 'must match pattern "^[a-z]([a-z0-9-]{0,38}[a-z0-9])?$"';
  it('is in words, not in regular expressions', async () => {
    const errors = [{ field: 'name', code: 'PATTERN', message: PATTERN }];
    await using server = await startStubServer({
      'POST /v1/app/environments': () =>
        problemResponse(400, 'VALIDATION_FAILED', 'The body cannot be accepted.', errors),
    });
    const run = await runCli(['app', 'env', 'create', 'Review_42'], server.env);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain(
      'Error: the request is not valid\n  NAME: use at most 40 lower-case letters, digits and dashes',
    );
  });
});

describe('completion of applications', () => {
  const service = serviceOf();
  const release = { number: 1, live: false, available: true, createdAt: 'T', createdBy: 'local:ann' };
  const routes = {
    'GET /v1/app/services': () => pageResponse([service]),
    'GET /v1/app/environments': () => pageResponse([environmentOf()]),
    'GET /v1/app/databases': () => pageResponse([databaseOf()]),
    'GET /v1/app/backups': () => pageResponse([backupOf({ status: 'FAILED' }), backupOf()]),
    [`GET /v1/app/services/${service.id}/releases`]: () =>
      pageResponse([release, { ...release, live: true }]),
    [`GET /v1/app/services/${service.id}/variables`]: () => ({ body: { items: [{ name: 'LOG_LEVEL' }] } }),
  };

  it.each([
    [['app', 'get', ''], 'api\tLIVE in default'],
    [['app', 'logs', 'a'], 'api\tLIVE in default'],
    [['app', 'deploy', '--env', ''], 'review-42\tACTIVE, default'],
    [['app', 'env', 'destroy', ''], 'review-42\tACTIVE, default'],
    [['app', 'db', 'url', ''], 'main\tAVAILABLE in default'],
    [['app', 'db', 'verify', 'bkp'], `${backupOf().id}\tmain, ${backupOf().createdAt}`],
    [['app', 'db', 'restore', 'main', '--into', ''], 'review-42\tACTIVE, default'],
    [['app', 'db', 'schedule', 'main', '--backup', 'w'], 'weekly'],
    [['app', 'rollback', 'api', '--release', ''], '1\tT, local:ann'],
    [['app', 'var', 'unset', 'api', ''], 'LOG_LEVEL'],
    [['app', 'scale', 'api', '--no-w'], '--no-wait\tWait until it is done (default: --wait)'],
  ])('%j', async (words, line) => {
    await using server = await startStubServer(routes);
    const env = { ...server.env, OCPCTL_CONFIG_DIR: temporaryFolder() };
    const run = await runCli(['__complete', '--', ...words], env);
    expect(run).toMatchObject({ code: 0, stdout: `${line}\n`, stderr: '' });
  });
});

describe('hints that can be pasted', () => {
  it.each([
    ['app scale api 3', 'did you mean --replicas 3?'],
    ['app rollback api 1', 'did you mean --release 1?'],
    ['app var import api .env', 'did you mean --file .env?'],
    ['scale demo 3', 'did you mean --workers 3?'],
    ['deploy .', "did you mean 'ocpctl app deploy'?"],
    ['rollback api', "did you mean 'ocpctl app rollback'?"],
  ])('%s', async (line, hint) => {
    const run = await runCli(line.split(' '), NOWHERE);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain(`Hint: ${hint}\n`);
  });

  const service = serviceOf();
  it.each([['app rollback api --release 7', 'rollback', 'NOT_FOUND', "'ocpctl app releases api' shows"]])(
    '%s refused',
    async (line, action, code, hint) => {
      await using server = await startStubServer({
        'GET /v1/app/services': () => pageResponse([service]),
        [`POST /v1/app/services/${service.id}/${action}`]: () =>
          problemResponse(code === 'NOT_FOUND' ? 404 : 409, code, 'it is not so.'),
      });
      const run = await runCli(line.split(' '), server.env);
      expect(run.code).toBe(code === 'NOT_FOUND' ? 3 : 5);
      expect(run.stderr).toContain(`Error: it is not so.\nHint: ${hint}`);
    },
  );

  it.each(['get', 'logs', 'wait'])('%s of a service names app get', async (command) => {
    await using server = await startStubServer({
      'GET /v1/clusters': () => pageResponse([]),
      'GET /v1/app/services': () => pageResponse([service]),
    });
    const run = await runCli([command, 'api'], server.env);
    expect(run).toMatchObject({ code: 3, stdout: '' });
    expect(run.stderr).toContain("Hint: api is a service: 'ocpctl app get api' shows it\n");
  });

  it('app open prints the URL in a pipe, and says when nothing answers there', async () => {
    const stopped = serviceOf({ status: 'STOPPED', ready: 0 });
    await using server = await startStubServer({ 'GET /v1/app/services': () => pageResponse([stopped]) });
    const run = await runCli(['app', 'open', 'api'], server.env);
    expect(run).toMatchObject({ code: 0, stdout: `${stopped.url}\n` });
    expect(run.stderr).toContain('Warning: api is STOPPED');
  });
});
