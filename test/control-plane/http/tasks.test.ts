import { afterAll, beforeAll, expect, test } from 'vitest';
import { TASK_GAUGES } from '../../../src/control-plane/kernel/tasks/task-gauges.ts';
import { createMetrics } from '../../../src/control-plane/kernel/telemetry/metrics.ts';
import { createTestInstallation, type Person, type TestInstallation } from './kit/installation.ts';
import { call, parseProblem } from './kit/requests.ts';
import type { TestServer } from './kit/server.ts';

let installation: TestInstallation;
let server: TestServer;
let admin: Person;

beforeAll(async () => {
  installation = await createTestInstallation();
  server = await installation.server();
  admin = await installation.person('admin', 'platform_admin@*');
  await installation.db.script(`
    insert into tasks (name, interval_ms, next_run_at, fence, runner, lease_until, last_run_at, last_ended_at, last_duration_ms,
                       last_outcome, last_result, last_error, failures) values
      ('fine', 30000, clock_now() + interval '20 seconds', 5, 'vm-1:42', null, clock_now(), clock_now(), 12.5, 'SUCCEEDED', '{"removed": 3}', null, 0),
      ('late', 30000, clock_now() - interval '1 hour', 3, 'vm-1:42', null, clock_now(), clock_now(), 1500, 'FAILED', null, 'no route', 4),
      ('lost', 30000, clock_now(), 8, 'vm-2:7', clock_now() - interval '1 minute', clock_now(), null, null, null, null, null, 0),
      ('running', 30000, clock_now(), 9, 'vm-2:7', clock_now() + interval '1 minute', clock_now(), null, null, null, null, null, 0);`);
});
afterAll(() => installation.stop());

const read = async (target: string) => JSON.parse((await call(server, admin, { target })).text);

test('tasks say who runs them, how the last run ended, and for how long they are late', async () => {
  const { items } = await read('/v1/admin/tasks');
  expect(items).toMatchObject([
    {
      name: 'fine',
      status: 'SCHEDULED',
      run: 5,
      lastOutcome: 'SUCCEEDED',
      lastResult: { removed: 3 },
      lagSeconds: 0,
    },
    { name: 'late', status: 'SCHEDULED', lastOutcome: 'FAILED', lastError: 'no route', failures: 4 },
    { name: 'lost', status: 'LOST', runner: 'vm-2:7', lastOutcome: null },
    { name: 'running', status: 'RUNNING', lagSeconds: 0 },
  ]);
  expect(items[1].lagSeconds).toBeGreaterThanOrEqual(3_600);
  expect(items[2].lagSeconds).toBeGreaterThanOrEqual(60);
  expect(await read('/v1/admin/tasks/fine')).toMatchObject({ name: 'fine', intervalSeconds: 30 });
});

test('a run is requested by an admin of the installation, and a dry run requests none', async () => {
  const target = '/v1/admin/tasks/fine/run';
  expect((await call(server, admin, { method: 'POST', target: `${target}?dryRun=true` })).status).toBe(200);
  expect((await read('/v1/admin/tasks/fine')).requestedAt).toBeNull();
  const answer = await call(server, admin, { method: 'POST', target });
  expect(answer.status).toBe(202);
  expect(JSON.parse(answer.text)).toMatchObject({ status: 'REQUESTED', requestedBy: 'local:admin', run: 5 });
  const unknown = await call(server, admin, { method: 'POST', target: '/v1/admin/tasks/no-such-task/run' });
  expect(parseProblem(unknown)).toMatchObject({
    status: 404,
    detail: 'Periodic task "no-such-task" not found.',
  });
});

test('metrics show last run, duration, success, failures and lag of each task', async () => {
  const { text } = await (await createMetrics(installation.db, [TASK_GAUGES])).render();
  expect(text).toMatch(/^ocpctl_task_last_run_success\{task="fine"\} 1$/m);
  expect(text).toMatch(/^ocpctl_task_last_run_success\{task="late"\} 0$/m);
  expect(text).toMatch(/^ocpctl_task_last_run_duration_seconds\{task="late"\} 1\.5$/m);
  expect(text).toMatch(/^ocpctl_task_last_run_timestamp_seconds\{task="fine"\} 1\d{9}/m);
  expect(text).toMatch(/^ocpctl_task_failures\{task="late"\} 4$/m);
  expect(text).toMatch(/^ocpctl_task_lag_seconds\{task="late"\} 36\d\d/m);
  expect(text).toMatch(/^ocpctl_task_lag_seconds\{task="running"\} 0$/m);
});
