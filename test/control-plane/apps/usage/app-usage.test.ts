import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { AppCosts } from '../../../../src/control-plane/apps/service/app-costs.ts';
import { listAppCharges } from '../../../../src/control-plane/apps/service/list-app-charges.ts';
import {
  beginDatabaseDestroy,
  setDatabaseActive,
  setDatabaseInstance,
} from '../../../../src/control-plane/apps/store/databases.sql.ts';
import { setEnvironmentExpiry } from '../../../../src/control-plane/apps/store/environments.sql.ts';
import { setDatabaseSeen } from '../../../../src/control-plane/apps/store/reconcile.sql.ts';
import { useOfBudget } from '../../../../src/control-plane/clusters/service/budgets.ts';
import { reportUsage } from '../../../../src/control-plane/clusters/service/usage-report.ts';
import type { Caller } from '../../../../src/control-plane/kernel/caller.ts';
import { statement } from '../../../../src/control-plane/kernel/db/statement.ts';
import { createTestDatabase, type TestDatabase } from '../../../setup/database.ts';
import {
  applyPrices,
  atSecond,
  costBySecond,
  type InstanceHistory,
  insertServices,
  timeOf,
  writeHistories,
} from './instance-histories.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

const auditor: Caller = {
  principal: 'local:fay',
  authMode: 'local',
  grants: [{ role: 'auditor', team: '*' }],
  requestId: 'r',
  sourceIp: '127.0.0.1',
  userAgent: 'test',
};
const at = (second: number) => timeOf(second).toISOString();
const report = (query: Parameters<typeof reportUsage>[2]) =>
  reportUsage(database.db, auditor, { limit: 200, ...query });
const dollarsOf = (cost: bigint) => Number((cost * 2n + 3_600n) / 7_200n) / 1e6;

const HOURS = 3_600;
const second = fc.nat(6 * HOURS);
const instance = fc.record({
  service: fc.nat(1),
  cpus: fc.constantFrom(0.25, 0.5, 1, 2),
  memoryMb: fc.constantFrom(64, 512, 1536),
  times: fc.uniqueArray(second, { minLength: 4, maxLength: 4 }),
  end: fc.constantFrom('none', 'retired', 'crashed', 'crashed and removed', 'stopping'),
});
const price = fc.record({
  at: second,
  cpuMicros: fc.constantFrom(0, 40_480, 1),
  gibMicros: fc.constantFrom(0, 4_445, 7),
});

function eventsOf({ times, end }: { times: number[]; end: string }): InstanceHistory['events'] {
  const [a = 0, b = 0, c = 0, d = 0] = times.toSorted((x, y) => x - y);
  const began = [
    { at: a, kind: 'started' },
    // A worker that was killed finds the instance and starts it once more.
    { at: b, kind: 'started' },
  ] as const;
  switch (end) {
    case 'retired':
      return [...began, { at: c, kind: 'stopping' }, { at: d, kind: 'removed' }];
    case 'crashed':
      return [...began, { at: c, kind: 'exited' }];
    case 'crashed and removed':
      return [...began, { at: c, kind: 'exited' }, { at: d, kind: 'removed' }];
    case 'stopping':
      return [...began, { at: c, kind: 'stopping' }];
    default:
      return began;
  }
}

test('G17: instances cost what a second implementation says, whatever happened to them and whatever the period', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(instance, { minLength: 1, maxLength: 5 }),
      fc.uniqueArray(price, { maxLength: 3, selector: ({ at: time }) => time }),
      fc.tuple(fc.nat(7 * HOURS), fc.nat(7 * HOURS)).filter(([a, b]) => a !== b),
      async (drawn, changes, bounds) => {
        const team = `t${++run}`;
        const services = [`svc-${run}-0`, `svc-${run}-1`];
        const histories = drawn.map((one, index) => ({
          ...{ id: `ins_${run}_${index}`, serviceId: services[one.service] ?? '' },
          ...{ cpus: one.cpus, memoryMb: one.memoryMb, events: eventsOf(one) },
        }));
        const prices = [
          { at: 0, cpuMicros: 40_480, gibMicros: 4_445 },
          ...changes.toSorted((a, b) => a.at - b.at),
        ];
        await insertServices(database.db, team, services);
        await writeHistories(database.db, team, histories, prices);
        const [from = 0, to = 0] = bounds.toSorted((a, b) => a - b);
        const sumOf = (some: readonly InstanceHistory[], begin: number, end: number) => {
          const costs = some.map((history) => costBySecond(history, prices, begin, end));
          const sum = (value: (one: (typeof costs)[number]) => number) =>
            costs.reduce((total, one) => total + value(one), 0);
          return {
            cost: dollarsOf(costs.reduce((total, { cost }) => total + cost, 0n)),
            hours: Math.round((sum(({ seconds }) => seconds) / HOURS) * 10_000) / 10_000,
            unpricedHours: Math.round((sum(({ unpriced }) => unpriced) / HOURS) * 10_000) / 10_000,
          };
        };
        const period = { team, from: at(from), to: at(to) };
        const byService = await report({ groupBy: 'service', ...period });
        for (const serviceId of services) {
          const own = histories.filter((history) => history.serviceId === serviceId);
          const item = byService.items.find(({ key }) => key === serviceId);
          const expected = sumOf(own, from, to);
          if (expected.hours === 0 && item === undefined) continue;
          expect(item).toMatchObject({ ...expected, kind: 'application', name: `name-${serviceId}`, team });
        }
        const all = sumOf(histories, from, to);
        expect(byService.totals).toMatchObject({ ...all, clusters: 0, applications: byService.items.length });
        const byTeam = await report({ ...period });
        expect(byTeam.totals).toEqual(byService.totals);
        // Midnight in São Paulo is 03:00 UTC.
        const midnight = 3 * HOURS;
        const parts = from < midnight && midnight < to ? [from, midnight, to] : [from, to];
        const days = await report({ groupBy: 'day', timezone: 'America/Sao_Paulo', ...period });
        expect(days.totals).toEqual(byService.totals);
        expect(days.items.map(({ cost }) => cost)).toEqual(
          parts.slice(1).map((end, part) => sumOf(histories, parts[part] ?? 0, end).cost),
        );
        const charges = await listAppCharges(database.db, auditor, { ...period, limit: 200 });
        const charged = charges.items.reduce((sum, { cost }) => sum + cost, 0);
        expect(charged).toBeCloseTo(all.cost, 5);
      },
    ),
    { numRuns: 10 },
  );
});

const listIntervals = statement({
  name: 'test.list_intervals',
  text: `select subject_id as "subject", extract(epoch from begins_at)::int8 - $2 as "begins", (extract(epoch from ends_at)::int8 - $2)::int8 as "ends"
    from usage_intervals where resource_id = $1 order by id`,
  params: { id: 'text', epoch: 'int8' },
  row: { subject: 'text', begins: 'int8', ends: 'int8?' },
});
const intervalsOf = (id: string) =>
  database.db.query(listIntervals, { id, epoch: timeOf(0).getTime() / 1000 });

test('G17: a database costs while it answers: its intervals end with a crash, a restart and a destroy', async () => {
  await insertServices(database.db, 'dbs', []);
  await database.db.script(`insert into app_databases (id, environment_id, team, name, engine, memory_mb, cpus, connection_limit, requested_by)
    values ('dbs_1', 'env_dbs', 'dbs', 'main', 'postgres', 256, 1, 20, 'local:ann')`);
  const id = 'dbs_1';
  const seen = { id, connections: 1, startedAt: timeOf(10) };
  const { db } = database;
  await atSecond(db, 10, (tx) => tx.query(setDatabaseInstance, { id, instanceId: 'ins_a', version: '16' }));
  await atSecond(db, 20, (tx) => tx.query(setDatabaseActive, { id }));
  await atSecond(db, 30, (tx) => tx.query(setDatabaseSeen, { ...seen, isUp: true }));
  await atSecond(db, 40, (tx) => tx.query(setDatabaseSeen, { ...seen, isUp: false }));
  await atSecond(db, 50, (tx) => tx.query(setDatabaseInstance, { id, instanceId: 'ins_b', version: '16' }));
  await atSecond(db, 60, (tx) => tx.query(setDatabaseActive, { id }));
  await atSecond(db, 70, (tx) => tx.query(setDatabaseInstance, { id, instanceId: 'ins_c', version: '16' }));
  await atSecond(db, 80, (tx) => tx.query(setDatabaseActive, { id }));
  await atSecond(db, 90, (tx) => tx.query(beginDatabaseDestroy, { id }));
  expect(await intervalsOf(id)).toEqual([
    { subject: 'ins_a', begins: 20, ends: 40 },
    { subject: 'ins_b', begins: 60, ends: 70 },
    { subject: 'ins_c', begins: 80, ends: 90 },
  ]);
});

test('G17: the database refuses another begin, another end, another price and a removal of what was used', async () => {
  const team = 'kept';
  await insertServices(database.db, team, ['svc-kept']);
  const history = { id: 'ins_kept', serviceId: 'svc-kept', cpus: 1, memoryMb: 512 };
  await writeHistories(
    database.db,
    team,
    [
      {
        ...history,
        events: [
          { at: 5, kind: 'started' },
          { at: 9, kind: 'removed' },
        ],
      },
    ],
    [],
  );
  for (const change of [
    `update usage_intervals set ends_at = clock_now() where subject_id = 'ins_kept'`,
    `update usage_intervals set hourly_micros = 0 where subject_id = 'ins_kept'`,
    `delete from usage_intervals where subject_id = 'ins_kept'`,
    'truncate usage_intervals',
  ])
    await expect(database.db.script(change), change).rejects.toThrow('what was used never changes');
  await expect(
    atSecond(database.db, 1, (tx) => applyPrices(tx, { cpuMicros: 5, gibMicros: 5 })),
  ).resolves.toBeUndefined();
});

test('a budget counts applications: what they cost, and what they will cost until their environment expires', async () => {
  const { db } = database;
  const team = 'budget';
  await db.script(`update app_prices set cpu_micros = 1000000, gib_micros = 0`);
  await insertServices(db, team, ['svc-budget']);
  const now = Date.now();
  await db.script(`insert into app_instances (id, environment_id, service_id, release_id, rollout_id, replica, host, runtime, state, memory_mb, cpus)
    values ('ins_budget', 'env_budget', 'svc-budget', 'rel_svc-budget', 'x', 0, 'h', 'process', 'RUNNING', 512, 2)`);
  const budget = {
    ...{ team, monthlyMicros: 1_000_000_000, alertPercent: 80, denyCreates: false },
    ...{ updatedAt: new Date(now), updatedBy: 'local:ann' },
  };
  const { committed, now: before, monthEnd } = await useOfBudget(db, budget);
  const hoursLeft = (end: Date) => (end.getTime() - before.getTime()) / 3_600_000;
  expect(committed / 1e6).toBeCloseTo(2 * hoursLeft(monthEnd), 1);
  const destroyAt = new Date(before.getTime() + 60_000);
  await db.query(setEnvironmentExpiry, { id: 'env_budget', destroyAt });
  const expiring = await useOfBudget(db, budget);
  expect(expiring.committed / 1e6).toBeCloseTo(2 / 60, 2);
  expect(expiring.spent).toBeGreaterThan(0);
  const costs = await AppCosts.read(db, { environments: ['env_budget'] });
  expect(costs.of('env_budget')).toMatchObject({ hourly: 2, unpricedHours: 0 });
  expect(costs.until('env_budget', destroyAt)).toBeCloseTo(2 / 60, 2);
});

test('a kind that has no such group is refused', async () => {
  await expect(report({ groupBy: 'region', kind: 'application' })).rejects.toMatchObject({
    code: 'POLICY_VIOLATION',
    errors: [{ field: 'groupBy' }],
  });
});

test('A10: charges and groups of other teams are not in a report', async () => {
  const stranger: Caller = { ...auditor, grants: [{ role: 'auditor', team: 'strangers' }] };
  const period = { from: at(0), to: at(8 * HOURS), limit: 200 };
  expect((await listAppCharges(database.db, auditor, period)).items).not.toEqual([]);
  expect((await listAppCharges(database.db, stranger, period)).items).toEqual([]);
  expect((await listAppCharges(database.db, stranger, { ...period, team: 'kept' })).items).toEqual([]);
  const { items, totals } = await reportUsage(database.db, stranger, { ...period, groupBy: 'service' });
  expect({ items, hours: totals.hours }).toEqual({ items: [], hours: 0 });
});

test('pages of charges are of one period, each row once', async () => {
  const query = { team: 't1', from: at(0), to: at(8 * HOURS) };
  const whole = await listAppCharges(database.db, auditor, { ...query, limit: 200 });
  const paged = [];
  for (let cursor: string | undefined; ; ) {
    const page = await listAppCharges(database.db, auditor, {
      ...{ ...query, limit: 1 },
      ...(cursor === undefined ? {} : { cursor }),
    });
    paged.push(...page.items);
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  expect(paged).toEqual(whole.items);
});
