import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Db } from '../../../../src/control-plane/kernel/db/db.ts';
import { DatabaseUnavailableError } from '../../../../src/control-plane/kernel/errors.ts';
import { JOB_GAUGES } from '../../../../src/control-plane/kernel/jobs/job-gauges.ts';
import { createMetrics } from '../../../../src/control-plane/kernel/telemetry/metrics.ts';
import { createTestDatabase, type TestDatabase } from '../../../setup/database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await database.db.script(`
    insert into jobs (id, resource_id, resource_name, team, seq, job_type, resource_kind, status, max_attempts, requested_by, ended_at) values
      ('job_1', 'secret-name-1', 'secret', 'team', 1, 'thing.create', 'thing', 'RUNNING', 3, 'local:someone', null),
      ('job_2', 'secret-name-2', 'secret', 'team', 1, 'thing.create', 'thing', 'PENDING', 3, 'local:someone', null),
      ('job_3', 'secret-name-3', 'secret', 'team', 1, 'thing.destroy', 'thing', 'SUCCEEDED', 3, 'local:someone', clock_now()),
      ('job_4', 'secret-name-4', 'secret', 'team', 1, 'thing.destroy', 'thing', 'RETRYING', 3, 'local:someone', null);
    insert into job_locks (resource_id, tail, ready_at, job_id, worker_id) values
      ('secret-name-1', 1, null, 'job_1', 'w1'),
      ('secret-name-2', 1, clock_now() - interval '90 seconds', null, null),
      ('secret-name-3', 1, null, null, null),
      ('secret-name-4', 1, clock_now() + interval '1 hour', null, null);
    insert into workers (id, host, pid, roles, lease_until, problems) values
      ('w1', 'h', 1, '{worker}', clock_now() + interval '1 hour',
       '[{"code": "DISK_TOO_SMALL", "message": "secret-name", "types": ["thing.create"]}]'),
      ('w2', 'h', 2, '{worker}', clock_now() - interval '1 hour',
       '[{"code": "WORK_FOLDER_UNUSABLE", "message": "secret-name", "types": ["thing.create"]}]');`);
});
afterAll(() => database.drop());

const valuesIn = (text: string) =>
  new Map(
    text
      .split('\n')
      .filter((line) => line.startsWith('ocpctl_'))
      .map((line): [string, number] => [
        line.slice(0, line.lastIndexOf(' ')),
        Number(line.slice(line.lastIndexOf(' '))),
      ]),
  );

test('metrics say what waits, what is held and who works, as the database has it', async () => {
  const { text } = await (await createMetrics(database.db, [JOB_GAUGES])).render();
  const values = valuesIn(text);
  expect(Object.fromEntries(values)).toMatchObject({
    ocpctl_database_up: 1,
    'ocpctl_jobs{type="thing.create",status="RUNNING"}': 1,
    'ocpctl_jobs{type="thing.create",status="PENDING"}': 1,
    'ocpctl_jobs{type="thing.destroy",status="RETRYING"}': 1,
    'ocpctl_jobs_unrunnable{type="thing.create"}': 1,
    ocpctl_queue_depth: 1,
    ocpctl_queue_delayed: 1,
    ocpctl_leases: 1,
    'ocpctl_workers_not_ready{reason="DISK_TOO_SMALL"}': 1,
    'ocpctl_workers{state="live"}': 1,
    'ocpctl_workers{state="silent"}': 1,
  });
  // The history is not counted at each scrape: it would take longer with each job that ends.
  expect([...values.keys()].filter((name) => name.includes('SUCCEEDED'))).toEqual([]);
  expect(text).not.toContain('WORK_FOLDER_UNUSABLE');
  expect(values.get('ocpctl_queue_oldest_seconds')).toBeGreaterThanOrEqual(90);
});

test('a worker counts the jobs that it ended and how long its lease took to renew', async () => {
  const metrics = await createMetrics(database.db, [JOB_GAUGES]);
  metrics.jobEnded('thing.create', 'FAILED');
  metrics.jobEnded('thing.create', 'FAILED');
  metrics.leaseRenewed(0.3);
  const values = valuesIn((await metrics.render()).text);
  expect(values.get('ocpctl_jobs_ended_total{type="thing.create",status="FAILED"}')).toBe(2);
  expect(values.get('ocpctl_lease_renewal_seconds_count')).toBe(1);
  expect(values.get('ocpctl_lease_renewal_seconds_bucket{le="0.5"}')).toBe(1);
});

test('G15: metrics name routes, never what was asked for', async () => {
  const metrics = await createMetrics(database.db, [JOB_GAUGES]);
  metrics.observe({ method: 'GET', route: '/v1/clusters/:id', status: 200, seconds: 0.02 });
  metrics.observe({ method: 'GET', route: '/v1/clusters/:id', status: 404, seconds: 0.2 });
  metrics.observe({ method: 'GET', route: '/v1/clusters/:id', status: 404, seconds: 0.2 });
  const { text, contentType } = await metrics.render();
  const values = valuesIn(text);
  const route = 'method="GET",route="/v1/clusters/:id"';
  expect(values.get(`ocpctl_http_requests_total{${route},status="404"}`)).toBe(2);
  expect(values.get(`ocpctl_http_request_seconds_count{${route}}`)).toBe(3);
  expect(contentType).toContain('text/plain');
  expect(text).not.toMatch(/secret-name|someone|job_1/);
});

test('metrics are served while the database is away, and say so', async () => {
  const away: Pick<Db, 'query'> = {
    query: () => Promise.reject(new DatabaseUnavailableError('gone')),
  };
  const { text } = await (await createMetrics(away, [JOB_GAUGES])).render();
  expect(valuesIn(text).get('ocpctl_database_up')).toBe(0);
  expect(text).not.toContain('ocpctl_jobs{');
});
