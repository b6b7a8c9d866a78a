import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { planNextRun } from '../../../src/control-plane/apps/service/next-run.ts';
import { noteRunEnd, queueDueRun } from '../../../src/control-plane/apps/service/runs.ts';
import { deleteOldRuns, insertRun } from '../../../src/control-plane/apps/store/runs.sql.ts';
import { lockService } from '../../../src/control-plane/apps/store/services.sql.ts';
import { startDueRunsTask } from '../../../src/control-plane/apps/tasks/start-due-runs.ts';
import type { Tx } from '../../../src/control-plane/kernel/db/db.ts';
import { newId } from '../../../src/control-plane/kernel/ids.ts';
import { JobQueue } from '../../../src/control-plane/kernel/jobs/queue.ts';
import { createTestDatabase, moveClock, type TestDatabase } from '../../setup/database.ts';
import { NO_DISPATCHER } from '../http/kit/server.ts';

let store: TestDatabase;
const settings = JSON.stringify({ kind: 'cron', schedule: '*/5 * * * *', timeoutSeconds: 60 });
const queue = new JobQueue(NO_DISPATCHER, newId, 3);
const environment = newId('env');
let service: string;

beforeAll(async () => {
  store = await createTestDatabase();
  await store.db.script(`
    insert into app_environments (id, team, name, owner, requested_by)
    values ('${environment}', 'a', 'default', 'ann', 'local:ann');`);
});
afterAll(() => store.drop());
beforeEach(async () => {
  service = newId('svc');
  const name = service.slice(-12);
  await store.db.script(`
    insert into app_services (id, environment_id, team, name, kind, host_label, replicas, settings, requested_by)
    values ('${service}', '${environment}', 'a', '${name}', 'cron', '${name}', 1, '${settings}', 'local:ann');
    insert into app_builds (id, service_id, team, source_sha256, input_hash, builder, status, digest)
    values ('bld_${name}', '${service}', 'a', 'x', 'x', 'host', 'SUCCEEDED', 'x');
    insert into app_releases (id, service_id, number, build_id, settings, variable_names, variables_hash, created_by)
    values ('rel_${name}', '${service}', 1, 'bld_${name}', '{}', '{}', 'x', 'local:ann');
    update app_services set live_release_id = 'rel_${name}', next_run_at = date_bin('5 minutes', clock_now(), '2000-01-01')
    where id = '${service}';`);
});

const commit = <T>(work: (tx: Tx) => Promise<T>) => store.db.tx(work);
const task = () => startDueRunsTask({ db: store.db, queue, newId }, 1_000);
const runDue = () => task().run(AbortSignal.timeout(60_000), commit);

interface Row {
  readonly id: string;
  readonly state: string;
  readonly slot: Date;
  readonly reason: string | null;
  readonly job_id: string | null;
}
const rows = async <T extends object>(text: string): Promise<T[]> => {
  const { default: pg } = await import('pg');
  const client = new pg.Client(store.url);
  await client.connect();
  try {
    return (await client.query(text)).rows as T[];
  } finally {
    await client.end();
  }
};
const runs = () => rows<Row>(`select * from app_runs where service_id = '${service}' order by number`);
const jobs = () => rows<{ id: string }>(`select id from jobs where resource_id = '${service}' order by id`);
const end = (id: string, failure?: string) =>
  store.db.tx((tx) => noteRunEnd(tx, { id, exitCode: 0, failure }));
const isDueAt = (expression: string) =>
  store.db.script(`update app_services set next_run_at = ${expression} where id = '${service}'`);

test('several janitors make one run and one job of a time that is due', async () => {
  await Promise.all(Array.from({ length: 4 }, runDue));
  expect(await runs()).toMatchObject([{ state: 'QUEUED', timeout_seconds: 60 }]);
  const [run] = await runs();
  expect((await jobs()).map(({ id }) => id)).toEqual([run?.job_id]);
  await runDue();
  expect(await runs()).toHaveLength(1);
});

test('a time has one run, also when a clock that went back or a restored database says that it is due again', async () => {
  await runDue();
  const [first] = await runs();
  await end(first?.id ?? '');
  await isDueAt(`'${first?.slot.toISOString()}'`);
  await runDue();
  expect(await runs()).toHaveLength(1);
  expect(await jobs()).toHaveLength(1);
  const again = { id: newId('run'), serviceId: service, number: 9, slot: first?.slot ?? null };
  const inserted = await store.db.query(insertRun, {
    ...{ ...again, state: 'QUEUED', timeoutSeconds: 1, jobId: null, reason: null, requestedBy: 'x' },
  });
  expect(inserted).toEqual([]);
});

test('of the times that were missed while no server ran, the newest runs', async () => {
  await moveClock(store.url, '10 hours');
  try {
    await runDue();
    const [run, ...others] = await runs();
    expect(others).toEqual([]);
    const [late] = await rows<{ is: boolean }>(
      `select clock_now() - '${run?.slot.toISOString()}'::timestamptz < interval '5 minutes' as is`,
    );
    expect(late?.is).toBe(true);
    await end(run?.id ?? '');
    // The clock goes back: the next time is ahead of it, and nothing runs twice.
    await moveClock(store.url, '5 hours');
    await runDue();
    expect(await runs()).toHaveLength(1);
  } finally {
    await moveClock(store.url, '0 seconds');
  }
});

test('a time whose predecessor has not ended is skipped, and says so', async () => {
  await runDue();
  await isDueAt(`date_bin('5 minutes', clock_now(), '2000-01-01') - interval '5 minutes'`);
  await store.db.script(
    `update app_runs set slot = slot - interval '1 hour' where service_id = '${service}'`,
  );
  await runDue();
  expect(await runs()).toMatchObject([
    { state: 'QUEUED' },
    { state: 'SKIPPED', reason: 'run 1 had not ended', job_id: null },
  ]);
  expect(await jobs()).toHaveLength(1);
  await expect(
    store.db.script(`update app_runs set state = 'QUEUED', ended_at = null where service_id = '${service}'`),
  ).rejects.toThrow('app_runs_open');
});

test('a service that is stopped, destroyed or not live has no runs', async () => {
  const [row] = await store.db.query(lockService, { id: service, teams: null });
  if (row === undefined) throw new Error('no service');
  const due = (change: Partial<typeof row>) =>
    store.db.tx((tx) => queueDueRun({ queue, newId }, tx, { ...row, ...change }));
  expect(await due({ replicas: 0 })).toBe(false);
  expect(await due({ status: 'DESTROYING' })).toBe(false);
  expect(await due({ liveReleaseId: null })).toBe(false);
  expect(await runs()).toEqual([]);
  await store.db.tx((tx) => planNextRun(tx, { id: service, settings: row.settings, isRunning: false }));
  const next = () =>
    rows<{ at: Date | null }>(`select next_run_at as at from app_services where id = '${service}'`);
  expect(await next()).toEqual([{ at: null }]);
  await store.db.tx((tx) => planNextRun(tx, { id: service, settings: row.settings, isRunning: true }));
  expect((await next())[0]?.at?.getTime()).toBeGreaterThan(Date.now());
});

test('a run ends once, and one that failed says it', async () => {
  await runDue();
  const [run] = await runs();
  expect(await end(run?.id ?? '', 'exit 3')).toBe(true);
  expect(await end(run?.id ?? '')).toBe(false);
  expect(await runs()).toMatchObject([{ state: 'FAILED', reason: 'exit 3' }]);
  const told = `select data ->> 'reason' as reason from notification_events where subject = '${service}'`;
  expect(await rows(told)).toEqual([{ reason: 'run 1 failed: exit 3' }]);
});

test('the newest runs are kept with what they wrote; one whose instance is still there is kept too', async () => {
  const name = service.slice(-12);
  await store.db.script(`
    insert into app_runs (id, service_id, number, slot, state, timeout_seconds, requested_by, started_at, ended_at)
    select 'run_' || n || '${name}', '${service}', n, clock_now() - n * interval '1 day', 'SUCCEEDED', 60, 'x', clock_now(), clock_now()
    from generate_series(1, 10) n;
    insert into app_instances (id, environment_id, service_id, release_id, rollout_id, replica, host, runtime, state, memory_mb, cpus, run_id)
    select 'ins_' || n || '${name}', '${environment}', '${service}', 'rel_${name}', 'run_' || n, 0, 'h', 'process',
      case n when 2 then 'EXITED' else 'REMOVED' end, 64, 1, 'run_' || n || '${name}'
    from generate_series(1, 10) n;
    insert into app_log_lines (service_id, seq, instance_id, at, stream, text)
    select '${service}', n, 'ins_' || n || '${name}', clock_now(), 'stdout', 'x' from generate_series(1, 10) n;
    update app_services set next_run = 11 where id = '${service}';`);
  await store.db.query(deleteOldRuns, { serviceId: service, keep: 4 });
  const numbers = (await runs()).map((run) => Number(run.id.slice(4, -name.length)));
  expect(numbers).toEqual([2, 7, 8, 9, 10]);
  const left = await rows<{ lines: number; instances: number }>(`
    select (select count(*)::int from app_log_lines where service_id = '${service}') as lines,
      (select count(*)::int from app_instances where service_id = '${service}') as instances`);
  expect(left).toEqual([{ lines: 5, instances: 5 }]);
});
