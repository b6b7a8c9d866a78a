import { expect, it } from 'vitest';
import { CLUSTER_ID, clusterOf, JOB_ID, jobOf, phaseEvent } from './support/documents.ts';
import { runCli, startCli } from './support/run-cli.ts';
import { eventStream, pageResponse, problemResponse, startStubServer } from './support/stub-server.ts';

const EVENTS = `GET /v1/jobs/${JOB_ID}/events`;
const CLUSTER = `GET /v1/clusters/${CLUSTER_ID}`;
const CLEAN_UP = 'job_01k4qqz3v7m2n5p8r1t4w6y9zz';

/** Machine errors say what they are about (issue of the review: 1). */
const TARGET = { cluster: { id: CLUSTER_ID, name: 'demo', status: 'CREATING' }, job: { id: JOB_ID } };

const accepted = {
  status: 202,
  body: {
    cluster: clusterOf({ status: 'PENDING' }),
    job: jobOf({ status: 'PENDING', error: null, endedAt: null }),
  },
};
const creating = () => ({ body: clusterOf({ status: 'CREATING' }) });
const running = () => eventStream([phaseEvent(1, 'prepare', 'started')]);
const CREATE = ['create', '--profile', 'p', '--wait', '--json', '--progress', 'plain'];

const errorOf = (stderr: string) => JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '').error;

it('a create that still runs has the cluster, its status of now, and the job; the generated name is printed at once', async () => {
  await using server = await startStubServer({
    'POST /v1/clusters': () => accepted,
    [EVENTS]: running,
    [CLUSTER]: creating,
  });
  const run = await runCli([...CREATE, '--timeout', '1s'], server.env);
  expect(run).toMatchObject({ code: 8, stdout: '' });
  expect(errorOf(run.stderr)).toMatchObject({
    code: 'STILL_RUNNING',
    hint: "return with 'ocpctl wait demo --for ready'",
    ...TARGET,
  });
  expect(run.stderr).toMatch(new RegExp(`^Cluster demo \\(${CLUSTER_ID}\\) was accepted\\.\n`));
});

it('Ctrl-C has them too', async () => {
  await using server = await startStubServer({
    'POST /v1/clusters': () => accepted,
    [EVENTS]: running,
    [CLUSTER]: creating,
  });
  const waiting = startCli(CREATE, server.env);
  await waiting.stderrHas('[1/7] prepare');
  waiting.child.kill('SIGINT');
  const run = await waiting.finished;
  expect(run).toMatchObject({ code: 130, stdout: '' });
  expect(errorOf(run.stderr)).toMatchObject({ code: 'INTERRUPTED', ...TARGET });
});

it('a create that failed says what happens to what it left', async () => {
  const failed = jobOf({ status: 'FAILED', error: { code: 'NO_CAPACITY', message: 'no machines' } });
  const { lastOperation } = clusterOf();
  const cleaning = clusterOf({
    status: 'DESTROYING',
    lastOperation: { ...lastOperation, jobId: CLEAN_UP, type: 'DESTROY', status: 'RUNNING' },
  });
  await using server = await startStubServer({
    'POST /v1/clusters': () => accepted,
    [EVENTS]: () => eventStream([], failed),
    [CLUSTER]: () => ({ body: cleaning }),
  });
  const run = await runCli(CREATE, server.env);
  expect(run).toMatchObject({ code: 10, stdout: '' });
  expect(errorOf(run.stderr)).toMatchObject({
    code: 'NO_CAPACITY',
    message: 'creating demo failed: no machines',
    hint: `'ocpctl logs ${JOB_ID} --level warn' shows the warnings and errors; what it left is being removed (${CLEAN_UP}): 'ocpctl wait demo --for destroyed'`,
    cluster: { id: CLUSTER_ID, name: 'demo', status: 'DESTROYING' },
    job: { id: JOB_ID },
  });
});

it('an error that ends a wait has the way back', async () => {
  await using server = await startStubServer({
    'POST /v1/clusters': () => accepted,
    [EVENTS]: () => problemResponse(401, 'UNAUTHENTICATED', 'The request is not authenticated.'),
    [CLUSTER]: creating,
  });
  const run = await runCli(CREATE, server.env);
  expect(run.code).toBe(4);
  expect(errorOf(run.stderr)).toMatchObject({
    hint: expect.stringContaining("; return with 'ocpctl wait demo --for ready'"),
    status: 401,
    ...TARGET,
  });
});

it('an error that ends the wait of a destroy has the way back, with and without machine output', async () => {
  await using server = await startStubServer({
    [CLUSTER]: () => ({ body: clusterOf({ status: 'DESTROYING' }) }),
    [`POST /v1/clusters/${CLUSTER_ID}/destroy`]: () => ({
      status: 202,
      body: {
        cluster: clusterOf({ status: 'DESTROYING' }),
        job: jobOf({ type: 'DESTROY', status: 'PENDING', error: null, endedAt: null }),
      },
    }),
    [EVENTS]: () => problemResponse(401, 'UNAUTHENTICATED', 'The request is not authenticated.'),
  });
  const wayBack = `; return with 'ocpctl wait ${CLUSTER_ID} --for destroyed'`;
  const destroy = ['destroy', CLUSTER_ID, '--yes', '--wait', '--progress', 'plain'];
  const machine = await runCli([...destroy, '--json'], server.env);
  expect(machine.code).toBe(4);
  expect(errorOf(machine.stderr)).toMatchObject({
    hint: expect.stringContaining(wayBack),
    status: 401,
    cluster: { id: CLUSTER_ID, status: 'DESTROYING' },
    job: { id: JOB_ID },
  });
  const text = await runCli(destroy, server.env);
  expect(text.code).toBe(4);
  expect(text.stderr).toContain(wayBack);
});

it('a lost server: what was known of the cluster', async () => {
  await using server = await startStubServer({
    'GET /v1/clusters': () => pageResponse([clusterOf()]),
    [`POST /v1/clusters/${CLUSTER_ID}/extend`]: () => ({ stream: (response) => response.destroy() }),
  });
  const run = await runCli(['extend', 'demo', '--by', '1h', '--json'], server.env);
  expect(run.code).toBe(7);
  expect(errorOf(run.stderr)).toMatchObject({
    code: 'UNREACHABLE',
    cluster: { id: CLUSTER_ID, name: 'demo', status: 'READY' },
    job: null,
  });
});

it('of several destroys, the error names the first that failed', async () => {
  const other = 'clu_01k4qqz3v7m2n5p8r1t4w6y9zz';
  const refused = problemResponse(409, 'STATE_CONFLICT', 'It is being created.');
  await using server = await startStubServer({
    [CLUSTER]: creating,
    [`GET /v1/clusters/${other}`]: () => ({ body: clusterOf({ id: other, name: 'other' }) }),
    [`POST /v1/clusters/${CLUSTER_ID}/destroy`]: () => refused,
    [`POST /v1/clusters/${other}/destroy`]: () => ({
      status: 202,
      body: { cluster: clusterOf({ id: other, name: 'other', status: 'DESTROYING' }), job: null },
    }),
  });
  const run = await runCli(['destroy', CLUSTER_ID, other, '--yes', '--json'], server.env);
  expect(run.code).toBe(5);
  expect(errorOf(run.stderr)).toMatchObject({ cluster: { id: CLUSTER_ID, name: 'demo' }, job: null });
});

it('other errors have null', async () => {
  const run = await runCli(['list', '--json', '--status', 'NOPE']);
  expect(errorOf(run.stderr)).toMatchObject({ code: 'USAGE', cluster: null, job: null });
});
