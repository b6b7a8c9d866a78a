import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadProfiles } from '../../../../src/control-plane/clusters/profiles/load-profiles.ts';
import type { Profile } from '../../../../src/control-plane/clusters/profiles/profile.ts';
import { keepProfile } from '../../../../src/control-plane/clusters/service/accepted-profile.ts';
import { reportUsage } from '../../../../src/control-plane/clusters/service/usage-report.ts';
import { clusterPricesTask } from '../../../../src/control-plane/clusters/tasks/prices.ts';
import { hourlyCost } from '../../../../src/control-plane/clusters/usage/hourly-cost.ts';
import type { PriceTable } from '../../../../src/control-plane/clusters/usage/prices.ts';
import { readDatabaseTime } from '../../../../src/control-plane/kernel/db/clock.sql.ts';
import { statement } from '../../../../src/control-plane/kernel/db/statement.ts';
import { createTestDatabase, type TestDatabase } from '../../../setup/database.ts';
import { runTask } from '../../../setup/run-task.ts';
import { shippedProfile } from '../policy/example.ts';
import { EPOCH, HistoryWriter } from './cluster-histories.ts';
import { shippedPrices } from './shipped-prices.ts';

const ROOT = new URL('../../../..', import.meta.url).pathname;
const profiles = loadProfiles([`${ROOT}/profiles`]);
const standard = shippedProfile('aws-standard');
/** The first table, and a later one in which machines cost more. */
const shipped = shippedPrices(new Date('2026-11-01T00:00:00Z'));
const next: PriceTable = dearer(shippedPrices());
function dearer(table: PriceTable): PriceTable {
  const { aws } = table.platforms;
  const prices = 'regions' in aws ? aws.regions['us-east-1'] : undefined;
  if (prices === undefined) throw new Error('no prices of us-east-1');
  const instances = { ...prices.instances, 'm6i.xlarge': 1, 'm6i.2xlarge': 2 };
  const regions = { 'us-east-1': { ...prices, instances } };
  return { ...table, date: '2026-12-01', platforms: { ...table.platforms, aws: { regions } } };
}
const rate = (workers: number, profile: Profile = standard) =>
  hourlyCost(profile, { region: 'us-east-1', workers }, next).perHour;
const AFTER = { ...auditor(), requestId: 'r', sourceIp: '127.0.0.1', userAgent: 'test' };
function auditor() {
  return {
    principal: 'local:fay',
    authMode: 'local' as const,
    grants: [{ role: 'auditor' as const, team: '*' }],
  };
}
const listSteps = statement({
  name: 'test.list_steps',
  text: `select cluster_id as "id", hourly_micros as "micros", price_date::text as "date" from cluster_rates r order by r.id`,
  params: {},
  row: { id: 'text', micros: 'int8?', date: 'text?' },
});

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  const writer = new HistoryWriter(database.url);
  await writer.open();
  const history = { team: 'a', workers: 3, perMaster: 756_000, perWorker: 384_000 };
  await writer.write({ ...history, id: 'clu_alive', events: [{ at: 0, kind: 'CREATING' }] });
  await writer.write({
    ...history,
    id: 'clu_gone',
    events: [
      { at: 0, kind: 'CREATING' },
      { at: 9, kind: 'DESTROYING' },
      { at: 9, kind: 'DESTROYED' },
    ],
  });
  await writer.close();
});
afterAll(() => database.drop());

const run = (table: PriceTable) =>
  runTask(clusterPricesTask({ db: database.db, profiles, prices: { at: () => table } }));
const costUntil = async (to: Date) =>
  (await reportUsage(database.db, AFTER, { from: new Date(EPOCH).toISOString(), to: to.toISOString() }))
    .totals.cost;

test('G17: a new price table changes what clusters that exist cost from then on, and nothing of the past', async () => {
  await run(shipped);
  const before = await readDatabaseTime(database.db);
  const costBefore = await costUntil(before);
  expect(await run(next)).toEqual({ priced: 1, prices: '2026-12-01' });
  expect(await run(next)).toBeUndefined();
  // A server of the version before does not take the new prices back.
  expect(await run(shipped)).toBeUndefined();
  const steps = (await database.db.query(listSteps, {})).map(({ id, micros, date }) => [id, micros, date]);
  expect(steps).toEqual([
    ['clu_alive', 1_908_000, null],
    ['clu_gone', 1_908_000, null],
    ['clu_gone', null, null],
    ['clu_alive', rate(3), '2026-12-01'],
  ]);
  expect(await costUntil(before)).toBe(costBefore);
});

test('G17: a change of the number of workers costs what the workers of that price table cost', async () => {
  await database.db.script(`update clusters set worker_replicas = 1 where id = 'clu_alive'`);
  const last = (await database.db.query(listSteps, {})).at(-1);
  expect(last).toMatchObject({
    id: 'clu_alive',
    micros: rate(1),
    date: '2026-12-01',
  });
});

test('G17: a failed create that is proven to have left nothing costs nothing from then on', async () => {
  await database.db.script(`
    update clusters set status = 'DESTROYING' where id = 'clu_alive'; update clusters set status = 'DESTROY_FAILED' where id = 'clu_alive';
    update clusters set proven_empty_at = clock_now() where id = 'clu_alive'`);
  expect((await database.db.query(listSteps, {})).at(-1)).toMatchObject({ id: 'clu_alive', micros: null });
  await database.db.script(`update clusters set worker_replicas = 5 where id = 'clu_alive'`);
  expect((await database.db.query(listSteps, {})).at(-1)).toMatchObject({ micros: null });
});

test('G17: a cluster is priced by the profile that it was accepted with, not by that of the server that prices', async () => {
  const { controlPlane } = standard.compute;
  const accepted = {
    ...standard,
    compute: { ...standard.compute, controlPlane: { ...controlPlane, instanceType: 'm6i.2xlarge' } },
  };
  const writer = new HistoryWriter(database.url);
  await writer.open();
  const history = { team: 'a', workers: 3, perMaster: 756_000, perWorker: 384_000 };
  await writer.write({ ...history, id: 'clu_kept', events: [{ at: 0, kind: 'CREATING' }] });
  await writer.close();
  const { profileDigest } = await database.db.tx((tx) => keepProfile(tx, accepted));
  await database.db.script(`update clusters set profile_digest = '${profileDigest}' where id = 'clu_kept'`);
  await run({ ...next, date: '2026-12-02' });
  const last = (await database.db.query(listSteps, {})).at(-1);
  expect(rate(3, accepted)).toBe(rate(3) + 3 * 1_000_000);
  expect(last).toEqual({
    id: 'clu_kept',
    micros: rate(3, accepted),
    date: '2026-12-02',
  });
});
