import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLUSTER_GAUGES } from '../../../src/control-plane/clusters/cluster-gauges.ts';
import { createMetrics } from '../../../src/control-plane/kernel/telemetry/metrics.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  // Triggers would ask for a transition of each status.
  await database.db.script(`
    set session_replication_role = replica;
    insert into clusters (id, name, platform, version, profile, region, base_domain, owner, team, cost_center, status, requested_by,
      ttl_hours, destroy_at, requested_tags, effective_tags, offhours_opt_in, on_failure, worker_replicas, hourly_cost, cloud,
      destroyed_at, proven_empty_at, abandoned_at, abandoned_by, abandon_reason)
    select 'clu_' || n, 'secret-' || n, 'aws', '4.20.0', profile, 'r', 'd', 'secret-owner', team, 'secret-cc', status, 'local:secret',
      1, clock_now() + expires::interval, '{}', '{}', false, 'destroy', 2, cost, 'sandbox',
      case when status = 'DESTROYED' then clock_now() end, case when is_empty then clock_now() end, case when is_abandoned then clock_now() end,
      case when is_abandoned then 'ann' end, case when is_abandoned then 'closed' end
    from (values
      (1, 'a', 'p', 'READY', '1 hour', 1.5, false, false),
      (2, 'a', 'p', 'READY', '-90 seconds', 0.25, false, false),
      (3, 'a', 'q', 'DESTROYING', '-1 hour', 2, false, false),
      (4, 'b', 'p', 'PENDING', '1 hour', 8, false, false),
      (5, 'b', 'p', 'FAILED', '-2 hours', 16, true, false),
      (6, 'b', 'p', 'DESTROY_FAILED', '-3 hours', 32, false, true),
      (7, 'b', 'p', 'DESTROYED', '-4 hours', 64, false, false)
    ) as c (n, team, profile, status, expires, cost, is_empty, is_abandoned);`);
  // The schedule: three failed tries, two, three and one that runs, three before one that succeeded, and a profile that does not permit it.
  await database.db.script(`
    set session_replication_role = replica;
    insert into clusters (id, name, platform, version, profile, region, base_domain, owner, team, cost_center, status, requested_by,
      ttl_hours, destroy_at, requested_tags, effective_tags, offhours_opt_in, on_failure, worker_replicas, hourly_cost, cloud)
    select 'clu_o' || n, 'secret-o' || n, 'aws', '4.20.0', 'p', 'r', 'd', 'secret-owner', 'night', 'secret-cc', 'READY', 'local:secret',
      1, clock_now() + interval '1 hour', '{}', '{}', true, 'destroy', 0, 0, 'sandbox' from generate_series(1, 6) n;
    insert into jobs (id, resource_id, seq, job_type, resource_kind, resource_name, team, status, run_at, max_attempts, requested_by, ended_at)
    select 'job_o' || n, 'clu_o' || n, 1, 'cluster.scale-workers', 'cluster', 'x', 'night', status, clock_now(), 3, 'system:off-hours',
      case when status <> 'RUNNING' then clock_now() end
    from (values (1, 'FAILED'), (2, 'FAILED'), (3, 'RUNNING'), (4, 'SUCCEEDED'), (6, 'FAILED')) as j (n, status);
    insert into cluster_offhours (cluster_id, workers, tries, job_id, requested_at, settled_at, target, blocked)
    select 'clu_o' || n, 2, tries, job, clock_now(), case when n = 6 then clock_now() + interval '1 minute' end, 0, blocked
    from (values (1, 3, 'job_o1', null), (2, 2, 'job_o2', null), (3, 4, 'job_o3', null), (4, 3, 'job_o4', null),
      (5, 0, null, 'not permitted'), (6, 3, 'job_o6', null)) as o (n, tries, job, blocked);`);
});
afterAll(() => database.drop());

test('metrics of clusters: what exists, what it costs and what outlives its expiry, without the name of a cluster or a person', async () => {
  const { text } = await (await createMetrics(database.db, [CLUSTER_GAUGES])).render();
  const lines = text.split('\n').filter((line) => line.startsWith('ocpctl_clusters'));
  expect(lines.filter((line) => !line.startsWith('ocpctl_clusters_past_expiry_seconds')).sort()).toEqual([
    // An empty cluster costs nothing, nor does one that was not begun or was abandoned.
    'ocpctl_clusters_hourly_cost_dollars{team="a"} 3.75',
    'ocpctl_clusters_hourly_cost_dollars{team="b"} 0',
    'ocpctl_clusters_hourly_cost_dollars{team="night"} 0',
    'ocpctl_clusters_offhours_failing{team="night"} 3',
    'ocpctl_clusters_past_expiry 2',
    'ocpctl_clusters{team="a",profile="p",status="READY"} 2',
    'ocpctl_clusters{team="a",profile="q",status="DESTROYING"} 1',
    'ocpctl_clusters{team="b",profile="p",status="FAILED"} 1',
    'ocpctl_clusters{team="b",profile="p",status="PENDING"} 1',
    'ocpctl_clusters{team="night",profile="p",status="READY"} 6',
  ]);
  const seconds = Number(/^ocpctl_clusters_past_expiry_seconds (.+)$/m.exec(text)?.[1]);
  expect(Math.round(seconds / 60)).toBe(60);
  expect(text).not.toMatch(/secret|clu_/);
});
