import { describe, expect, it } from 'vitest';
import type { Cluster } from '../../src/contract/documents.ts';
import { CLUSTER_ID, clusterOf, JOB_ID, jobOf, phaseEvent, profileOf } from './support/documents.ts';
import { runCli } from './support/run-cli.ts';
import { eventStream, pageResponse, type Routes, startStubServer } from './support/stub-server.ts';

const cluster = clusterOf({ workerReplicas: 3, requestedWorkers: 5 });
const job = jobOf({ type: 'SCALE_WORKERS', status: 'PENDING', endedAt: null });
const routes: Routes = {
  'GET /v1/clusters': () => pageResponse([clusterOf({ workerReplicas: 3, requestedWorkers: 3 })]),
  [`POST /v1/clusters/${CLUSTER_ID}/scale-workers`]: () => ({ status: 202, body: { cluster, job } }),
};

describe('scale', () => {
  it('shows the numbers and the job, and the document of the API', async () => {
    await using server = await startStubServer(routes);
    const run = await runCli(['scale', 'demo', '--workers', '5'], server.env);
    expect(run).toMatchObject({ code: 0 });
    expect(run.stdout).toMatch(/^NAME +FROM +TO +JOB\ndemo +3 +5 +job_\w+\n$/);
    const json = await runCli(['scale', 'demo', '--workers', '5', '--json'], server.env);
    expect(JSON.parse(json.stdout)).toMatchObject({ cluster: { requestedWorkers: 5 }, job: { id: JOB_ID } });
    expect(server.received.find(({ method }) => method === 'POST')?.body).toEqual({ workers: 5 });
  });

  it('says until when the off-hours schedule leaves the cluster alone', async () => {
    const at = '2099-01-05T18:00:00.000Z';
    const time = { at, local: '2099-01-05T19:00:00+01:00' };
    const offhours: Cluster['offhours'] = {
      ...{ optedIn: true, workersInHours: 5, blocked: null, last: null },
      schedule: { timezone: 'Europe/Berlin', start: '08:00', end: '19:00', days: ['mon'] },
      hold: { ...time, by: 'local:ann' },
      next: { ...time, workers: 0 },
    };
    await using server = await startStubServer({
      ...routes,
      [`POST /v1/clusters/${CLUSTER_ID}/scale-workers`]: () => ({
        ...{ status: 202, body: { cluster: { ...cluster, offhours }, job } },
      }),
    });
    const { stderr } = await runCli(['scale', 'demo', '--workers', '5'], server.env);
    expect(stderr).toMatch(
      /The off-hours schedule of team platform leaves demo alone until 2099-01-05 19:00 Europe\/Berlin = .*, then scales it to 0\./,
    );
  });

  it('follows it with --wait: 0 when the workers are ready, 10 when it failed', async () => {
    const done = jobOf({ type: 'SCALE_WORKERS' });
    await using server = await startStubServer({
      ...routes,
      [`GET /v1/jobs/${JOB_ID}/events`]: () => eventStream([phaseEvent(1, 'connect', 'started')], done),
      [`GET /v1/clusters/${CLUSTER_ID}`]: () => ({
        body: clusterOf({ workerReplicas: 5, requestedWorkers: 5 }),
      }),
    });
    const run = await runCli(['scale', 'demo', '--workers', '5', '--wait'], server.env);
    expect(run.code).toBe(0);
    expect(run.stderr).toContain('Scaling demo in the sandbox');
    expect(run.stderr).toContain('[1/3] connect');

    const error = { code: 'SCALE_NO_CAPACITY', message: '4 of 5 workers are ready' };
    await using stuck = await startStubServer({
      ...routes,
      [`GET /v1/jobs/${JOB_ID}/events`]: () =>
        eventStream([], jobOf({ type: 'SCALE_WORKERS', status: 'FAILED', error })),
    });
    const failed = await runCli(['scale', 'demo', '--workers', '5', '--wait', '-q'], stuck.env);
    expect(failed).toMatchObject({ code: 10, stdout: '' });
    expect(failed.stderr).toContain('Error: scaling demo failed: 4 of 5 workers are ready');
  });

  it('says what a cluster without workers cannot do before it sends anything', async () => {
    const { controlPlane, workers } = profileOf();
    const profile = profileOf({
      controlPlane: { ...controlPlane, schedulable: false },
      workers: { ...workers, scaleToZero: true },
    });
    await using server = await startStubServer({
      ...routes,
      [`GET /v1/profiles/${profile.name}`]: () => ({ body: profile }),
    });
    const refused = await runCli(['scale', 'demo', '--workers', '0'], server.env);
    expect(refused).toMatchObject({ code: 2, stdout: '' });
    expect(refused.stderr).toContain('without workers, ingress, console and login of demo stop');
    expect(refused.stderr).toContain('Hint: pass --yes in non-interactive mode');
    expect(server.received.some(({ method }) => method === 'POST')).toBe(false);
    expect(await runCli(['scale', 'demo', '--workers', '0', '--yes'], server.env)).toMatchObject({ code: 0 });
  });
});
