import { expect, test } from 'vitest';
import { clusterOf } from './support/documents.ts';
import { runCli, startCli } from './support/run-cli.ts';
import { pageResponse, startStubServer } from './support/stub-server.ts';

const LINES = [
  '--version',
  '--help',
  'create --help',
  'list',
  'list -o nosuch',
  'lst',
  'config list --json',
  'config set output nosuch',
  'context use nosuch',
  'profiles validate -',
  'admin tasks list',
  'extend demo --by nosuch',
];

test.each(LINES)('a process that runs many commands answers as one of its own: %s', async (line) => {
  await using server = await startStubServer({ 'GET /v1/clusters': () => pageResponse([clusterOf()]) });
  const argv = line.split(' ');
  const alone = await startCli(argv, server.env, 'name: [').finished;
  expect(await runCli(argv, server.env, 'name: [')).toEqual(alone);
  expect(await runCli(argv, server.env, 'name: [')).toEqual(alone);
});

test('environment, input and exit code of a command do not reach the next one', async () => {
  const failed = await runCli(['profiles', 'validate', '-'], { OCPCTL_TIMEOUT: '7s' }, 'name: [');
  expect(failed.code).not.toBe(0);
  const next = await runCli(['config', 'list', '-o', 'json']);
  expect(next).toMatchObject({ code: 0, stderr: '' });
  expect(next.stdout).toContain('"30s"');
  const empty = await runCli(['profiles', 'validate', '-']);
  expect(empty.stdout).not.toBe(failed.stdout);
});
