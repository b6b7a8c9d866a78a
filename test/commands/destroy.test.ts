import { describe, expect, it } from 'vitest';
import { CLUSTER_ID, clusterOf, JOB_ID, jobOf, phaseEvent } from './support/documents.ts';
import { runCli } from './support/run-cli.ts';
import {
  eventStream,
  pageResponse,
  problemResponse,
  type Routes,
  startStubServer,
} from './support/stub-server.ts';

const job = jobOf({ type: 'DESTROY', status: 'PENDING', endedAt: null });
const routes: Routes = {
  'GET /v1/clusters': ({ query }) => pageResponse(query.get('name') === 'demo' ? [clusterOf()] : []),
  [`POST /v1/clusters/${CLUSTER_ID}/destroy`]: () => ({
    status: 202,
    body: { cluster: clusterOf({ status: 'DESTROYING' }), job },
  }),
};

describe('destroy', () => {
  it('names the flag that is missing when no one can be asked, and sends nothing', async () => {
    await using server = await startStubServer(routes);
    const run = await runCli(['destroy', 'demo'], server.env);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain('Hint: pass --yes, or --confirm demo, in non-interactive mode\n');
    expect(server.received.map(({ method }) => method)).toEqual(['GET']);
  });

  it('takes --yes or the right --confirm, and no other name', async () => {
    await using server = await startStubServer(routes);
    for (const argv of [['--yes'], ['--confirm', 'demo']]) {
      const run = await runCli(['destroy', 'demo', ...argv], server.env);
      expect(run.code).toBe(0);
      expect(run.stdout).toMatch(/^NAME +STATUS +JOB\ndemo +DESTROYING +job_\w+\n$/);
    }
    const wrong = await runCli(['destroy', 'demo', '--confirm', 'other'], server.env);
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
  });

  it('sends the reason, or no body', async () => {
    await using server = await startStubServer(routes);
    for (const argv of [['--reason', 'tests are done'], []])
      expect(await runCli(['destroy', 'demo', '--yes', ...argv], server.env)).toMatchObject({ code: 0 });
    const sent = server.received.filter(({ method }) => method === 'POST');
    expect(sent.map(({ body }) => body)).toEqual([{ reason: 'tests are done' }, undefined]);
  });

  it('looks for all of them before it touches one', async () => {
    await using server = await startStubServer(routes);
    const run = await runCli(['destroy', 'demo', 'absent', '--yes'], server.env);
    expect(run).toMatchObject({ code: 3, stdout: '' });
    expect(server.received.some(({ method }) => method === 'POST')).toBe(false);
  });

  it('leaves out what is not there with --if-exists', async () => {
    await using server = await startStubServer(routes);
    const run = await runCli(['destroy', 'absent', 'demo', '--yes', '--if-exists', '--json'], server.env);
    expect(run.code).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({ items: [{ job: { id: JOB_ID } }], nextCursor: null });
    const none = await runCli(['destroy', 'absent', '--if-exists', '--json'], server.env);
    expect(none).toMatchObject({ code: 0 });
    expect(JSON.parse(none.stdout)).toEqual({ items: [], nextCursor: null });
  });

  it('follows it to the end with --wait: 0 when it is gone, 10 when something is left', async () => {
    const gone = clusterOf({ status: 'DESTROYED', destroyedAt: '2026-01-01T01:00:00Z' });
    const events = [phaseEvent(1, 'restore', 'started'), phaseEvent(2, 'destroy', 'started')];
    await using server = await startStubServer({
      ...routes,
      [`GET /v1/jobs/${JOB_ID}/events`]: () => eventStream(events, jobOf({ type: 'DESTROY' })),
      [`GET /v1/clusters/${CLUSTER_ID}`]: () => ({ body: gone }),
    });
    const run = await runCli(['destroy', 'demo', '--yes', '--wait'], server.env);
    expect(run.code).toBe(0);
    expect(run.stdout).toContain('DESTROYED');
    expect(run.stderr).toContain('Destroying demo in the sandbox');
    expect(run.stderr).toContain('[1/4] restore done');

    const error = { code: 'RESIDUE', message: '2 resources are left' };
    await using stuck = await startStubServer({
      ...routes,
      [`GET /v1/jobs/${JOB_ID}/events`]: () =>
        eventStream([], jobOf({ type: 'DESTROY', status: 'FAILED', error })),
    });
    const failed = await runCli(['destroy', 'demo', '--yes', '--wait', '-q'], stuck.env);
    expect(failed).toMatchObject({ code: 10, stdout: '' });
    expect(failed.stderr).toContain('Error: destroying demo failed: 2 resources are left');
  });

  it('N9: says how to get rid of a residue that no retry removes', async () => {
    const error = { code: 'RESIDUE', message: '1 cloud resource left: hosted-zone-record demo.example.com' };
    const failed = clusterOf({
      status: 'DESTROY_FAILED',
      lastOperation: { jobId: JOB_ID, type: 'DESTROY', status: 'FAILED', error, waitingReason: null },
    });
    const left = { id: 'Z123/demo', arn: null, type: 'hosted-zone-record', region: 'global', name: 'demo' };
    const residue = { items: [left], total: 1, foundAt: '2026-01-01T01:00:00Z' };
    const job = jobOf({ type: 'DESTROY', status: 'FAILED', error });
    await using server = await startStubServer({
      ...routes,
      'GET /v1/clusters': () => pageResponse([failed]),
      [`GET /v1/clusters/${CLUSTER_ID}`]: () => ({ body: failed }),
      [`GET /v1/clusters/${CLUSTER_ID}/residue`]: () => ({ body: residue }),
      [`GET /v1/jobs/${JOB_ID}/events`]: () => eventStream([], job),
    });
    for (const argv of [
      ['destroy', 'demo', '--yes', '--wait', '-q'],
      ['wait', 'demo', '--for', 'destroyed'],
    ]) {
      const run = await runCli(argv, server.env);
      expect(run.code).toBe(10);
      expect(run.stderr).toContain("'ocpctl get demo' lists their ids");
      expect(run.stderr).toContain("'ocpctl destroy demo --abandon --reason TEXT'");
    }
    const { stdout } = await runCli(['get', 'demo'], server.env);
    expect(stdout).toContain('Z123/demo');
    expect(stdout).toContain('remove them in the cloud, then: ocpctl destroy demo\n');
    expect(stdout).toContain('ocpctl destroy demo --abandon --reason TEXT');
  });

  it('says which clusters share a name, exit code 5', async () => {
    const twins = [
      clusterOf(),
      clusterOf({ id: CLUSTER_ID.replace('9ab', '9ac'), baseDomain: 'dev.example.com' }),
    ];
    await using server = await startStubServer({ 'GET /v1/clusters': () => pageResponse(twins) });
    const run = await runCli(['destroy', 'demo', '--yes', '--json'], server.env);
    expect(run).toMatchObject({ code: 5, stdout: '' });
    expect(JSON.parse(run.stderr)).toMatchObject({
      error: { code: 'AMBIGUOUS_NAME', hint: expect.stringContaining(CLUSTER_ID) },
    });
  });

  it('tries the others when one is refused, prints what was accepted, and ends with the refusal', async () => {
    const other = CLUSTER_ID.replace('9ab', '9ac');
    await using server = await startStubServer({
      ...routes,
      [`GET /v1/clusters/${other}`]: () => ({ body: clusterOf({ id: other, name: 'other' }) }),
      [`POST /v1/clusters/${other}/destroy`]: () => problemResponse(403, 'FORBIDDEN', 'not yours'),
    });
    const run = await runCli(['destroy', other, 'demo', '--yes', '-o', 'name'], server.env);
    expect(run).toMatchObject({ code: 6, stdout: 'demo\n' });
  });

  it('gives up with --abandon and a reason, and says that nothing was proven', async () => {
    const abandoned = { at: '2026-01-03T00:00:00Z', by: 'local:admin', reason: 'the account is closed' };
    await using server = await startStubServer({
      ...routes,
      [`POST /v1/clusters/${CLUSTER_ID}/abandon`]: () => ({
        body: { cluster: clusterOf({ status: 'DESTROY_FAILED', abandoned }) },
      }),
    });
    const argv = ['destroy', 'demo', '--abandon', '--reason', 'the account is closed', '--yes'];
    const run = await runCli(argv, server.env);
    expect(run.code).toBe(0);
    expect(run.stdout).toMatch(/^demo +DESTROY_FAILED \(abandoned\) +-$/m);
    expect(run.stderr).toContain('Abandoned without proof that nothing is left.');
    const sent = server.received.find(({ method }) => method === 'POST');
    expect(sent?.body).toEqual({ reason: 'the account is closed' });
    expect(sent?.headers['idempotency-key']).toMatch(/.{16}/);
  });

  it.each([
    [['--abandon'], '--abandon requires --reason'],
    [['--abandon', '--reason', 'because', '--wait'], '--wait'],
  ])('refuses %j before it sends anything', async (flags, message) => {
    await using server = await startStubServer(routes);
    const run = await runCli(['destroy', 'demo', '--yes', ...flags], server.env);
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain(message);
    expect(server.received).toEqual([]);
  });

  it('takes the cluster that has the name now, not one that was given up before it', async () => {
    const older = CLUSTER_ID.replace('9ab', '9aa');
    const givenUp = clusterOf({ id: older, status: 'DESTROY_FAILED' });
    await using server = await startStubServer({
      ...routes,
      'GET /v1/clusters': () => pageResponse([clusterOf(), givenUp]),
    });
    const run = await runCli(['destroy', 'demo', '--yes', '-o', 'name'], server.env);
    expect(run).toMatchObject({ code: 0, stdout: 'demo\n' });
  });
});
