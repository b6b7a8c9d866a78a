import { expect, test } from 'vitest';
import type { UsageReport } from '../../src/contract/documents.ts';
import { CLUSTER_ID } from './support/documents.ts';
import { runCli } from './support/run-cli.ts';
import { pageResponse, startStubServer } from './support/stub-server.ts';

const CLUSTERS = { kind: 'cluster', applications: 0, unpricedHours: 0 } as const;
const report: UsageReport = {
  from: '2026-11-01T00:00:00.000Z',
  to: '2026-11-04T00:00:00.000Z',
  timezone: 'UTC',
  groupBy: 'team',
  currency: 'USD',
  basis: 'estimate',
  items: [
    { key: 'payments', name: 'payments', team: null, ...CLUSTERS, clusters: 2, hours: 100.25, cost: 75.5 },
    { key: 'web', name: 'web', team: null, ...CLUSTERS, clusters: 1, hours: 20, cost: 24.5 },
  ],
  totals: { clusters: 3, applications: 0, hours: 120.25, cost: 100, unpricedHours: 0 },
  nextCursor: null,
};
const days: UsageReport = {
  ...report,
  groupBy: 'day',
  items: [10, 80, 0].map((cost, index) => ({
    key: `2026-11-0${index + 1}`,
    name: `2026-11-0${index + 1}`,
    team: null,
    ...CLUSTERS,
    clusters: 1,
    hours: 1,
    cost,
  })),
};
const routes = {
  'GET /v1/reports/usage': ({ query }: { query: URLSearchParams }) => ({
    body: query.get('groupBy') === 'day' ? days : report,
  }),
};

test('shows a bar for each group; below, on stderr, the total, that it is an estimate, and a sparkline of the days', async () => {
  await using server = await startStubServer(routes);
  const run = await runCli(['report', 'usage', '--from', '2026-11-01', '--to', '2026-11-04'], server.env);
  expect(run.stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['TEAM', 'KIND', 'COUNT', 'HOURS', 'COST', 'SHARE'],
    ['payments', 'cluster', '2', '100.25', '$75.50', '76% ████████████████████'],
    ['web', 'cluster', '1', '20.00', '$24.50', '25% ██████'],
    [''],
  ]);
  expect(run.stderr).toContain(
    'Total: $100.00 for 3 clusters, 120.25 hours (estimate from list prices), 2026-11-01 00:00:00Z to 2026-11-04 00:00:00Z',
  );
  expect(run.stderr).toContain('By day: ▁█▁');
  expect(Object.fromEntries(server.received[0]?.query ?? [])).toMatchObject({
    from: '2026-11-01T00:00:00.000Z',
    to: '2026-11-04T00:00:00.000Z',
    groupBy: 'team',
  });
});

test('csv and json have exact values; json is the document of the API, with the groups of all pages', async () => {
  const [first, second] = report.items;
  await using server = await startStubServer({
    'GET /v1/reports/usage': ({ query }) => ({
      body: query.has('cursor')
        ? { ...report, items: [second] }
        : { ...report, items: [first], nextCursor: 'next' },
    }),
  });
  const csv = await runCli(['report', 'usage', '-o', 'csv'], server.env);
  expect(csv.stdout).toBe(
    'team,kind,count,hours,cost,share\npayments,cluster,2,100.25,75.5,0.7550\nweb,cluster,1,20,24.5,0.2450\n',
  );
  expect(JSON.parse((await runCli(['report', 'usage', '--json'], server.env)).stdout)).toEqual(report);
  expect((await runCli(['report', 'usage', '-o', 'value=totals.cost'], server.env)).stdout).toBe('100\n');
});

const QUOTA = {
  principal: {
    principal: 'local:ann',
    requests: { limit: 9, used: 0, perMinute: 9, remaining: 9, resetSeconds: 0 },
  },
  items: [
    { team: 'payments', budget: { monthly: 500, spent: 300, committed: 80, denyCreates: true } },
    { team: 'web' },
  ],
};

test('an empty period says so', async () => {
  await using server = await startStubServer({
    'GET /v1/reports/usage': () => ({
      body: { ...report, items: [], totals: { ...report.totals, clusters: 0, hours: 0, cost: 0 } },
    }),
    'GET /v1/quota': () => ({ body: QUOTA }),
  });
  const run = await runCli(['report', 'usage'], server.env);
  expect(run).toMatchObject({ code: 0 });
  expect(run.stderr).toContain(
    'Budget of payments: $300.00 of $500.00 spent (60%), $80.00 more this month for what exists (estimates); creates that would exceed it are refused',
  );
  expect(run.stderr).toContain(
    'No clusters or applications existed from 2026-11-01 00:00:00Z to 2026-11-04 00:00:00Z.',
  );
});

test('applications are rows of their own; hours without a price are said, not shown as $0.00', async () => {
  const item = { key: 'payments', name: 'payments', team: null, clusters: 0, kind: 'application' as const };
  const free = { ...item, key: 'web', name: 'web', applications: 1, hours: 2, cost: 0, unpricedHours: 2 };
  const body: UsageReport = {
    ...report,
    items: [...report.items, { ...item, applications: 4, hours: 10, cost: 0.4, unpricedHours: 0 }, free],
    totals: { clusters: 3, applications: 5, hours: 132.25, cost: 100.4, unpricedHours: 2 },
  };
  await using server = await startStubServer({ 'GET /v1/reports/usage': () => ({ body }) });
  const run = await runCli(['report', 'usage', '--kind', 'application', '--group-by', 'owner'], server.env);
  const lines = run.stdout.split('\n').map((line) => line.split(/ {2,}/));
  expect(lines[3]).toEqual(['payments', 'application', '4', '10.00', '$0.40', '0%']);
  expect(lines[4]).toEqual(['web', 'application', '1', '2.00', 'no price', '0%']);
  expect(run.stderr).toContain('Total: $100.40 for 3 clusters and 5 applications, 132.25 hours');
  expect(run.stderr).toContain(
    'Not in the cost: 2.00 hours of applications without a price. Operators set OCPCTL_APP_CPU_PRICE and OCPCTL_APP_MEMORY_PRICE.',
  );
  expect(server.received[0]?.query.get('kind')).toBe('application');
});

test.each([
  [
    ['--from', 'yesteryear'],
    'invalid time "yesteryear" for --from: use for example 2026-11-01, 30d, last-month',
  ],
  [['--from', '2026-02-30'], 'invalid time "2026-02-30" for --from'],
  [['--from', '2026-11-02', '--to', '2026-11-02'], 'before it begins'],
  [['--from', '2999-01-01'], '--from is in the future: 2999-01-01T00:00:00.000Z'],
  [['--timezone', 'EST'], 'unknown time zone "EST" for --timezone: use UTC, or a name such as Europe/Berlin'],
  [['--group-by', 'color'], '--group-by'],
])('%s is a usage error before anything is asked', async (argv, message) => {
  await using server = await startStubServer(routes);
  const run = await runCli(['report', 'usage', ...argv], server.env);
  expect(run).toMatchObject({ code: 2, stdout: '' });
  expect(run.stderr).toContain(message);
  expect(server.received).toEqual([]);
});

test('-o focus prints a FOCUS file of the charges; other commands refuse it before they do anything', async () => {
  const charge = {
    clusterId: CLUSTER_ID,
    name: 'demo',
    platform: 'aws',
    version: '4.20.3',
    profile: 'aws-standard',
    region: 'us-east-1',
    owner: 'ann',
    team: 'payments',
    costCenter: 'cc-1',
    cloudAccount: '111122223333',
    mode: 'real',
    tags: {},
    start: '2026-11-01T00:00:00.000Z',
    end: '2026-11-01T05:00:00.000Z',
    hours: 5,
    hourlyCost: 2,
    cost: 10,
    workers: 3,
    priceDate: '2026-11-01',
  };
  const instance = {
    ...{ instanceId: 'ins_1', type: 'service', id: 'svc_1', name: 'api', owner: 'ann', team: 'payments' },
    ...{ environment: { id: 'env_1', name: 'default' }, cpus: 1, memoryMb: 512, priceDate: '2026-11-29' },
    ...{ start: charge.start, end: charge.end, hours: 5, hourlyCost: null, cost: 0 },
  };
  await using server = await startStubServer({
    'GET /v1/reports/charges': () => pageResponse([charge]),
    'GET /v1/reports/application-charges': () => pageResponse([instance]),
  });
  const run = await runCli(['report', 'usage', '--from', '2026-11-01', '-o', 'focus'], server.env);
  const [header, row, application] = run.stdout.split('\n');
  expect(application).toContain('instance ins_1 of service api in environment default');
  expect(run.stderr).toContain('Not in the cost: 5.00 hours of applications without a price.');
  expect(header).toMatch(/^AvailabilityZone,BilledCost,BillingAccountId,.*,x_Workers$/);
  expect(row).toContain('10.0,111122223333');
  const refused = await runCli(['destroy', 'demo', '--yes', '-o', 'focus'], server.env);
  expect(refused).toMatchObject({ code: 2, stdout: '' });
  expect(JSON.parse(refused.stderr).error.message).toBe('this command has no output format "focus"');
  expect(server.received).toHaveLength(2);
});
