import { randomUUID } from 'node:crypto';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { AppService, ServiceRun } from '../../src/contract/documents.ts';
import { useAppsSite } from './apps-site.ts';
import { eventually } from './eventually.ts';
import { holdWrites } from './hold-writes.ts';
import { SHORT_LEASE } from './open-site.ts';
import { isAlive, killProcess, type ProcessInfo, processesMentioning } from './processes.ts';

const apps = useAppsSite({ ...SHORT_LEASE, OCPCTL_FOLLOW_POLL_MS: '200' }, ['api', 'worker']);
/** Its own time does not come while the tests run. */
const SELDOM = '0 0 1 1 *';
const gateOf = (name: string) => join(apps().appDir, `gate-${name}`);

/** Lets the runs of a service end, those to come as well. */
const open = (name: string, code: number) => writeFileSync(gateOf(name), String(code));
const shut = (name: string) => rmSync(gateOf(name), { force: true });

/** Its program says that it started, and ends when its gate is open, with the code that is written there. */
function deploy(name: string, ...flags: string[]) {
  const site = apps();
  const directory = site.source(name, {
    'package.json': JSON.stringify({ name, private: true, scripts: { start: 'node job.js' } }),
    'app.yaml': `kind: cron\nschedule: "${SELDOM}"\n`,
    'job.js': `
      const { readFileSync } = require('node:fs');
      console.log('started');
      const poll = setInterval(() => {
        let code = '';
        try { code = readFileSync('${gateOf(name)}', 'utf8'); } catch {}
        if (code === '') return;
        clearInterval(poll);
        console.log('ends with ' + code);
        process.exitCode = Number(code);
      }, 20);
    `,
  });
  return site.json<AppService>('app', 'deploy', directory, '--name', name, ...flags);
}

async function start({ id }: AppService): Promise<ServiceRun> {
  const params = { path: { id }, header: { 'idempotency-key': randomUUID() } };
  return (await apps().client.POST('/v1/app/services/{id}/runs', { params })).data.run;
}

async function runsOf({ id }: AppService): Promise<ServiceRun[]> {
  const params = { path: { id }, query: {} };
  return (await apps().client.GET('/v1/app/services/{id}/runs', { params })).data.items;
}

function untilRun(service: AppService, isIt: (run: ServiceRun) => boolean): Promise<ServiceRun> {
  const explain = async () => JSON.stringify(await runsOf(service));
  return eventually('the last run is so', async () => (await runsOf(service)).slice(0, 1).find(isIt), {
    explain,
  });
}

const isRunning = ({ state }: ServiceRun) => state === 'RUNNING';
const hasEnded = ({ endedAt }: ServiceRun) => endedAt !== null;

async function linesOf({ id }: AppService, { number: run }: ServiceRun): Promise<string[]> {
  const params = { path: { id }, query: { run } };
  const { data } = await apps().client.GET('/v1/app/services/{id}/logs', { params });
  return data.items.map(({ text }) => text);
}

/** There is one instance of a run, and one program of it. */
async function programOf({ id }: ServiceRun): Promise<{ instance: string; program: ProcessInfo }> {
  const rows = await apps().rows<{ id: string }>('select id from app_instances where run_id = $1', [id]);
  const programs = pidsOf(rows[0]?.id ?? '-');
  const [program] = programs;
  expect([rows.length, programs.length]).toEqual([1, 1]);
  if (program === undefined) throw new Error('no program');
  return { instance: rows[0]?.id ?? '', program };
}

function pidsOf(instance: string): ProcessInfo[] {
  return processesMentioning(instance).filter(({ argv }) => argv.includes('job.js') && !argv.includes('{'));
}

test('a cron service is deployed without an instance, runs when it is asked to, and is rolled back', async () => {
  const site = apps();
  open('report', 0);
  const live = await deploy('report');
  expect(live).toMatchObject({ kind: 'cron', status: 'LIVE', release: 1, url: null, instances: [] });
  expect(live.schedule).toMatchObject({ lastRun: null });
  expect(live.schedule?.nextRunAt).toMatch(/-01-01T00:00:00.000Z$/);
  const first = await site.cli(['app', 'run', 'report']);
  expect(first.stdout).toContain('SUCCEEDED');
  expect(first.stderr).toMatch(/Z started\n[\s\S]*Z ends with 0\n/);
  await deploy('report', '--run-timeout', '2h');
  open('report', 3);
  const second = await site.cli(['app', 'run', 'report'], 10);
  expect(second.stderr).toContain('Error: run 2 of report failed: exit 3');
  await site.cli(['app', 'rollback', 'report']);
  open('report', 0);
  await start(live);
  const third = await untilRun(live, hasEnded);
  expect(third).toMatchObject({ number: 3, state: 'SUCCEEDED', exitCode: 0, release: 1, slot: null });
  expect((await runsOf(live)).map(({ exitCode }) => exitCode)).toEqual([0, 3, 0]);
  const shown = await site.cli(['app', 'logs', 'report', '--run', '2', '-o', 'value=text']);
  expect(shown.stdout).toBe('started\nends with 3\n');
  const told = `select data ->> 'reason' as reason from notification_events where subject = $1 and type = 'service.run_failed'`;
  expect(await site.rows(told, [live.id])).toEqual([{ reason: 'run 2 failed: exit 3' }]);
  await eventually('nothing of the runs is left', () => site.processes().length === 0);
});

test('a run survives kill -9 of its worker, also when its program has just started: that is not started a second time', async () => {
  const site = apps();
  const service = await deploy('long');
  const run = await start(service);
  await untilRun(service, isRunning);
  const before = await programOf(run);
  await site.server('worker').kill();
  expect(isAlive(before.program.pid)).toBe(true);
  await site.start('worker');
  open('long', 7);
  const failed = { number: run.number, state: 'FAILED', exitCode: 7, reason: 'exit 7' };
  expect(await untilRun(service, hasEnded)).toMatchObject(failed);
  expect(await linesOf(service, run)).toEqual(['started', 'ends with 7']);

  shut('long');
  const when = `update on app_instances for each row when (old.state = 'STARTING' and new.state = 'RUNNING')`;
  const hook = await holdWrites(site.databaseUrl, 'app_instances', when);
  const torn = await start(service);
  await eventually('its program runs', () => hook.isReached());
  const begun = await programOf(torn);
  await site.server('worker').kill();
  await hook.letGo();
  await site.start('worker');
  await untilRun(service, isRunning);
  expect(await programOf(torn)).toEqual(begun);
  open('long', 0);
  await untilRun(service, ({ state }) => state === 'SUCCEEDED');
  expect(await linesOf(service, torn)).toEqual(['started', 'ends with 0']);
});

test('a run that takes too long is stopped and has failed; one whose program is killed has failed, and is not restarted', async () => {
  const site = apps();
  const service = await deploy('slow', '--run-timeout', '2s');
  await start(service);
  expect(await untilRun(service, hasEnded)).toMatchObject({
    ...{ state: 'FAILED', reason: 'it was stopped: it had not ended after 2 s' },
  });
  await site.rows(`update app_services set settings = settings - 'timeoutSeconds' where id = $1`, [
    service.id,
  ]);
  const run = await start(service);
  await untilRun(service, isRunning);
  killProcess((await programOf(run)).program.pid);
  expect(await untilRun(service, hasEnded)).toMatchObject({
    ...{ number: 2, state: 'FAILED', reason: 'ended by SIGKILL', exitCode: null },
  });
  const jobs = await site.rows(
    `select id from jobs where resource_id = $1 and job_type = 'service.recover'`,
    [service.id],
  );
  expect(jobs).toEqual([]);
});

test('every due time runs once, the newest of those that were missed; one whose predecessor runs is skipped', async () => {
  const site = apps();
  const service = await deploy('tick', '--schedule', '*/5 * * * *', '--run-timeout', '24h');
  await site.moveClock('2 hours');
  const first = await untilRun(service, isRunning);
  await site.moveClock('3 hours');
  const second = await untilRun(service, ({ number }) => number === 2);
  expect(second).toMatchObject({ state: 'SKIPPED', reason: 'run 1 had not ended', jobId: null });
  const apart = Date.parse(second.slot ?? '') - Date.parse(first.slot ?? '');
  expect([apart % 300_000, Math.abs(apart - 3_600_000) <= 300_000]).toEqual([0, true]);
  open('tick', 0);
  await eventually('the first ends', async () => (await runsOf(service)).at(-1)?.state === 'SUCCEEDED');
});

test('A9: stop and destroy end the run of a cron service, and nothing of it is left', async () => {
  const site = apps();
  const service = (await site.getService('long')) satisfies AppService;
  shut('long');
  const { instance: stopped } = await start(service).then(async (run) => {
    await untilRun(service, isRunning);
    return programOf(run);
  });
  await site.cli(['app', 'stop', 'long']);
  expect(pidsOf(stopped)).toEqual([]);
  expect(await site.getService('long')).toMatchObject({
    ...{ status: 'STOPPED', replicas: 0, instances: [] },
    schedule: { nextRunAt: null, lastRun: { state: 'CANCELLED', reason: 'the service was stopped' } },
  });
  await site.cli(['app', 'run', 'long', '--no-wait'], 5);
  await site.cli(['app', 'start', 'long']);
  const run = await start(service);
  await untilRun(service, isRunning);
  const { instance: destroyed } = await programOf(run);
  await site.cli(['app', 'env', 'destroy', 'default', '--confirm', 'default']);
  expect(pidsOf(destroyed)).toEqual([]);
  expect(existsSync(join(site.appDir, 'runtime', 'instances', destroyed))).toBe(false);
  const left = `select id from app_runs where state in ('QUEUED', 'RUNNING')`;
  expect(await site.rows(left)).toEqual([]);
});
