import { describe, expect, it } from 'vitest';
import type { Cluster, OffhoursDocument } from '../../src/contract/documents.ts';
import { CLUSTER_ID, clusterOf, JOB_ID } from './support/documents.ts';
import { runCli } from './support/run-cli.ts';
import { pageResponse, startStubServer } from './support/stub-server.ts';

const SCHEDULE: OffhoursDocument = {
  ...{ team: 'payments', timezone: 'Europe/Berlin', start: '08:00', end: '19:00' },
  days: ['mon', 'tue', 'wed', 'thu', 'fri'],
  holidays: ['2020-12-25', '2099-12-25', '2099-12-26'],
  isWorking: false,
  next: [{ at: '2099-01-05T07:00:00.000Z', local: '2099-01-05T08:00:00+01:00', isWorking: true }],
  scales: [],
  ...{ clusters: 2, updatedAt: '2026-11-29T00:00:00.000Z', updatedBy: 'local:root' },
};
const OFFHOURS: NonNullable<Cluster['offhours']> = {
  optedIn: true,
  schedule: { timezone: 'Europe/Berlin', start: '08:00', end: '19:00', days: ['mon', 'wed', 'thu'] },
  workersInHours: 3,
  blocked: null,
  hold: null,
  next: { at: '2099-01-05T07:00:00.000Z', local: '2099-01-05T08:00:00+01:00', workers: 3 },
  last: {
    at: '2026-11-27T18:00:00.000Z',
    workers: 0,
    by: 'system:off-hours',
    reason: 'the working hours of team payments ended',
    status: 'SUCCEEDED',
    jobId: JOB_ID,
  },
};
const FLAGS = ['--timezone', 'Europe/Berlin', '--hours', '8:00-19:00', '--days', 'mon-fri'];

describe('offhours', () => {
  it('set sends the schedule, and shows the boundaries in both times', async () => {
    await using server = await startStubServer({ 'POST /v1/offhours': () => ({ body: SCHEDULE }) });
    const run = await runCli(['offhours', 'set', 'payments', ...FLAGS], server.env);
    expect(run).toMatchObject({ code: 0 });
    expect(run.stdout).toContain('08:00-19:00 mon-fri Europe/Berlin');
    expect(run.stdout).toMatch(/Hours begin +2099-01-05 08:00 Europe\/Berlin = 2099-01-05 07:00:00Z/);
    expect(run.stdout).toContain('2 to come, from 2099-12-25 to 2099-12-26');
    const { days } = SCHEDULE;
    const body = { team: 'payments', timezone: 'Europe/Berlin', start: '08:00', end: '19:00', days };
    expect(server.received[0]?.body).toEqual(body);
    await runCli(['offhours', 'set', 'payments', ...FLAGS, '--no-holidays'], server.env);
    expect(server.received[1]?.body).toEqual({ ...body, holidays: [] });
  });

  it('set shows what may be a mistake', async () => {
    const body = { ...SCHEDULE, warnings: ['the team "payments" is new, no grant and no job names it'] };
    await using server = await startStubServer({ 'POST /v1/offhours': () => ({ body }) });
    const run = await runCli(['offhours', 'set', 'payments', ...FLAGS], server.env);
    expect(run.stderr).toContain('Warning: the team "payments" is new, no grant and no job names it');
  });

  it('set and clear say what is scaled when, list the teams, and who may set', async () => {
    const at = new Date().toISOString();
    const scales = [
      { clusterId: CLUSTER_ID, name: 'demo', from: 3, to: 0, at },
      { clusterId: CLUSTER_ID, name: 'later', from: 2, to: 0, at: '2099-01-05T18:00:00.000Z' },
      { clusterId: CLUSTER_ID, name: 'new', from: 1, to: 0, at: null },
    ];
    const answer = { body: { ...SCHEDULE, scales } };
    await using server = await startStubServer({
      'POST /v1/offhours': () => answer,
      'DELETE /v1/offhours': () => answer,
      'GET /v1/offhours/teams': () => pageResponse([SCHEDULE]),
    });
    const run = await runCli(['offhours', 'set', 'payments', ...FLAGS, '--dry-run'], server.env);
    expect(run.stdout).toMatch(/Next scale of each cluster\n +demo +3 to 0 workers, within a minute\n/);
    expect(run.stdout).toMatch(/ later +2 to 0 workers, 2099-01-05 18:00:00Z \(in .*\)\n/);
    expect(run.stdout).toMatch(/ new +1 to 0 workers, when it is READY\n/);
    expect(run.stderr).toContain('Would scale 1 cluster within a minute: demo (3 to 0 workers).');
    const clear = await runCli(['offhours', 'clear', 'payments', '--dry-run'], server.env);
    expect(clear.stdout).toContain('Would remove: off-hours of team payments');
    expect(clear.stderr).toContain('Dry run: nothing was changed.');
    expect(server.received.at(-1)?.query.get('dryRun')).toBe('true');
    expect((await runCli(['offhours', 'clear', 'payments'], server.env)).stderr).toContain(
      'Scales 1 cluster within a minute: demo (3 to 0 workers).',
    );
    const list = await runCli(['offhours', 'list'], server.env);
    expect(list.stdout).toMatch(
      /^TEAM +HOURS +NOW +UNTIL +CLUSTERS\npayments +08:00-19:00 mon-fri Europe\/Berlin +off-hours +in \w+ +2\n$/,
    );
  });

  it('set says when no cluster follows the hours', async () => {
    const alone = { ...SCHEDULE, clusters: 0 };
    await using server = await startStubServer({ 'POST /v1/offhours': () => ({ body: alone }) });
    const { stderr } = await runCli(['offhours', 'set', 'payments', ...FLAGS], server.env);
    expect(stderr).toContain('No cluster of team payments has opted in, so nothing is scaled:');
  });

  it('set sends nothing that cannot be meant', async () => {
    await using server = await startStubServer({});
    const run = await runCli(
      ['offhours', 'set', 'payments', ...FLAGS.slice(0, 4), '--days', 'weekdays'],
      server.env,
    );
    expect(run).toMatchObject({ code: 2, stdout: '' });
    expect(run.stderr).toContain('invalid value "weekdays" for --days: "weekdays" is not one of mon, tue');
    expect(server.received).toEqual([]);
  });

  it('opt-in shows when the cluster scales next, and says when its team has no hours', async () => {
    const [cluster, path] = [clusterOf({ workerReplicas: 3 }), `POST /v1/clusters/${CLUSTER_ID}/offhours`];
    const list = { 'GET /v1/clusters': () => pageResponse([cluster]) };
    const answer = (offhours: Cluster['offhours']) => () => ({ body: { cluster: { ...cluster, offhours } } });
    await using server = await startStubServer({ ...list, [path]: answer(OFFHOURS) });
    const run = await runCli(['offhours', 'opt-in', 'demo'], server.env);
    expect(run).toMatchObject({ code: 0 });
    expect(run.stdout).toMatch(/^NAME +OFF-HOURS +WORKERS +NEXT SCALE\ndemo +opted in +3 +3 in \w+\n$/);
    expect(server.received.at(-1)?.body).toEqual({ optIn: true });
    const none = { ...OFFHOURS, schedule: null, next: null, last: null };
    await using early = await startStubServer({ ...list, [path]: answer(none) });
    const { stderr } = await runCli(['offhours', 'opt-in', 'demo'], early.env);
    expect(stderr).toContain(
      "Team platform has no off-hours yet, so the workers stay. A platform admin of the team sets them: 'ocpctl offhours set platform'.",
    );
    const empty = { ...OFFHOURS, workersInHours: 0, next: null };
    await using idle = await startStubServer({ ...list, [path]: answer(empty) });
    const opted = await runCli(['offhours', 'opt-in', 'demo'], idle.env);
    expect(opted.stderr).toContain('demo has no workers, so there is nothing to scale:');
  });

  it('get says who holds the number of workers until when, and why the schedule does not scale', async () => {
    const hold = { at: '2099-01-05T07:00:00.000Z', local: '2099-01-05T08:00:00+01:00', by: 'local:ann' };
    const last = { ...OFFHOURS.last, at: '2026-11-27T18:00:00.000Z', by: 'local:ann', reason: null };
    const byHand = {
      ...OFFHOURS,
      hold,
      last: { ...last, workers: 1, status: 'FAILED' as const, jobId: JOB_ID },
    };
    const blocked = 'profile aws-standard does not permit 0 workers';
    const textOf = async (offhours: Cluster['offhours']) => {
      const cluster = clusterOf({ offhours });
      await using server = await startStubServer({
        'GET /v1/clusters': () => pageResponse([cluster]),
        [`GET /v1/clusters/${CLUSTER_ID}`]: () => ({ body: cluster }),
        [`GET /v1/clusters/${CLUSTER_ID}/outputs`]: () => ({ body: {} }),
      });
      return (await runCli(['get', 'demo'], server.env)).stdout;
    };
    const held = await textOf(byHand);
    expect(held).toMatch(/Held +by local:ann until 2099-01-05 08:00 Europe\/Berlin = 2099-01-05 07:00:00Z/);
    expect(held).toMatch(/Last scale +to 1 by local:ann \(FAILED\), 2026-11-27 18:00:00Z \(.*\)\n/);
    const refused = await textOf({ ...OFFHOURS, blocked, next: null });
    expect(refused).toMatch(/Not scaled +profile aws-standard does not permit 0 workers/);
    expect(refused).not.toContain('Next scale');
  });

  it('get says when the next scale is, and why the last one was', async () => {
    const cluster = clusterOf({ offhours: OFFHOURS });
    await using server = await startStubServer({
      'GET /v1/clusters': () => pageResponse([cluster]),
      [`GET /v1/clusters/${CLUSTER_ID}`]: () => ({ body: cluster }),
      [`GET /v1/clusters/${CLUSTER_ID}/outputs`]: () => ({ body: {} }),
    });
    const { stdout } = await runCli(['list', '-o', 'csv'], server.env);
    expect(stdout).toContain('2099-01-05T07:00:00.000Z');
    const shown = await runCli(['get', 'demo'], server.env);
    expect(shown.stdout).toMatch(
      /Last scale +to 0 by system:off-hours, 2026-11-27 18:00:00Z .*: the working hours of team/,
    );
    const json = await runCli(['get', 'demo', '--json'], server.env);
    expect(JSON.parse(json.stdout).offhours).toEqual(OFFHOURS);
  });
});
