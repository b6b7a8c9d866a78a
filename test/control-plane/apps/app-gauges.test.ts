import { afterAll, beforeAll, expect, test } from 'vitest';
import { APP_GAUGES } from '../../../src/control-plane/apps/app-gauges.ts';
import { createMetrics } from '../../../src/control-plane/kernel/telemetry/metrics.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/database.ts';
import { insertServices } from './usage/instance-histories.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  const { db } = database;
  await db.script(
    'insert into app_prices (cpu_micros, gib_micros, price_date) values (40000, 0, current_date)',
  );
  await insertServices(db, 'a', ['secret-1', 'secret-2']);
  await insertServices(db, 'b', ['secret-3']);
  await db.script(`
    insert into app_instances (id, environment_id, service_id, release_id, rollout_id, replica, host, runtime, state, memory_mb, cpus)
    select 'ins_' || n, 'env_' || team, service, 'rel_' || service, 'r', n, 'h', 'process', state, 512, 0.5
    from (values (1, 'a', 'secret-1', 'RUNNING'), (2, 'a', 'secret-1', 'RUNNING'), (3, 'a', 'secret-2', 'EXITED'),
      (4, 'a', 'secret-2', 'REMOVED'), (5, 'b', 'secret-3', 'RUNNING')) as i (n, team, service, state);
    update app_services set crashed_at = clock_now() where id in ('secret-2', 'secret-3');
    update app_services set status = 'DESTROYED', destroyed_at = clock_now() where id = 'secret-3';
    insert into app_deployments (id, service_id, team, number, reason, state, settings, requested_by, switched_at, ended_at)
    select 'dep_' || n, 'secret-1', 'a', n, 'deploy', state, '{}', 'local:secret', case when is_switched then clock_now() end,
      clock_now() - ended::interval
    from (values (1, 'LIVE', true, '1 minute'), (2, 'SUPERSEDED', true, '9 minutes'), (3, 'SUPERSEDED', false, '8 minutes'),
      (4, 'FAILED', false, '59 minutes'), (5, 'FAILED', false, '61 minutes')) as d (n, state, is_switched, ended);`);
});
afterAll(() => database.drop());

test('metrics of applications: what runs, what crashed and how deployments ended, without the name of a service or a person', async () => {
  const { text } = await (await createMetrics(database.db, [APP_GAUGES])).render();
  const lines = text.split('\n').filter((line) => line.startsWith('ocpctl_app_'));
  expect(lines.sort()).toEqual([
    'ocpctl_app_deployments_last_hour{team="a",result="FAILED"} 1',
    // A deployment that a later one replaced had become live.
    'ocpctl_app_deployments_last_hour{team="a",result="LIVE"} 2',
    'ocpctl_app_deployments_last_hour{team="a",result="SUPERSEDED"} 1',
    'ocpctl_app_hourly_cost_dollars{team="a"} 0.04',
    'ocpctl_app_hourly_cost_dollars{team="b"} 0.02',
    'ocpctl_app_instances{team="a",state="EXITED"} 1',
    'ocpctl_app_instances{team="a",state="RUNNING"} 2',
    'ocpctl_app_instances{team="b",state="RUNNING"} 1',
    'ocpctl_app_services_crashed{team="a"} 1',
  ]);
  expect(text).not.toMatch(/secret|ins_/);
});
