import { afterAll, beforeAll, expect, test } from 'vitest';
import type { EdgeTraffic } from '../../../../src/control-plane/apps/edge/edge-state.ts';
import { readServiceMetrics } from '../../../../src/control-plane/apps/service/service-metrics.ts';
import {
  addTraffic,
  addUsage,
  deleteOldSamples,
} from '../../../../src/control-plane/apps/store/samples.sql.ts';
import type { Caller } from '../../../../src/control-plane/kernel/caller.ts';
import { statement } from '../../../../src/control-plane/kernel/db/statement.ts';
import { newId } from '../../../../src/control-plane/kernel/ids.ts';
import { createTestDatabase, moveClock, type TestDatabase } from '../../../setup/database.ts';

let store: TestDatabase;
const environment = newId('env');
const service = newId('svc');
const [build, release] = [newId('bld'), newId('rel')];
const instances = [newId('ins'), newId('ins')];
const ANN: Caller = {
  ...{ principal: 'local:ann', authMode: 'local', requestId: 'r', sourceIp: '127.0.0.1', userAgent: 'test' },
  grants: [{ role: 'auditor', team: 'a' }],
};

beforeAll(async () => {
  store = await createTestDatabase();
  const rows = instances.map(
    (id, replica) =>
      `('${id}', '${environment}', '${service}', '${release}', 'r', ${replica}, 'h', 'process', 64, 1, clock_now())`,
  );
  await store.db.script(`
    insert into app_environments (id, team, name, owner, requested_by)
    values ('${environment}', 'a', 'default', 'ann', 'local:ann');
    insert into app_services (id, environment_id, team, name, kind, host_label, replicas, settings, requested_by)
    values ('${service}', '${environment}', 'a', 'api', 'web', 'api', 2, '{}', 'local:ann');
    insert into app_builds (id, service_id, team, source_sha256, input_hash, builder, status, digest)
    values ('${build}', '${service}', 'a', 'x', 'x', 'host', 'SUCCEEDED', 'x');
    insert into app_releases (id, service_id, number, build_id, settings, variable_names, variables_hash, created_by)
    values ('${release}', '${service}', 1, '${build}', '{}', '{}', 'x', 'local:ann');
    insert into app_instances (id, environment_id, service_id, release_id, rollout_id, replica, host, runtime, memory_mb, cpus, started_at)
    values ${rows.join(', ')};`);
});
afterAll(() => store.drop());

const read = (query: Parameters<typeof readServiceMetrics>[3] = {}) =>
  readServiceMetrics(store.db, ANN, service, query);
let offset = 0;
const pass = async (seconds: number) => {
  offset += seconds;
  await moveClock(store.url, `${offset} seconds`);
};
/** To the begin of an hour, so that what follows is in one step. */
const toNextHour = async () => pass((await store.db.query(untilNextHour, {}))[0]?.seconds ?? 0);
const untilNextHour = statement({
  name: 'test.until_next_hour',
  text: `select (3600 - extract(epoch from clock_now())::numeric % 3600 + 1)::float8 as "seconds"`,
  params: {},
  row: { seconds: 'float8' },
});
const traffic = (requests: number): EdgeTraffic => ({
  ...{ serviceId: service, requests, clientErrors: 2, serverErrors: 1 },
  ...{ latency: [0, 0, requests, ...new Array<number>(12).fill(0)], bytesIn: 10, bytesOut: 20 },
});
const use = (...seconds: number[]) =>
  store.db.query(addUsage, {
    usage: instances.map((id, index) => ({ id, cpuSeconds: seconds[index], memoryBytes: 1_000 })),
  });

test('P17: reports of several edges and of the host are added up in steps of 15 s, a minute and an hour', async () => {
  await toNextHour();
  const unknown = { ...traffic(7), serviceId: newId('svc') };
  await Promise.all([1, 2, 3].map((n) => store.db.query(addTraffic, { traffic: [traffic(n), unknown] })));
  await use(1, 2);
  expect((await read()).items, 'a step that has not ended is not shown').toEqual([]);
  await pass(15);
  const sum = {
    requests: 6,
    clientErrors: 6,
    serverErrors: 3,
    bytesIn: 30,
    bytesOut: 60,
    memoryBytes: 2_000,
  };
  expect(await read()).toMatchObject({ stepSeconds: 15, items: [{ ...sum, p50Ms: 3.5 }] });
  await store.db.query(addTraffic, { traffic: [traffic(4)] });
  await pass(3_600);
  const since = new Date(0).toISOString();
  expect((await read({ since })).items, 'hours for a long time').toMatchObject([{ requests: 10 }]);
  const minutes = await read({ since, stepSeconds: 60 });
  expect(minutes.items).toHaveLength(1);
  expect(minutes.items[0]).toMatchObject({ requests: 10, memoryBytes: 2_000 });
  expect((await read({ since, stepSeconds: 15 })).items).toHaveLength(2);
});

test('P17: processors are what all instances used in the time between two measurements, also when one is missing', async () => {
  await toNextHour();
  await use(10, 10);
  await pass(15);
  await use(13, 16);
  await pass(30);
  await use(13, 22);
  await pass(15);
  const { items } = await read();
  // 9 s in 15 s; then nothing for one step; then 6 s in 30 s.
  expect(items.map(({ cpus }) => Math.round((cpus ?? 0) * 10) / 10).slice(1)).toEqual([0.6, 0.2]);
});

test('P17: an instance whose counter began again counts from there, one that is removed not at all', async () => {
  await toNextHour();
  await use(50, 50);
  await pass(15);
  await store.db.script(`update app_instances set state = 'REMOVED' where id = '${instances[1]}'`);
  await use(3, 99);
  await pass(15);
  expect((await read()).items.at(-1)).toMatchObject({ cpus: 0, memoryBytes: 1_000 });
});

test('A10: figures of a service of another team are unknown', async () => {
  const stranger = { ...ANN, grants: [{ role: 'auditor' as const, team: 'b' }] };
  await expect(readServiceMetrics(store.db, stranger, service, {})).rejects.toThrow('There is no service');
});

test('P17: figures of 15 s are kept for a day, of a minute for 7 days, of an hour for 90 days', async () => {
  const DAY = 86_400;
  const stepsAfter = async (seconds: number) => {
    await pass(seconds);
    while (((await store.db.query(deleteOldSamples, { days: 90 }))[0]?.count ?? 0) > 0);
    const rows = await store.db.query(listSteps, {});
    return rows.map(({ step }) => step);
  };
  expect(await stepsAfter(1)).toEqual([15, 60, 3600]);
  expect(await stepsAfter(25 * 3_600)).toEqual([60, 3600]);
  expect(await stepsAfter(7 * DAY)).toEqual([3600]);
  expect(await stepsAfter(84 * DAY)).toEqual([]);
});

const listSteps = statement({
  name: 'test.list_steps',
  text: `select distinct step_seconds as "step" from app_samples order by 1`,
  params: {},
  row: { step: 'int4' },
});
