import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { clusterOf } from './support/documents.ts';
import { runCli, temporaryFolder } from './support/run-cli.ts';
import { pageResponse, type Routes, startStubServer } from './support/stub-server.ts';

const KEY = 'S0VZLU9GLURFTU8=';
const cluster = clusterOf();
const installed = (user: object = {}) =>
  JSON.stringify({
    clusters: [{ name: 'demo', cluster: { server: 'https://api.demo' } }],
    users: [
      { name: 'admin', user: { 'client-certificate-data': 'Y2VydA==', 'client-key-data': KEY, ...user } },
    ],
    contexts: [{ name: 'admin', context: { cluster: 'demo', user: 'admin' } }],
  });
const serverWith = (value = installed(), routes: Routes = {}) =>
  startStubServer({
    'GET /v1/clusters': () => pageResponse([cluster]),
    [`POST /v1/clusters/${cluster.id}/credentials`]: () => ({ body: { kind: 'kubeconfig', value } }),
    ...routes,
  });

/** What all files of a folder have together. */
const textsIn = (folder: string) =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), 'utf8'))
    .join('\n');

describe('a key of a kubeconfig', () => {
  it('is in no error about the file: only where the file is wrong', async () => {
    await using server = await serverWith();
    const file = join(temporaryFolder(), 'config');
    const bad = 'users:\n- name: me\n  user:\n    token: "s3cret\n    x: s3cret: s3cret\n';
    writeFileSync(file, bad);
    const run = await runCli(['kubeconfig', 'use', 'demo', '--file', file], server.env);
    expect(run).toMatchObject({ code: 1, stdout: '' });
    expect(run.stderr).toMatch(
      /^Error: cannot read \S+: it is not valid YAML at line \d+, column \d+\nHint: /,
    );
    expect(run.stderr).not.toContain('s3cret');
    writeFileSync(file, 'a: 1\n---\nb: 2\n');
    const several = await runCli(['kubeconfig', 'use', 'demo', '--file', file], server.env);
    expect(several.stderr).toContain('it has more than one YAML document');
    // The audit log has no access to a key that could not be used.
    expect(server.received.filter(({ method }) => method === 'POST')).toEqual([]);
  });

  it('is in no file after a remove, and in none after --exec', async () => {
    await using server = await serverWith();
    const folder = temporaryFolder();
    const run = (...argv: string[]) =>
      runCli(['kubeconfig', ...argv, '--file', join(folder, 'config')], server.env);
    await run('use', 'demo');
    await run('merge', 'demo', '--exec');
    expect(textsIn(folder)).not.toContain(KEY);
    await run('use', 'demo');
    expect(textsIn(folder)).toContain(KEY);
    expect(await run('remove', 'demo')).toMatchObject({ code: 0 });
    expect(textsIn(folder)).not.toContain(KEY);
    expect(readdirSync(folder)).toEqual(['config']);
  });
});

it('from the server only addresses, certificates and keys are taken: nothing that kubectl would run or read', async () => {
  const exec = { apiVersion: 'client.authentication.k8s.io/v1', command: 'rm' };
  await using server = await serverWith(installed({ exec, tokenFile: '/etc/passwd', 'auth-provider': {} }));
  const file = join(temporaryFolder(), 'config');
  await runCli(['kubeconfig', 'use', 'demo', '--file', file], server.env);
  expect(parse(readFileSync(file, 'utf8')).users[0].user).toEqual({
    'client-certificate-data': 'Y2VydA==',
    'client-key-data': KEY,
  });
});

it('a bad kubeconfig of the cluster is not blamed on a file of the user', async () => {
  await using server = await serverWith('{');
  const run = await runCli(['outputs', 'demo', '--kubeconfig', '-'], server.env);
  expect(run.stderr).toMatch(/^Error: cannot read the kubeconfig of the cluster: it is not valid YAML/);
  expect(run.stderr).not.toContain('--file');
});

it('outputs --kubeconfig replaces files only: no device, and a link stays one', async () => {
  await using server = await serverWith(installed(), {
    [`GET /v1/clusters/${cluster.id}/outputs`]: () => ({ body: {} }),
  });
  const folder = temporaryFolder();
  const [fifo, real, link] = [join(folder, 'fifo'), join(folder, 'real'), join(folder, 'link')];
  execFileSync('mkfifo', [fifo]);
  const written = (path: string) => runCli(['outputs', 'demo', '--kubeconfig', path], server.env);
  writeFileSync(real, '');
  symlinkSync(real, link);
  expect(await written(link)).toMatchObject({ code: 0 });
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readFileSync(real, 'utf8')).toContain(KEY);
  const run = await written(fifo);
  expect(run).toMatchObject({
    code: 2,
    stderr: `Error: cannot read ${fifo}: it is not a regular file\n`,
  });
  expect(lstatSync(fifo).isFIFO()).toBe(true);
});

it('kubectl can write while remove --destroyed asks the server', async () => {
  const file = join(temporaryFolder(), 'config');
  const locked: boolean[] = [];
  await using server = await serverWith(installed(), {
    [`GET /v1/clusters/${cluster.id}`]: () => {
      locked.push(existsSync(`${file}.lock`));
      return { body: { ...cluster, status: 'DESTROYED' } };
    },
  });
  await runCli(['kubeconfig', 'use', 'demo', '--file', file], server.env);
  const run = await runCli(['kubeconfig', 'remove', '--destroyed', '--file', file], server.env);
  expect(run).toMatchObject({ code: 0 });
  expect(run.stdout).toContain('demo');
  expect(locked).toEqual([false]);
});

it('a plugin asks the server that was used, also if that of the context is another one', async () => {
  await using server = await serverWith();
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'ocpctl'));
  const context = (url: string) => ({ server: url, accessKeyId: 'a', secretAccessKey: 'b' });
  const contexts = { other: context('http://127.0.0.1:9'), same: context(server.url) };
  writeFileSync(
    join(folder, 'ocpctl', 'config.json'),
    JSON.stringify({ version: 1, currentContext: 'other', contexts }),
    { mode: 0o600 },
  );
  const argsAfter = async (...flags: string[]) => {
    const file = join(folder, 'config');
    const run = await runCli(['kubeconfig', 'use', 'demo', '--exec', '--file', file, ...flags], {
      OCPCTL_CONFIG_DIR: join(folder, 'ocpctl'),
    });
    expect(run.stderr).toContain('kubectl and oc use demo now.');
    return parse(readFileSync(file, 'utf8')).users[0].user.exec.args.slice(5);
  };
  expect(await argsAfter('--server', server.url)).toEqual(['--context', 'other', '--server', server.url]);
  expect(await argsAfter('--context', 'same')).toEqual(['--context', 'same']);
});

it('a key that is written into a file that others can read is warned of, and the mode stays', async () => {
  await using server = await serverWith();
  const file = join(temporaryFolder(), 'config');
  writeFileSync(file, '', { mode: 0o644 });
  const run = await runCli(['kubeconfig', 'merge', 'demo', '--file', file], server.env);
  expect(run.code, run.stderr).toBe(0);
  expect(run.stderr).toContain(
    `Warning: other users can read the keys in ${file} (mode 0644): run 'chmod 600 ${file}'.\n`,
  );
  expect(statSync(file).mode & 0o777).toBe(0o644);
  chmodSync(file, 0o600);
  expect((await runCli(['kubeconfig', 'merge', 'demo', '--file', file], server.env)).stderr).not.toContain(
    'chmod',
  );
  chmodSync(file, 0o644);
  const exec = await runCli(['kubeconfig', 'merge', 'demo', '--exec', '--file', file], server.env);
  expect(exec.stderr).not.toContain('chmod');
});

it('remove completes what ocpctl added to the file', async () => {
  await using server = await serverWith();
  const file = join(temporaryFolder(), 'config');
  writeFileSync(file, 'contexts: [{name: mine, context: {cluster: c, user: u}}]\n', { mode: 0o600 });
  await runCli(['kubeconfig', 'merge', 'demo', '--file', file], server.env);
  const complete = async (env: NodeJS.ProcessEnv, ...words: string[]) =>
    (await runCli(['__complete', '--', 'kubeconfig', 'remove', ...words, ''], env)).stdout;
  expect(await complete({}, '--file', file)).toBe(`demo\t${cluster.id}\n`);
  expect(await complete({ KUBECONFIG: file })).toBe(`demo\t${cluster.id}\n`);
  expect(await complete({ KUBECONFIG: '/nope' })).toBe('');
});

it('with several files in KUBECONFIG the first is changed; names and the current context of the others stay', async () => {
  await using server = await serverWith();
  const folder = temporaryFolder();
  const [first, second] = [join(folder, 'a'), join(folder, 'b')];
  writeFileSync(
    second,
    'clusters: [{name: demo, cluster: {server: https://work}}]\nusers:\ncontexts:\n- name: demo\n  context: {cluster: demo, user: me}\ncurrent-context: demo\n',
  );
  const before = readFileSync(second, 'utf8');
  const run = await runCli(['kubeconfig', 'merge', 'demo'], {
    ...server.env,
    KUBECONFIG: `${first}:${second}`,
  });
  expect(run).toMatchObject({ code: 0 });
  const written = parse(readFileSync(first, 'utf8'));
  expect(written.contexts[0].name).toBe(`demo-${cluster.id.slice(-6)}`);
  expect(written['current-context']).toBe('');
  expect(readFileSync(second, 'utf8')).toBe(before);
});
