import { beforeAll, expect, test } from 'vitest';
import { idempotencyKey } from '../../src/client/api-client.ts';
import { ApiError } from '../../src/client/api-error.ts';
import { countRows } from '../chaos/sql.ts';
import { createCluster } from './clusters.ts';
import { openPostgresSite, useServer } from './open-site.ts';
import type { ServerProcess } from './server-process.ts';

const PROFILE = 'aws-minimal-test';
const API = { args: ['--role', 'api'] };
const shared = useServer(
  {
    OCPCTL_TEAM_CREATES_PER_HOUR: '10',
    OCPCTL_TEAM_CONCURRENT_CREATES: '100',
    OCPCTL_TEAM_ACTIVE_CLUSTERS: '100',
  },
  API,
);
/** A second server beside the first. */
let second: ServerProcess;
beforeAll(async () => {
  second = await shared().site.start(API);
});

/** How many were refused, by code. */
function refusals(outcomes: readonly PromiseSettledResult<unknown>[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const outcome of outcomes) {
    if (outcome.status === 'fulfilled') continue;
    const code = outcome.reason instanceof ApiError ? outcome.reason.code : String(outcome.reason);
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
}

test('S28: G18: 50 requests of one principal at once, with two keys, through two server processes: exactly as many as the budget has', async () => {
  const { site } = await openPostgresSite({ OCPCTL_REQUESTS_PER_MINUTE: '0.01', OCPCTL_REQUEST_BURST: '30' });
  const [one, two] = await Promise.all([site.start(API), site.start(API)]);
  const keys = await Promise.all([1, 2].map(() => site.cli('admin', 'keys', 'create', 'ann', '--json')));
  const clients = keys.flatMap(({ stdout }) =>
    [one, two].map((server) => site.client(server, JSON.parse(stdout))),
  );
  const outcomes = await Promise.allSettled(
    Array.from({ length: 50 }, (_, i) => {
      const client = clients[i % clients.length];
      if (client === undefined) throw new Error('there are four');
      return client.GET('/v1/whoami');
    }),
  );
  expect(refusals(outcomes)).toEqual({ RATE_LIMITED: 20 });
  const [key] = keys.map(({ stdout }) => JSON.parse(stdout));
  const refused = await site.command(['list', '--json'], {
    OCPCTL_ACCESS_KEY_ID: key.id,
    OCPCTL_SECRET_ACCESS_KEY: key.secretAccessKey,
  }).finished;
  expect(refused.code).toBe(7);
  const { error } = JSON.parse(refused.stderr);
  expect(error).toMatchObject({ code: 'RATE_LIMITED', status: 429, retryable: true });
  expect(error.message).toContain('30 requests');
});

test('S28: G18: 20 creates at once, and 50 copies of the 11th, through two server processes: 10 clusters', async () => {
  const { site, client: first, databaseUrl } = shared();
  const clients = [first, site.client(second)];
  const create = (i: number, name: string, key = idempotencyKey()) => {
    const client = clients[i % 2];
    if (client === undefined) throw new Error('there are two');
    return createCluster(client, { name, profile: PROFILE, team: 'payments' }, key);
  };
  const many = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => create(i, `many-${i}`)));
  expect(refusals(many)).toEqual({ RATE_LIMITED: 10 });
  const key = idempotencyKey();
  const copies = await Promise.allSettled(Array.from({ length: 50 }, (_, i) => create(i, 'eleventh', key)));
  expect(refusals(copies)).toEqual({ RATE_LIMITED: 50 });
  expect(await countRows(databaseUrl, 'clusters')).toBe(10);
  expect(await countRows(databaseUrl, 'jobs')).toBe(10);
  const quota = await site.cli('quota', '--team', 'payments');
  expect(quota.stdout).toMatch(/Creates in the last hour +10 of 10/);
  expect(quota.stdout).toMatch(/Next create free .*in (59m|1h)/);
});

test('the command line waits for its turn: 429 is retried until there is room', async () => {
  const { site } = await openPostgresSite({ OCPCTL_REQUESTS_PER_MINUTE: '60', OCPCTL_REQUEST_BURST: '2' });
  await site.start(API);
  const runs = await Promise.all(Array.from({ length: 5 }, () => site.cli('whoami', '-o', 'name')));
  expect(runs.map(({ code, stdout }) => [code, stdout])).toEqual(runs.map(() => [0, 'local:admin\n']));
});

test('a team in local mode: an admin makes a key and a grant, its owner works with it, and a revoked key is refused', async () => {
  const { site } = shared();
  const urls = site.servers.map(({ url }) => url);
  const made = await site.cli('admin', 'keys', 'create', 'ann', '--json');
  expect(made.code).toBe(0);
  const { id, secretAccessKey } = JSON.parse(made.stdout);
  const asAnn = (server = '', ...argv: string[]) =>
    site.command([...argv, '--server', server], {
      OCPCTL_ACCESS_KEY_ID: id,
      OCPCTL_SECRET_ACCESS_KEY: secretAccessKey,
    }).finished;
  expect((await asAnn(urls[0], 'list')).code).toBe(6);
  const grant = ['local:ann', '--role', 'requester', '--team', 'billing'];
  expect(await site.cli('admin', 'grants', 'add', ...grant)).toMatchObject({ code: 0 });
  const created = await asAnn(urls[1], 'create', 'anns', '--profile', PROFILE, '-o', 'value=cluster.team');
  expect(created).toMatchObject({ code: 0, stdout: 'billing\n' });
  const why = await site.cli('admin', 'grants', 'test', 'local:ann', 'destroyCluster', '--team', 'billing');
  expect(why.code).toBe(0);
  expect(why.stdout).toContain('requester in billing');
  const not = await site.cli('admin', 'grants', 'test', 'local:ann', 'addGrant');
  expect(not.code).toBe(11);
  expect(not.stderr).toContain('requires platform_admin');
  expect(await site.cli('admin', 'keys', 'revoke', id)).toMatchObject({ code: 0 });
  for (const url of urls) expect((await asAnn(url, 'list')).code).toBe(4);
  const last = await site.cli(
    'admin',
    'grants',
    'remove',
    'local:admin',
    '--role',
    'platform_admin',
    '--team',
    '*',
    '--dry-run',
    '--json',
  );
  expect(last.code).toBe(5);
  expect(JSON.parse(last.stderr)).toMatchObject({ error: { code: 'LAST_ADMIN' } });
});
