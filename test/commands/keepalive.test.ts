import { expect, it } from 'vitest';
import type { Cluster } from '../../src/contract/documents.ts';
import { CLUSTER_ID, clusterOf, JOB_ID, jobOf } from './support/documents.ts';
import { runCli, startCli } from './support/run-cli.ts';
import { eventStream, pageResponse, type Routes, startStubServer } from './support/stub-server.ts';

const keepalive = { minutes: 15, renewedAt: '2099-01-01T00:00:00Z', expiresAt: '2099-01-01T00:15:00Z' };
const tied = clusterOf({ keepalive });
const path = `/v1/clusters/${CLUSTER_ID}`;
const conflict = (detail: string) => ({
  status: 409,
  body: { type: 'about:blank', title: 'Conflict', status: 409, code: 'STATE_CONFLICT', detail },
});

function routes(cluster: Cluster, renewals: (() => ReturnType<Routes[string]>)[]): Routes {
  return {
    'GET /v1/clusters': () => pageResponse([cluster]),
    [`GET ${path}`]: () => ({ body: clusterOf({ status: 'DESTROYING' }) }),
    [`POST ${path}/renew-keepalive`]: () => renewals.shift()?.() ?? conflict('Cluster demo is DESTROYING.'),
    [`POST ${path}/set-keepalive`]: (request) => ({
      body: {
        cluster: {
          ...cluster,
          keepalive: JSON.parse(JSON.stringify(request.body)).minutes === null ? null : keepalive,
        },
      },
    }),
  };
}

it('renews at once and at the interval, until the cluster is being destroyed, and then shows it', async () => {
  const renewed = () => ({ body: keepalive });
  await using server = await startStubServer(routes(tied, [renewed, renewed]));
  const run = await runCli(['keepalive', 'demo', '--interval', '1s'], server.env);
  expect(run).toMatchObject({ code: 0 });
  expect(run.stderr).toContain('Renewing demo every 1s; when this command ends, it is destroyed within 15m.');
  expect(run.stderr).toContain('Cluster demo is DESTROYING.');
  expect(run.stdout).toMatch(/^NAME .*\ndemo +DESTROYING /);
  const posts = server.received.filter(({ method }) => method === 'POST');
  expect(posts.map(({ path: at }) => at)).toEqual(Array(3).fill(`${path}/renew-keepalive`));
});

it('is refused for a cluster without one, gives it one with --set, and removes it with --remove', async () => {
  const none = () => conflict('Cluster demo has no keepalive.');
  await using server = await startStubServer(routes(clusterOf(), [none, () => ({ body: keepalive })]));
  const refused = await runCli(['keepalive', 'demo'], server.env);
  expect(refused).toMatchObject({ code: 5, stdout: '' });
  expect(refused.stderr).toContain('Error: Cluster demo has no keepalive.');
  const set = await runCli(['keepalive', 'demo', '--set', '15m', '--interval', '1s', '-q'], server.env);
  expect(set).toMatchObject({ code: 0, stderr: '' });
  const removed = await runCli(['keepalive', 'demo', '--remove', '--json'], server.env);
  const bodies = server.received.filter(({ path: at }) => at.endsWith('/set-keepalive'));
  expect(bodies.map(({ body }) => body)).toEqual([{ minutes: 15 }, { minutes: null }]);
  expect(JSON.parse(removed.stdout).items).toMatchObject([{ name: 'demo', keepalive: null }]);
});

it('refuses lengths and intervals that cannot work before it changes anything', async () => {
  await using server = await startStubServer(routes(tied, []));
  for (const [argv, message] of [
    [['--set', '90s'], 'invalid duration "90s" for --set: use whole minutes from 1m to 24h'],
    [['--set', '25h'], 'invalid duration "25h" for --set: use whole minutes from 1m to 24h'],
    [
      ['--interval', '15m'],
      'invalid duration "15m" for --interval: it must be less than the keepalive of 15m',
    ],
    [['--set', '5m', '--interval', '5m'], 'it must be less than the keepalive of 5m'],
    [['--interval', '0'], 'invalid duration "0" for --interval: it must be at least 1s'],
  ] as const) {
    const run = await runCli(['keepalive', 'demo', ...argv], server.env);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain(message);
  }
  expect(server.received.filter(({ method }) => method === 'POST')).toEqual([]);
});

it('get and list show the end of the keepalive and how to renew it; create says it, and what an existing cluster has', async () => {
  const job = { id: 'job_01k4qqz3v7m2n5p8r1t4w6y9cd' };
  await using server = await startStubServer({
    ...routes(tied, []),
    [`GET ${path}`]: () => ({ body: tied }),
    [`GET ${path}/outputs`]: () => ({ body: {} }),
    [`GET /v1/jobs/${job.id}`]: () => ({ body: job }),
    'POST /v1/clusters': () => ({ status: 202, body: { cluster: { ...tied, status: 'PENDING' }, job } }),
  });
  const got = await runCli(['get', 'demo'], server.env);
  expect(got.stdout).toMatch(
    /Keepalive +15m: destroyed 2099-01-01 00:15:00Z \(in .*\) unless renewed; to renew: ocpctl keepalive demo/,
  );
  const listed = await runCli(['list', '-o', 'csv'], server.env);
  expect(listed.stdout).toContain(',2099-01-01T00:15:00Z');
  const argv = ['create', 'demo', '--profile', 'aws-minimal-test', '--keepalive'];
  const created = await runCli([...argv, '15m'], server.env);
  expect(server.received.at(-1)?.body).toMatchObject({ keepaliveMinutes: 15 });
  expect(created.stderr).toContain(
    "demo is destroyed at 2099-01-01 00:15:00Z unless it is renewed: 'ocpctl keepalive demo'.",
  );
  expect(created.stderr).toContain("To follow, which does not renew: 'ocpctl logs demo -f'.");
  expect(created.stderr).not.toContain('ocpctl wait');
  const other = await runCli([...argv, '30m', '--if-not-exists'], server.env);
  expect(other.stderr).toContain(
    "Warning: --keepalive: 30m requested, the cluster has 15m; to change it: 'ocpctl keepalive demo --set 30m'.",
  );
});

it('logs -f says that it does not renew', async () => {
  const running = jobOf({ status: 'RUNNING', endedAt: null });
  await using server = await startStubServer({
    [`GET /v1/jobs/${JOB_ID}`]: () => ({ body: running }),
    [`GET ${path}`]: () => ({ body: tied }),
    [`GET /v1/jobs/${JOB_ID}/events`]: ({ headers }) =>
      headers.accept === 'text/event-stream' ? eventStream([], jobOf()) : pageResponse([]),
  });
  const run = await runCli(['logs', JOB_ID, '-f'], server.env);
  expect(run.code, run.stderr).toBe(0);
  expect(run.stderr).toContain("'ocpctl logs -f' does not renew the keepalive: demo is destroyed at ");
});

it('wait and extend say that they do not renew; what is true when the cluster expires before its keepalive ends', async () => {
  const ended = { id: JOB_ID, status: 'SUCCEEDED' };
  const serve = (cluster: Cluster) =>
    startStubServer({
      'GET /v1/clusters': () => pageResponse([cluster]),
      [`GET ${path}`]: () => ({ body: cluster }),
      [`GET ${path}/outputs`]: () => ({ body: {} }),
      [`GET /v1/jobs/${JOB_ID}`]: () => ({ body: ended }),
      [`POST ${path}/extend`]: () => ({ body: { cluster, previousDestroyAt: cluster.createdAt } }),
      [`POST ${path}/renew-keepalive`]: () => ({ body: cluster.keepalive }),
    });
  await using server = await serve(tied);
  const note =
    "does not renew the keepalive: demo is destroyed at 2099-01-01 00:15:00Z unless it is renewed: 'ocpctl keepalive demo'.";
  expect((await runCli(['wait', 'demo'], server.env)).stderr).toContain(`'ocpctl wait' ${note}`);
  expect((await runCli(['extend', 'demo', '--by', '1h'], server.env)).stderr).toContain(
    `'ocpctl extend' ${note}`,
  );
  expect((await runCli(['get', 'demo'], server.env)).stdout).toContain('Without renewal');

  const bound = clusterOf({ keepalive: { ...keepalive, expiresAt: tied.destroyAt } });
  await using other = await serve(bound);
  expect((await runCli(['wait', 'demo'], other.env)).stderr).not.toContain('renew');
  expect((await runCli(['get', 'demo'], other.env)).stdout).toMatch(
    /Keepalive +15m: the cluster expires before it ends\n[\s\S]*At expiry/,
  );
  const keeper = startCli(['keepalive', 'demo', '--interval', '1m'], other.env);
  await keeper.stderrHas(
    'Renewing demo every 1m; it expires at 2099-01-02 00:00:00Z, before its keepalive of 15m ends.',
  );
  keeper.child.kill('SIGINT');
  expect((await keeper.finished).code).toBe(130);
});

it('Ctrl-C of keepalive is not an error: exit code 130, and one line that says what happens to the cluster now', async () => {
  await using server = await startStubServer(
    routes(
      tied,
      Array(2).fill(() => ({ body: keepalive })),
    ),
  );
  for (const format of ['table', 'json']) {
    const keeper = startCli(['keepalive', 'demo', '-o', format], server.env);
    await keeper.stderrHas('Renewing demo every 5m');
    keeper.child.kill('SIGINT');
    const { code, stdout, stderr } = await keeper.finished;
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
    const told =
      "topped renewing: demo is destroyed at 2099-01-01 00:15:00Z unless it is renewed: 'ocpctl keepalive demo'.";
    const last = stderr.trimEnd().split('\n').at(-1) ?? '';
    if (format === 'table') expect(last).toBe(`S${told}`);
    else expect(JSON.parse(last).error).toMatchObject({ code: 'INTERRUPTED', message: `s${told}` });
  }
});

it('get says why a cluster was destroyed, and wait why it will not be READY', async () => {
  const destroyReason = 'keepalive not renewed since 2026-01-01T00:00:00.000Z: due every 15m';
  const gone = clusterOf({ status: 'DESTROYED', destroyReason });
  await using server = await startStubServer({
    'GET /v1/clusters': () => pageResponse([gone]),
    [`GET ${path}`]: () => ({ body: gone }),
  });
  expect((await runCli(['get', 'demo'], server.env)).stdout).toMatch(
    new RegExp(`Destroy reason +${destroyReason}`),
  );
  const waited = await runCli(['wait', 'demo', '--for', 'ready'], server.env);
  expect(waited).toMatchObject({ code: 10 });
  expect(waited.stderr).toContain(`Error: demo is DESTROYED, not READY: ${destroyReason}`);
});
