import { expect, it } from 'vitest';
import { IdleWait } from '../../src/cli/jobs/idle-wait.ts';
import type { Session } from '../../src/cli/session.ts';
import { clusterOf, JOB_ID, jobOf } from './support/documents.ts';
import { runCli } from './support/run-cli.ts';
import { pageResponse, startStubServer } from './support/stub-server.ts';

const routes = {
  'GET /v1/clusters': () => pageResponse([clusterOf()]),
  [`GET /v1/clusters/${clusterOf().id}`]: () => ({ body: clusterOf() }),
  [`GET /v1/jobs/${JOB_ID}`]: () => ({ body: jobOf() }),
};

it('a wait for a destroy that was not requested says so, with the expiry, and does not claim that work goes on', async () => {
  await using server = await startStubServer(routes);
  const run = await runCli(['wait', 'demo', '--for', 'destroyed', '--timeout', '1s'], server.env);
  expect(run).toMatchObject({ code: 8, stdout: '' });
  const what = 'no operation on demo is requested: it is READY, and expires at 2099-01-02 00:00:00Z';
  expect(run.stderr).toContain(`Waiting: ${what}`);
  expect(run.stderr).toContain("To destroy it now: 'ocpctl destroy demo'.");
  expect(run.stderr).toContain(`Error: timed out after 1s: ${what}`);
  expect(run.stderr).not.toContain('continues');
});

it('says each minute that it still waits', () => {
  let now = new Date('2098-12-31T00:00:00Z');
  const notes: string[] = [];
  const session = { io: { now: () => now }, note: (text: string) => void notes.push(text) };
  const idle = new IdleWait(session as unknown as Session);
  for (const second of [0, 2, 59, 60, 62, 121]) {
    now = new Date(Date.UTC(2098, 11, 31, 0, 0, second));
    idle.note(clusterOf());
  }
  expect(notes.slice(1)).toEqual([
    '00:01:00Z still READY, expires at 2099-01-02 00:00:00Z (in 1d23h)',
    '00:02:01Z still READY, expires at 2099-01-02 00:00:00Z (in 1d23h)',
  ]);
  idle.end();
  expect(idle.text).toBeUndefined();
});

it('extend takes one of --by and --until, and says which is wrong', async () => {
  const both = await runCli(['extend', 'demo', '--by', '1h', '--until', '3d']);
  expect(both).toMatchObject({ code: 2, stderr: 'Error: --by and --until cannot be used together\n' });
  const none = await runCli(['extend', 'demo']);
  expect(none.code).toBe(2);
  expect(none.stderr).toContain('Error: missing flag: --by or --until');
});

it('a wait for a create that failed and was cleaned up ends with 10 and the cause', async () => {
  const lastFailure = {
    ...{
      jobId: 'job_01k4qqz3v7m2n5p8r1t4w6y9zz',
      type: 'CREATE',
      code: 'CAPACITY',
      message: 'out of this instance type',
    },
    at: '2098-12-31T00:00:00Z',
  } as const;
  const cluster = clusterOf({ status: 'DESTROYED', lastFailure });
  const cleanUp = (requestedBy: string) => jobOf({ type: 'DESTROY', status: 'SUCCEEDED', requestedBy });
  let requestedBy = 'system:failed-create';
  await using server = await startStubServer({
    'GET /v1/clusters': () => pageResponse([cluster]),
    [`GET /v1/clusters/${cluster.id}`]: () => ({ body: cluster }),
    [`GET /v1/jobs/${JOB_ID}`]: () => ({ body: cleanUp(requestedBy) }),
  });
  const run = await runCli(['wait', 'demo'], server.env);
  expect(run).toMatchObject({ code: 10, stdout: '' });
  expect(run.stderr).toContain('Error: demo is DESTROYED, not READY: out of this instance type');
  // The destroy that a user requested is the operation itself.
  requestedBy = 'local:ann';
  expect(await runCli(['wait', 'demo'], server.env)).toMatchObject({ code: 0 });
});
