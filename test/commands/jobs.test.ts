import { describe, expect, it } from 'vitest';
import { clusterOf, JOB_ID, jobOf } from './support/documents.ts';
import { runCli } from './support/run-cli.ts';
import { type Routes, startStubServer } from './support/stub-server.ts';

const create = jobOf({ status: 'RUNNING', endedAt: null, cancelRequested: true });
const routes: Routes = {
  [`GET /v1/jobs/${JOB_ID}`]: () => ({ body: create }),
  [`POST /v1/jobs/${JOB_ID}/cancel`]: () => ({
    status: 202,
    body: { cluster: clusterOf({ status: 'DESTROYING' }), job: create },
  }),
  [`POST /v1/jobs/${JOB_ID}/retry`]: () => ({
    status: 202,
    body: {
      cluster: clusterOf({ status: 'DESTROYING' }),
      job: jobOf({ type: 'DESTROY', status: 'PENDING' }),
    },
  }),
};

describe('jobs', () => {
  it('cancel stops a create only after a confirmation, because it destroys', async () => {
    await using server = await startStubServer(routes);
    const unasked = await runCli(['jobs', 'cancel', JOB_ID], server.env);
    expect(unasked).toMatchObject({ code: 2, stdout: '' });
    expect(unasked.stderr).toContain('--confirm demo');
    expect(server.received.some(({ method }) => method === 'POST')).toBe(false);

    const run = await runCli(['jobs', 'cancel', JOB_ID, '--confirm', 'demo'], server.env);
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(/^ID +TYPE +RESOURCE +STATUS\njob_\w+ +CREATE +demo +RUNNING\n$/);
    expect(run.stderr).toContain('--for destroyed');
    expect(server.received.at(-1)?.headers['idempotency-key']).toMatch(/.{16}/);
  });

  it('retry says which job runs, in json the whole answer', async () => {
    await using server = await startStubServer(routes);
    const run = await runCli(['jobs', 'retry', JOB_ID, '--json'], server.env);
    expect(run.code).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({
      job: { type: 'DESTROY' },
      cluster: { status: 'DESTROYING' },
    });
  });
});
