import { describe, expect, it } from 'vitest';
import type { ClusterPlan } from '../../src/contract/documents.ts';
import { clusterOf, jobOf, profileOf } from './support/documents.ts';
import { runCli } from './support/run-cli.ts';
import {
  pageResponse,
  problemResponse,
  type ReceivedRequest,
  type Routes,
  startStubServer,
} from './support/stub-server.ts';
import { hasTmux, openTerminal } from './support/tmux.ts';

const accepted = {
  status: 202,
  body: { cluster: clusterOf({ status: 'PENDING' }), job: jobOf({ status: 'PENDING' }) },
};
const PROFILES = [
  profileOf({ name: 'aws-standard', description: 'Three workers '.repeat(20), estimatedHourlyCost: 2.01 }),
  profileOf(),
  profileOf({ name: 'off', enabled: false }),
];
const NAME_PROBLEM = { field: 'name', code: 'INVALID_NAME', message: 'the name must be lower-case' };

function planOf(body: unknown): ClusterPlan {
  const { ttlHours = 24, ...request } = body as { name: string; profile: string; ttlHours?: number };
  return {
    request: {
      platform: 'aws',
      version: '4.20.3',
      region: 'us-east-1',
      baseDomain: 'labs.example.com',
      team: 'platform',
      owner: 'ada',
      costCenter: 'cc',
      offhours: false,
      onFailure: 'destroy',
      workerReplicas: 0,
      set: {},
      ttlHours,
      ...request,
    },
    warnings: ['a warning of the plan'],
    tags: {},
    hourlyCost: 0.5,
    costForTTL: 0.5 * ttlHours,
    costParts: [],
    installConfig: {},
  };
}

const routes: Routes = {
  'GET /v1/profiles': () => pageResponse(PROFILES),
  'POST /v1/clusters': ({ query, body }) => {
    if (query.get('dryRun') !== 'true') return accepted;
    return (body as { name: string }).name === 'Bad'
      ? problemResponse(422, 'POLICY_VIOLATION', 'no', [NAME_PROBLEM])
      : { body: planOf(body) };
  },
};
const created = (received: readonly ReceivedRequest[]) =>
  received.filter(({ method, query }) => method === 'POST' && query.get('dryRun') !== 'true');

describe.skipIf(!hasTmux)('create without a profile, on a terminal (needs tmux)', () => {
  it.each([
    ['80x24', [80, 24], {}],
    ['200x50', [200, 50], {}],
    ['TERM=dumb', [80, 24], { TERM: 'dumb' }],
  ] as const)('asks, shows the cost, and tells the command that asks nothing: %s', async (_, size, env) => {
    await using server = await startStubServer(routes);
    const terminal = await openTerminal(size, ['create', '--tag', 'a=b c'], { ...server.env, ...env });
    const profiles = await terminal.until('Number or name:');
    expect(profiles).toMatch(/^ {2}1\) {2}aws-standard {6}aws {2}\$2\.01\/h {2}Three workers .*…$/m);
    expect(profiles).toMatch(/^ {2}2\) {2}aws-minimal-test {2}aws {2}\$0\.70\/h {2}For short tests$/m);
    expect(profiles).not.toContain('off');
    expect(profiles).toContain('sandbox: simulated cloud, nothing is billed');
    for (const line of profiles.split('\n')) expect(line.length).toBeLessThan(size[0]);
    await terminal.enter('7');
    await terminal.until('type a number from 1 to 2');
    await terminal.enter('2');
    await terminal.until('Number or name [4.20.3]:');
    await terminal.enter('4.20.4');
    await terminal.until('Number or name [us-east-1]:');
    await terminal.enter('');
    const ttls = await terminal.until('[1d]:');
    expect(ttls).toMatch(/3\) {2}8h {2}\$4\.00\n {2}4\) {2}1d {2}\$12\.00 {2}default\n/);
    await terminal.enter('100h');
    await terminal.until('the maximum of this profile is 3d');
    await terminal.enter('90m');
    await terminal.until('Name [');
    await terminal.enter('Bad');
    await terminal.until('the name must be lower-case');
    await terminal.enter('demo');
    const plan = await terminal.until('Create it? [Y/n]');
    expect(plan).toContain('demo.labs.example.com: OpenShift 4.20.4, us-east-1, 0 workers');
    expect(plan).toContain('$0.50 per hour, $0.75 until it expires after 1h30m');
    expect(plan).toContain('Warning: a warning of the plan');
    expect(created(server.received)).toEqual([]);
    await terminal.enter('');
    const end = await terminal.until('EXIT 0');
    expect(end).toContain(
      "ocpctl create demo --tag 'a=b c' --profile aws-minimal-test --version 4.20.4 --region us-east-1 --ttl 90m",
    );
    expect(created(server.received).map(({ body }) => body)).toEqual([
      {
        name: 'demo',
        profile: 'aws-minimal-test',
        version: '4.20.4',
        region: 'us-east-1',
        ttlHours: 1.5,
        tags: { a: 'b c' },
      },
    ]);
  });

  it('does not ask for what is given', async () => {
    await using server = await startStubServer(routes);
    const given = ['create', 'demo', '--version', '4.20.3', '--region', 'us-east-2', '--ttl', '8h'];
    const terminal = await openTerminal([80, 24], given, server.env);
    await terminal.until('Number or name:');
    await terminal.enter('1');
    const plan = await terminal.until('Create it?');
    expect(plan).not.toMatch(/OpenShift version|Region|Name \[|Time until/);
    await terminal.enter('n');
    expect(await terminal.until('EXIT 2')).toContain('not confirmed; nothing was created');
    expect(created(server.received)).toEqual([]);
  });

  it('asks for one plan when the time is given, and puts its flags before a -- that was typed', async () => {
    await using server = await startStubServer(routes);
    const given = ['create', '--version', '4.20.3', '--region', 'us-east-2', '--ttl', '8h', '--', 'demo'];
    const terminal = await openTerminal([200, 24], given, server.env);
    await terminal.until('Number or name:');
    await terminal.enter('1');
    await terminal.until('Create it?');
    expect(server.received.filter(({ method }) => method === 'POST')).toHaveLength(1);
    await terminal.enter('y');
    expect(await terminal.until('EXIT 0')).toContain(
      'ocpctl create --version 4.20.3 --region us-east-2 --ttl 8h --profile aws-standard -- demo',
    );
  });

  it.each(['C-c', 'C-d'])('%s ends with 130, and nothing is created', async (key) => {
    await using server = await startStubServer(routes);
    const terminal = await openTerminal([80, 24], ['create', 'demo'], server.env);
    await terminal.until('Number or name:');
    await terminal.press(key);
    expect(await terminal.until('EXIT 130')).toContain('Interrupted; nothing was created.');
    expect(created(server.received)).toEqual([]);
  });

  it.each([
    ['--no-input', ['--no-input'], {}],
    ['a machine output', ['-o', 'name'], {}],
    ['CI', [], { CI: 'true' }],
  ] as const)('asks nothing with %s', async (_, flags, env) => {
    await using server = await startStubServer(routes);
    const terminal = await openTerminal([80, 24], ['create', 'demo', ...flags], { ...server.env, ...env });
    expect(await terminal.until('EXIT 2')).toContain('missing flag --profile');
    expect(server.received).toEqual([]);
  });
});

it('create without a profile asks nothing in a pipe: it names the flag', async () => {
  await using server = await startStubServer(routes);
  const run = await runCli(['create', 'demo'], server.env, '1\n\n\n');
  expect(run).toMatchObject({ code: 2, stdout: '' });
  expect(run.stderr).toContain('Error: missing flag --profile\n');
  expect(server.received).toEqual([]);
});
