import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCli, temporaryFolder } from './support/run-cli.ts';
import { startStubServer } from './support/stub-server.ts';

const group = {
  key: 'clu_a',
  name: 'demo',
  team: 'payments',
  kind: 'cluster',
  clusters: 1,
  applications: 0,
  hours: 10,
  cost: 9,
  unpricedHours: 0,
};
const report = {
  from: '2026-11-01T00:00:00.000Z',
  to: '2026-11-02T00:00:00.000Z',
  timezone: 'UTC',
  groupBy: 'cluster',
  currency: 'USD',
  basis: 'estimate',
  items: [group],
  totals: { clusters: 1, applications: 0, hours: 10, cost: 9, unpricedHours: 0 },
  nextCursor: null,
};
const BILL = [
  'BilledCost,EffectiveCost,BillingCurrency,ChargePeriodStart,ChargePeriodEnd,Tags',
  '10,10,USD,2026-11-01T00:00:00Z,2026-11-02T00:00:00Z,"{""ClusterId"":""clu_a""}"',
  '5.5,5.5,USD,2026-11-01T00:00:00Z,2026-11-02T00:00:00Z,',
];

test('shows estimate beside bill, untagged spend as a line of its own, for the period of the file', async () => {
  const file = join(temporaryFolder(), 'bill.csv');
  writeFileSync(file, BILL.join('\n'));
  await using server = await startStubServer({ 'GET /v1/reports/usage': () => ({ body: report }) });
  const run = await runCli(['report', 'reconcile', file], server.env);
  expect(run.stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
    ['CLUSTER', 'TEAM', 'ESTIMATE', 'ACTUAL', 'DIFFERENCE'],
    ['demo', 'payments', '$9.00', '$10.00', '$1.00'],
    ['(untagged)', '-', '-', '$5.50', '-'],
    [''],
  ]);
  expect(run.stderr).toContain(
    'FOCUS, 2 rows, 2026-11-01 00:00:00Z to 2026-11-02 00:00:00Z: estimated $9.00, billed $15.50',
  );
  expect(Object.fromEntries(server.received[0]?.query ?? [])).toMatchObject({
    from: '2026-11-01T00:00:00.000Z',
    to: '2026-11-02T00:00:00.000Z',
    groupBy: 'cluster',
  });
  const byTeam = await runCli(['report', 'reconcile', file, '--group-by', 'team', '-o', 'csv'], server.env);
  expect(byTeam.stdout).toBe('team,estimate,actual,difference\npayments,9,10,1\n(untagged),,5.5,\n');
  const json = JSON.parse((await runCli(['report', 'reconcile', file, '--json'], server.env)).stdout);
  expect(json).toMatchObject({
    format: 'FOCUS',
    rows: 2,
    clusters: [{ key: 'clu_a' }, { key: null, actual: 5.5 }],
    teams: [{}, {}],
  });
});

test('a row that cannot be understood is named, and nothing is asked of the server', async () => {
  const file = join(temporaryFolder(), 'bill.csv');
  writeFileSync(file, [...BILL, '1,one,USD,2026-11-01T00:00:00Z,2026-11-02T00:00:00Z,'].join('\n'));
  await using server = await startStubServer({});
  const run = await runCli(['report', 'reconcile', file], server.env);
  expect(run).toMatchObject({ code: 1, stdout: '' });
  expect(run.stderr).toContain(`Error: ${file}, row 4: EffectiveCost: "one" is not an amount`);
  expect(server.received).toEqual([]);
});
