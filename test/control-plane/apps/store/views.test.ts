import { afterAll, beforeAll, expect, test } from 'vitest';
import { advanceGeneration, readRoutes } from '../../../../src/control-plane/apps/store/edge.sql.ts';
import { listLogLines, logTailStart } from '../../../../src/control-plane/apps/store/log-lines.sql.ts';
import { listReleases } from '../../../../src/control-plane/apps/store/releases.sql.ts';
import type { Db } from '../../../../src/control-plane/kernel/db/db.ts';
import { createTestDatabase } from '../../../setup/database.ts';
import { type AppIds, insertApp } from '../../http/kit/app-rows.ts';

let db: Db;
let drop: () => Promise<void>;
let ids: AppIds;
beforeAll(async () => {
  const database = await createTestDatabase();
  ({ db, drop } = database);
  ids = await insertApp(db, 'team-a');
  const { environment, service } = ids;
  // Release 1 was live, 2 crashed before it was, 3 is live.
  await db.script(`
    insert into app_builds (id, service_id, team, input_hash, source_sha256, builder, status, digest)
    values ('bld_1', '${service}', 'team-a', 'h', 's', 'host', 'SUCCEEDED', 'sha256:1');
    insert into app_releases (id, service_id, number, build_id, settings, variable_names, variables_hash, created_by)
    select 'rel_' || n, '${service}', n, 'bld_1', '{}', '{}', 'h', 'local:ann' from generate_series(1, 3) n;
    insert into app_deployments (id, service_id, team, number, reason, state, settings, release_id, requested_by, switched_at, ended_at)
    values ('dep_1', '${service}', 'team-a', 11, 'deploy', 'SUPERSEDED', '{}', 'rel_1', 'local:ann', clock_now(), clock_now()),
      ('dep_2', '${service}', 'team-a', 12, 'variables', 'FAILED', '{}', 'rel_2', 'local:ann', null, clock_now()),
      ('dep_3', '${service}', 'team-a', 13, 'deploy', 'LIVE', '{}', 'rel_3', 'local:ann', clock_now(), clock_now()),
      ('dep_4', '${service}', 'team-a', 14, 'rollback', 'FAILED', '{}', 'rel_1', 'local:ann', null, clock_now());
    update app_services set live_release_id = 'rel_3' where id = '${service}';
    insert into app_instances (id, environment_id, service_id, release_id, rollout_id, replica, host, runtime, memory_mb, cpus,
      state, address_host, address_port, started_at, is_serving)
    values ('ins_1', '${environment}', '${service}', 'rel_3', 'dep_3', 1, 'host-1', 'process', 256, 1,
      'RUNNING', '127.0.0.1', 25810, clock_now(), true);
    insert into app_log_lines (service_id, seq, instance_id, at, stream, text)
    select '${service}', n, case n when 1 then 'ins_gone' else 'ins_1' end, clock_now() + n * interval '1 s', 'stdout',
      case when n % 3 = 0 then 'token ' || n else 'line ' || n end
    from generate_series(1, 10) n;
    update app_services set log_seq = 10 where id = '${service}';`);
});
afterAll(() => drop());

test('P17: the last lines are the last of those that a filter selects', async () => {
  const filter = { serviceId: ids.service, since: null, grep: 'token', run: null };
  const [tail] = await db.query(logTailStart, { ...filter, count: 2 });
  const lines = await db.query(listLogLines, { ...filter, after: tail?.after ?? 0, limit: 10 });
  expect(lines.map(({ text }) => text)).toEqual(['token 6', 'token 9']);
});

test('a line says which release and replica wrote it, unless that is not known any more', async () => {
  const all = { serviceId: ids.service, since: null, grep: null, run: null, after: 0, limit: 2 };
  expect(await db.query(listLogLines, all)).toMatchObject([
    { instanceId: 'ins_gone', release: null, replica: null },
    { instanceId: 'ins_1', release: 3, replica: 1 },
  ]);
});

test('a release says why it was made, what became of it, and whether it was ever live', async () => {
  const rows = await db.query(listReleases, { serviceId: ids.service, before: null, limit: 10 });
  expect(rows.map(({ number, state, reason, wasLive }) => [number, state, reason, wasLive])).toEqual([
    [3, 'LIVE', 'deploy', true],
    [2, 'FAILED', 'variables', false],
    [1, 'FAILED', 'deploy', true],
  ]);
});

test('A9: what is being destroyed has a route only as long as requests are sent to it', async () => {
  const routed = async () => {
    await db.query(advanceGeneration, {});
    return (await db.query(readRoutes, {})).map(({ serviceId }) => serviceId);
  };
  await db.script(`update app_environments set status = 'DESTROYING' where id = '${ids.environment}'`);
  expect(await routed()).toEqual([ids.service]);
  await db.script(`update app_instances set is_serving = false where id = 'ins_1'`);
  expect(await routed()).toEqual([null]);
});
