import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { listenForMetrics } from '../../../src/control-plane/http/metrics-listener.ts';
import { DatabaseUnavailableError } from '../../../src/control-plane/kernel/errors.ts';
import { JOB_GAUGES } from '../../../src/control-plane/kernel/jobs/job-gauges.ts';
import { createMetrics } from '../../../src/control-plane/kernel/telemetry/metrics.ts';
import { createTestInstallation, type Person, type TestInstallation } from './kit/installation.ts';
import { call } from './kit/requests.ts';
import type { TestServer } from './kit/server.ts';

const FULL = {
  code: 'DISK_TOO_SMALL',
  message: 'no space left on the work folder /w',
  types: ['cluster.create'],
};

let installation: TestInstallation;
let server: TestServer;
let admin: Person;

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server({ http: { workerProblems: () => [FULL, FULL] } });
  admin = await installation.person('admin', 'platform_admin@*');
  const problems = JSON.stringify([FULL]);
  await installation.db.script(`
    insert into workers (id, host, pid, roles, started_at, lease_until, draining, problems) values
      ('w1', 'a', 1, '{worker}', clock_now(), clock_now() + interval '1 hour', false, '[]'),
      ('w2', 'b', 1, '{api,worker}', clock_now(), clock_now() + interval '1 hour', false, '${problems}'),
      ('w3', 'c', 1, '{worker}', clock_now(), clock_now() + interval '1 hour', true, '${problems}'),
      ('w4', 'd', 1, '{worker}', clock_now() - interval '2 minutes', clock_now() - interval '1 minute', false, '[]'),
      ('ended', 'e', 1, '{worker}', clock_now(), clock_now(), true, '[]'),
      ('old', 'f', 1, '{worker}', clock_now() - interval '1 day', clock_now() - interval '2 hours', false, '[]'),
      ('replaced', 'a', 1, '{worker}', clock_now() - interval '1 hour', clock_now() - interval '1 minute', false, '[]');
    update workers set dispatch = 'SQS', dispatch_problem = 'no answer' where id = 'w4';
    insert into jobs (id, resource_id, resource_name, team, seq, job_type, resource_kind, status, max_attempts, requested_by) values
      ('job_1', 'r1', 'r', 'team', 1, 'cluster.create', 'cluster', 'RUNNING', 3, 'local:someone');
    insert into job_locks (resource_id, tail, job_id, worker_id) values ('r1', 1, 'job_1', 'w1');`);
});
afterAll(() => installation.stop());

describe('the workers of an installation', () => {
  test('V3: say whether they are ready and why not; rows of ended and replaced leases are not listed', async () => {
    const first = JSON.parse((await call(server, admin, { target: '/v1/admin/workers?limit=3' })).text);
    const cursor = `/v1/admin/workers?cursor=${first.nextCursor}`;
    const second = JSON.parse((await call(server, admin, { target: cursor })).text);
    expect(second.nextCursor).toBeNull();
    const problems = [{ code: FULL.code, message: FULL.message, jobTypes: ['CREATE'] }];
    expect([...first.items, ...second.items]).toMatchObject([
      { id: 'w1', host: 'a', pid: 1, roles: ['worker'], status: 'READY', problems: [], jobs: 1 },
      { id: 'w2', status: 'NOT_READY', problems, jobs: 0 },
      { id: 'w3', status: 'DRAINING', problems },
      { id: 'w4', status: 'LOST', problems: [], dispatch: 'SQS', dispatchProblem: 'no answer' },
    ]);
    expect(first.items[0]).toMatchObject({ dispatch: 'NOTIFY', dispatchProblem: null });
  });

  test('V3: readiness names the reasons by their codes, and the API stays ready', async () => {
    const response = await fetch(`${server.url}/readyz`);
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({
      status: 'ready',
      worker: { status: 'NOT_READY', reasons: ['DISK_TOO_SMALL'] },
    });
    const without = await installation.server();
    expect(await (await fetch(`${without.url}/readyz`)).json()).toEqual({ status: 'ready' });
  });
});

test('V3: a process without an API says on the address of the metrics whether its worker is ready', async () => {
  const draining = new AbortController();
  const state = { away: false, problems: [] as { code: string }[] };
  const readiness = {
    draining: draining.signal,
    checkReady: async () => {
      if (state.away) throw new DatabaseUnavailableError('gone');
    },
    workerProblems: () => state.problems,
  };
  const metrics = await createMetrics(installation.db, [JOB_GAUGES]);
  const listener = await listenForMetrics(
    metrics,
    readiness,
    { host: '127.0.0.1', port: 0 },
    undefined,
    () => {},
  );
  onTestFinished(() => void listener.close());
  const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  const look = async () => {
    const response = await fetch(`${url}/readyz`);
    return [response.status, await response.json()];
  };
  expect(await look()).toEqual([200, { status: 'ready', worker: { status: 'READY', reasons: [] } }]);
  state.problems = [{ code: 'WORK_FOLDER_UNUSABLE' }];
  expect(await look()).toEqual([
    503,
    { status: 'ready', worker: { status: 'NOT_READY', reasons: ['WORK_FOLDER_UNUSABLE'] } },
  ]);
  state.away = true;
  expect(await look()).toEqual([503, { status: 'unavailable' }]);
  state.away = false;
  draining.abort();
  expect(await look()).toEqual([503, { status: 'unavailable' }]);
  expect((await fetch(`${url}/metrics`)).status).toBe(200);
  expect((await fetch(`${url}/else`)).status).toBe(404);
});
