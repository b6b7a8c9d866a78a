import { expect, it } from 'vitest';
import { clusterOf } from './support/documents.ts';
import { runCli } from './support/run-cli.ts';
import { pageResponse, problemResponse, startStubServer } from './support/stub-server.ts';

const missing = (what: string) => () => problemResponse(404, 'NOT_FOUND', `${what} not found.`);

it.each([
  [
    ['admin', 'tasks', 'run', 'gone'],
    'POST /v1/admin/tasks/gone/run',
    'Periodic task "gone"',
    'ocpctl admin tasks list',
  ],
  [
    ['admin', 'notifications', 'test', 'gone'],
    'POST /v1/admin/notifications/gone/test',
    'Target "gone"',
    'ocpctl admin notifications list',
  ],
  [
    ['get', 'clu_00000000000000000000000000'],
    'GET /v1/clusters/clu_00000000000000000000000000',
    'Cluster clu_0',
    'ocpctl list',
  ],
  [['profiles', 'get', 'gone'], 'GET /v1/profiles/gone', 'Profile gone', 'ocpctl profiles list'],
  [
    ['logs', 'job_00000000000000000000000000'],
    'GET /v1/jobs/job_00000000000000000000000000',
    'Job job_0',
    'ocpctl jobs list',
  ],
])('%j: what is not there is looked for in a list', async (argv, route, what, list) => {
  await using server = await startStubServer({ [route]: missing(what) });
  const run = await runCli(argv, server.env);
  expect(run).toMatchObject({ code: 3, stdout: '' });
  expect(run.stderr).toContain(`Error: ${what} not found.\nHint: '${list}' shows what there is\n`);
});

it.each([
  ['get', 'dmeo'],
  ['destroy', 'dmeo', '--yes'],
  ['scale', 'dmeo', '--workers', '1'],
  ['extend', 'dmeo', '--by', '1h'],
  ['wait', 'dmeo'],
  ['outputs', 'dmeo'],
  ['logs', 'dmeo'],
  ['keepalive', 'dmeo'],
  ['shell', 'dmeo'],
  ['kubeconfig', 'use', 'dmeo'],
  ['kubeconfig', 'merge', 'dmeo'],
  ['kubeconfig', 'credential', 'dmeo'],
  ['offhours', 'opt-in', 'dmeo'],
  ['offhours', 'opt-out', 'dmeo'],
  ['jobs', 'get', 'dmeo'],
  ['jobs', 'cancel', 'dmeo', '--yes'],
  ['jobs', 'retry', 'dmeo'],
  ['jobs', 'list', '--cluster', 'dmeo'],
])('%s %s: a name that is mistyped is told', async (...argv) => {
  await using server = await startStubServer({
    'GET /v1/clusters': ({ query }) => pageResponse(query.has('name') ? [] : [clusterOf({ name: 'demo' })]),
  });
  const run = await runCli(argv, server.env);
  expect(run).toMatchObject({ code: 3, stdout: '' });
  expect(run.stderr).toContain('Error: cluster "dmeo" not found\nHint: did you mean "demo"? ');
});
