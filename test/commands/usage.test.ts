import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { clusterOf } from './support/documents.ts';
import { ENTRY, runCli, temporaryFolder } from './support/run-cli.ts';
import { pageResponse, startStubServer } from './support/stub-server.ts';

const SRC = join(import.meta.dirname, '../../src');
const NOWHERE = {
  OCPCTL_SERVER: 'http://127.0.0.1:9',
  OCPCTL_ACCESS_KEY_ID: 'a',
  OCPCTL_SECRET_ACCESS_KEY: 'b',
};

describe('what is missing on a command line', () => {
  it.each([
    ['scale demo', 'missing flag --workers', 'ocpctl scale demo --workers 5 --wait'],
    ['scale', 'missing argument: CLUSTER; missing flag --workers', 'ocpctl scale demo --workers 5 --wait'],
    ['get', 'missing argument: CLUSTER', 'ocpctl get demo'],
    [
      'offhours set payments',
      'missing flags --timezone, --hours, --days',
      'ocpctl offhours set payments --timezone Europe/Berlin --hours 08:00-19:00 --days mon-fri',
    ],
    [
      'offhours set payments --timezone UTC',
      'missing flags --hours, --days',
      'ocpctl offhours set payments --timezone Europe/Berlin --hours 08:00-19:00 --days mon-fri',
    ],
    ['server check', 'missing flags --cloud, --region', 'ocpctl server check --cloud aws --region us-east-2'],
  ])('is named at once, with an example: %s', async (line, message, example) => {
    const run = await runCli(line.split(' '), NOWHERE);
    expect(run).toEqual({
      code: 2,
      signal: null,
      stdout: '',
      stderr: `Error: ${message}\nHint: for example: ${example}\n`,
    });
  });

  it('is named with what else is wrong', async () => {
    const run = await runCli(
      ['offhours', 'set', 'payments', '--no-holidays', '--holidays', 'x.ics'],
      NOWHERE,
    );
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain(
      'Error: --no-holidays cannot be used with --holidays; missing flags --timezone, --hours, --days\nHint: for example: ',
    );
    const grant = await runCli(['admin', 'grants', 'add', 'local:ann'], NOWHERE);
    expect(grant.stderr).toMatch(/^Error: missing flags --role, --team\nHint: use --role .* --team NAME/);
  });
});

describe('files', () => {
  const offhours = 'offhours set payments --timezone UTC --hours 8:00-9:00 --days mon --holidays';
  it.each([
    'create demo --profile p --ssh-public-key',
    offhours,
    'context add x --server http://127.0.0.1:9 --access-key-id a --secret-access-key-file',
    'admin notifications add ops --kind webhook --url-file',
    'profiles validate',
    'api POST /v1/clusters --input',
    'proof verify',
    'report reconcile',
  ])('that are missing or directories are named in plain words, with exit code 2: %s', async (line) => {
    const folder = temporaryFolder();
    const env = { ...NOWHERE, OCPCTL_CONFIG_DIR: join(folder, 'config') };
    const missing = join(folder, 'missing.txt');
    const run = await runCli([...line.split(' '), missing], env);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toBe(`Error: cannot read ${missing}: no such file\n`);
    if (line === 'profiles validate') return;
    mkdirSync(missing);
    const directory = await runCli([...line.split(' '), missing], env);
    expect(directory.stderr).toBe(`Error: cannot read ${missing}: it is a directory\n`);
  });

  it('of CA certificates too', async () => {
    const run = await runCli(['whoami'], {
      ...NOWHERE,
      OCPCTL_SERVER: 'https://x',
      OCPCTL_CA_FILE: '/nope/ca',
    });
    expect(run.stderr).toMatch(/^Error: cannot read the CA file \/nope\/ca: no such file\nHint: /);
  });
});

it('a flag that is given twice is named', async () => {
  const run = await runCli(['create', 'demo', '--profile', 'a', '--profile', 'b'], NOWHERE);
  expect(run).toMatchObject({ code: 2, stdout: '' });
  expect(run.stderr).toMatch(/^Error: --profile is given twice: use it once\n/);
});

describe('KEY=VALUE flags', () => {
  it.each([
    ['tag', 'team'],
    ['set', 'compute.replicas'],
  ])('refuse a key that is given twice: --%s', async (flag, key) => {
    const argv = ['create', 'demo', '--profile', 'p', `--${flag}`, `${key}=1`, `--${flag}`, `${key}=2`];
    const run = await runCli(argv, NOWHERE);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toBe(
      `Error: --${flag} sets "${key}" twice: "1" and "2"\nHint: use only one of them\n`,
    );
  });
});

it('help environment names every variable that the command line reads', async () => {
  const { stdout } = await runCli(['help', 'environment']);
  const read = ['cli', 'client', 'contract']
    .flatMap((folder) => readdirSync(join(SRC, folder), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !/\/(server|demo)$/.test(entry.parentPath))
    .flatMap((entry) => [
      ...readFileSync(join(entry.parentPath, entry.name), 'utf8').matchAll(/env\['([A-Z_]+)'\]/g),
    ])
    .map(([, name = '']) => name);
  expect(read).toContain('TRACEPARENT');
  const ofTheSystem = [
    'HOME',
    'TERM',
    'DISPLAY',
    'WAYLAND_DISPLAY',
    'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED',
  ];
  const missing = new Set(read.filter((name) => !ofTheSystem.includes(name) && !stdout.includes(name)));
  expect([...missing]).toEqual([]);
});

it('a file for a kubeconfig that cannot be written is named, not the temporary one', async () => {
  const cluster = clusterOf();
  const value = JSON.stringify({
    clusters: [{ name: 'demo', cluster: { server: 'https://api.demo' } }],
    users: [{ name: 'demo', user: { token: 't' } }],
    contexts: [{ name: 'demo', context: { cluster: 'demo', user: 'demo' } }],
    'current-context': 'demo',
  });
  await using server = await startStubServer({
    'GET /v1/clusters': () => pageResponse([cluster]),
    [`POST /v1/clusters/${cluster.id}/credentials`]: () => ({ body: { kind: 'kubeconfig', value } }),
    [`GET /v1/clusters/${cluster.id}/outputs`]: () => ({ body: {} }),
  });
  const run = await runCli(['outputs', 'demo', '--kubeconfig', '/nope/x/y'], server.env);
  expect(run).toMatchObject({ code: 2, stdout: '' });
  expect(run.stderr).toBe('Error: cannot write /nope/x/y: there is no directory /nope/x\n');
  const folder = temporaryFolder();
  for (const argv of [
    ['outputs', 'demo', '--kubeconfig', folder],
    ['kubeconfig', 'merge', 'demo', '--file', folder],
  ]) {
    const directory = await runCli(argv, server.env);
    expect(directory).toMatchObject({ code: 2, stdout: '' });
    expect(directory.stderr).toBe(`Error: cannot read ${folder}: it is a directory\n`);
  }
});

it('an output file that cannot be written is named in plain words', async () => {
  const folder = temporaryFolder();
  writeFileSync(join(folder, 'file'), '');
  const env = { ...NOWHERE, OCPCTL_CONFIG_DIR: join(folder, 'file', 'below') };
  const run = await runCli(['config', 'set', 'output', 'json'], env);
  expect(run.stderr).toMatch(/^Error: cannot \w+ .*: not a directory\n$/);
});

it.runIf(existsSync('/dev/full'))('an output that cannot be written is one line and 1', async () => {
  const { status, stderr } = spawnSync(
    'sh',
    ['-c', `'${process.execPath}' '${ENTRY}' help create > /dev/full`],
    {
      env: { ...NOWHERE, PATH: process.env['PATH'] },
      encoding: 'utf8',
    },
  );
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: 'Error: cannot write the output: no space left on device\n',
  });
});

it('a time beyond those of RFC 3339 is refused', async () => {
  const run = await runCli(['list', '--expires-before', '99999999d'], NOWHERE);
  expect(run).toMatchObject({ code: 2, stdout: '' });
  expect(run.stderr).toContain('invalid time "99999999d" for --expires-before');
});

it('an unknown letter is told the flags that begin with it', async () => {
  const run = await runCli(['scale', 'demo', '-w', '3']);
  expect(run).toMatchObject({ code: 2, stdout: '' });
  expect(run.stderr).toContain('Error: unknown flag: -w\nHint: did you mean --workers or --wait?\n');
});

it('a run does not read its file from stdin, which is that of the command', async () => {
  const run = await runCli(['run', '-f', '-', '--', 'cat'], NOWHERE, 'profile: p');
  expect(run).toMatchObject({ code: 2, stdout: '' });
  expect(run.stderr).toContain('Error: -f - cannot be used here: stdin is that of the command\n');
});
