import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { keepProfile } from '../../../../src/control-plane/clusters/service/accepted-profile.ts';
import { artifactRetention } from '../../../../src/control-plane/clusters/tasks/artifact-retention.ts';
import { orphanRetention } from '../../../../src/control-plane/clusters/tasks/orphan-retention.ts';
import { profileRetention } from '../../../../src/control-plane/clusters/tasks/profile-retention.ts';
import type { ArtifactStore } from '../../../../src/control-plane/kernel/artifacts/artifact-store.ts';
import { directoryStore } from '../../../../src/control-plane/kernel/artifacts/directory-store.ts';
import { statement } from '../../../../src/control-plane/kernel/db/statement.ts';
import { kernelRetention } from '../../../../src/control-plane/kernel/retention/kernel-rules.ts';
import { retentionTask } from '../../../../src/control-plane/kernel/retention/retention-rule.ts';
import { createTestDatabase, type TestDatabase } from '../../../setup/database.ts';
import { runTask } from '../../../setup/run-task.ts';
import { shippedProfile } from '../../clusters/policy/example.ts';

const countRows = statement({
  name: 'test.count_rows',
  text: `select (select count(*) from job_events)::int4 as "events", (select count(*) from jobs)::int4 as "jobs",
    (select count(*) from workers)::int4 as "workers", array(select cluster_id from cluster_artifacts order by 1) as "artifactsOf"`,
  params: {},
  row: { events: 'int4', jobs: 'int4', workers: 'int4', artifactsOf: 'text[]' },
});

const orphanIds = statement({
  name: 'test.orphan_ids',
  text: 'select id from orphans order by id',
  params: {},
  row: { id: 'text' },
});

const keptDigests = statement({
  name: 'test.kept_digests',
  text: `select array(select digest from accepted_profiles order by 1) as profiles,
    array(select digest from profile_manifests order by 1) as manifests`,
  params: {},
  row: { profiles: 'text[]', manifests: 'text[]' },
});

let database: TestDatabase;
let directory: string;
let artifacts: ArtifactStore;
const signal = new AbortController().signal;
const rules = () => [
  ...kernelRetention(database.db, artifacts, { jobRetentionDays: 90 }),
  artifactRetention(database.db, artifacts, { artifactRetentionDays: 90 }),
];
const due = async () =>
  Object.fromEntries(await Promise.all(rules().map(async (rule) => [rule.name, await rule.countDue()])));
const keys = async () => (await artifacts.list('')).map(({ key }) => key);

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'ocpctl-retention-'));
  artifacts = directoryStore(directory);
  await database.db.script(`
    set session_replication_role = replica;
    truncate clusters, cluster_artifacts, jobs, job_events, job_locks, workers cascade;
    insert into clusters (id, name, platform, version, profile, region, base_domain, owner, team, cost_center, status, requested_by,
      ttl_hours, destroy_at, requested_tags, effective_tags, offhours_opt_in, on_failure, worker_replicas, hourly_cost, cloud,
      created_at, destroyed_at)
    select id, id, 'aws', '4.20.0', 'p', 'r', 'd', 'o', 't', 'c', status, 'local:x', 1, clock_now(), '{}', '{}', false, 'destroy', 2, 1,
      'sandbox', clock_now() - interval '400 days', case when status = 'DESTROYED' then clock_now() - days::interval end
    from (values ('clu_old', 'DESTROYED', '91 days'), ('clu_young', 'DESTROYED', '89 days'), ('clu_failed', 'DESTROY_FAILED', '0'))
      as c (id, status, days);
    insert into cluster_artifacts (id, cluster_id, job_id, attempt, fence, artifact_type, uri, sha256, size_bytes)
    select 'art_' || id, id, 'job_1', 1, 1, 'LOG', 'directory:' || id || '/log', repeat('0', 64), 1 from clusters;
    insert into jobs (id, resource_id, resource_name, team, seq, job_type, resource_kind, status, max_attempts, requested_by, ended_at)
    select id, 'clu_failed', 'c', 't', seq, 'cluster.create', 'cluster', status, 3, 'x', clock_now() - days::interval
    from (values ('job_old', 1, 'FAILED', '91 days'), ('job_young', 2, 'FAILED', '89 days'), ('job_running', 3, 'RUNNING', null))
      as j (id, seq, status, days);
    insert into job_events (job_id, seq, attempt, kind, level, message)
    select id, n, 1, 'log', 'info', 'x' from jobs, generate_series(1, 3) n;
    insert into workers (id, host, pid, roles, lease_until) values
      ('w_old', 'h', 1, '{worker}', clock_now() - interval '8 days'),
      ('w_held', 'h', 2, '{worker}', clock_now() - interval '8 days'),
      ('w_live', 'h', 3, '{worker}', clock_now() + interval '1 minute');
    insert into job_locks (resource_id, tail, job_id, worker_id) values ('clu_failed', 3, 'job_running', 'w_held');`);
  for (const key of [
    'clu_old/a',
    'clu_old/b/c',
    'clu_young/a',
    'clu_failed/a',
    'job-logs/job_old/1.gz',
    'job-logs/job_young/1.gz',
  ])
    await artifacts.put(key, Buffer.from(key));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

test('what is old enough goes, and nothing else: jobs keep their rows, undo data stays until a proven destroy', async () => {
  expect(await due()).toEqual({
    'job-events': 1,
    workers: 1,
    'notification-events': 0,
    'cluster-artifacts': 1,
  });
  expect(await runTask(retentionTask(rules()), signal)).toEqual({
    'job-events': 1,
    workers: 1,
    'cluster-artifacts': 1,
  });
  expect(await database.db.query(countRows, {})).toEqual([
    { events: 6, jobs: 3, workers: 2, artifactsOf: ['clu_failed', 'clu_young'] },
  ]);
  expect(await keys()).toEqual(['clu_failed/a', 'clu_young/a', 'job-logs/job_young/1.gz']);
  expect(await due()).toEqual({
    'job-events': 0,
    workers: 0,
    'notification-events': 0,
    'cluster-artifacts': 0,
  });
  expect(await runTask(retentionTask(rules()), signal)).toBeUndefined();
});

test('profiles and manifests that creates were accepted with go when no cluster uses them any more, and not while a create keeps them again', async () => {
  const { db } = database;
  const profile = (name: string) => ({ ...shippedProfile('aws-minimal-test'), name: `aws-${name}` });
  const manifests = [{ file: 'a.yaml', content: 'a', apiVersion: 'v1', kind: 'ConfigMap', name: 'a' }];
  const keep = (name: string) => db.tx((tx) => keepProfile(tx, { ...profile(name), manifests }));
  const [used, unused, again] = [await keep('used'), await keep('unused'), await keep('again')];
  const rule = profileRetention(db);
  expect(await rule.countDue()).toBe(0);
  await db.script(`
    update accepted_profiles set accepted_at = clock_now() - interval '91 days';
    update profile_manifests set accepted_at = clock_now() - interval '91 days';
    update clusters set profile_digest = '${used.profileDigest}', manifests_digest = '${used.manifestsDigest}' where id = 'clu_failed';
    update clusters set profile_digest = '${unused.profileDigest}' where id = 'clu_old';`);
  expect(await rule.countDue()).toBe(2);
  await keep('again');
  expect(await rule.countDue()).toBe(1);
  expect(await runTask(retentionTask([rule]), signal)).toEqual({ 'accepted-profiles': 1 });
  expect(await db.query(keptDigests, {})).toEqual([
    {
      profiles: [used.profileDigest, again.profileDigest].sort(),
      manifests: [used.manifestsDigest],
    },
  ]);
  await db.script(
    `set session_replication_role = replica; update clusters set status = 'DESTROYED', destroyed_at = clock_now()`,
  );
  await db.script(`update profile_manifests set accepted_at = clock_now() - interval '91 days'`);
  expect(await rule.countDue()).toBe(2);
  await runTask(retentionTask([rule]), signal);
  expect(await db.query(keptDigests, {})).toEqual([{ profiles: [again.profileDigest], manifests: [] }]);
});

test('a run that is interrupted is continued: the rows go after the files', async () => {
  const failing = {
    list: (prefix: string) => artifacts.list(prefix),
    remove: async (key: string) => {
      if (key === 'clu_old/b/c') throw new Error('the store is away');
      await artifacts.remove(key);
    },
  };
  const task = retentionTask([artifactRetention(database.db, failing, { artifactRetentionDays: 90 })]);
  await expect(runTask(task, signal)).rejects.toThrow('the store is away');
  expect((await due())['cluster-artifacts']).toBe(1);
  await runTask(retentionTask(rules()), signal);
  expect(await keys()).not.toContain('clu_old/b/c');
});

test('what cannot be removed is tried again at the next run, and does not keep what is younger', async () => {
  await database.db.script(`
    set session_replication_role = replica;
    update clusters set destroyed_at = clock_now() - interval '95 days' where id = 'clu_young';`);
  const failing = {
    list: (prefix: string) => artifacts.list(prefix),
    remove: async (key: string) => {
      if (key === 'clu_young/a') throw new Error('access denied');
      await artifacts.remove(key);
    },
  };
  const task = retentionTask([artifactRetention(database.db, failing, { artifactRetentionDays: 90 })]);
  await expect(runTask(task, signal)).rejects.toThrow('access denied');
  expect(await keys()).toEqual([
    'clu_failed/a',
    'clu_young/a',
    'job-logs/job_old/1.gz',
    'job-logs/job_young/1.gz',
  ]);
});

test('a rule that fails does not keep the others from their work', async () => {
  const broken = {
    ...(rules()[0] as ReturnType<typeof rules>[0]),
    removeSome: () => Promise.reject(new Error('broken')),
  };
  await expect(runTask(retentionTask([broken, ...rules()]), signal)).rejects.toThrow('broken');
  expect(await due()).toEqual({
    'job-events': 0,
    workers: 0,
    'notification-events': 0,
    'cluster-artifacts': 0,
  });
});

test('orphans that went away are removed after 90 days; open ones and those that a sweep proved stay', async () => {
  await database.db.script(`
    insert into orphans (id, cloud, account, infra_id, platform, region, ownership, resources, daily_cost, oldest_at, closed_at, closed_as, proof)
    select id, 'aws', '1', id, 'aws', 'r', 'OURS', '[]', 0, clock_now(), clock_now() - age::interval, closed_as, proof::jsonb
    from (values ('old', '91 days', 'GONE', null), ('young', '89 days', 'GONE', null), ('swept', '91 days', 'SWEPT', '{}'),
      ('open', null, null, null)) as o (id, age, closed_as, proof)`);
  const rule = orphanRetention(database.db);
  expect(await rule.countDue()).toBe(1);
  await runTask(retentionTask([rule]), signal);
  const ids = await database.db.query(orphanIds, {});
  expect(ids.map(({ id }) => id)).toEqual(['open', 'swept', 'young']);
});
