import { expect, test } from 'vitest';
import type { AppService } from '../../src/contract/documents.ts';
import { AppsLoad, type AppsLoadReport } from './apps-load.ts';
import { loadProgram } from './apps-load-program.ts';
import { useAppsSite } from './apps-site.ts';
import { eventually } from './eventually.ts';
import { SHORT_LEASE } from './open-site.ts';

/** More than `npm run test:all` has time for. */
const isFull = process.env['OCPCTL_LOAD'] === 'full';
const DEPLOYS = isFull ? 20 : 6;
const ROLLBACKS = isFull ? 5 : 2;
const BROKEN = isFull ? 3 : 1;

const apps = useAppsSite(SHORT_LEASE);

const sourceOf = (version: string) => apps().source(version, loadProgram(version));
const deploy = async (version: string, ...flags: string[]): Promise<AppService> => {
  const argv = ['app', 'deploy', sourceOf(version), '--name', 'busy', '--json', ...flags];
  return JSON.parse((await apps().cli(argv)).stdout) as AppService;
};

async function startLoad({ url }: AppService): Promise<AppsLoad> {
  const load = new AppsLoad({
    base: await apps().edge(),
    host: new URL(url ?? '').hostname,
    streamPath: '/stream',
    webSocketPath: '/ws',
  });
  await eventually('the load has begun', () => load.report.messages > 0);
  return load;
}

/** @param disturb what happens while the deployment is under way; it gets the state */
async function deployOver(
  version: string,
  disturb: (stateOf: () => Promise<string>) => Promise<void>,
): Promise<void> {
  const { deployment } = await deploy(version, '--no-wait');
  const stateOf = async () => (await apps().deployment(deployment?.id ?? '')).state;
  await disturb(stateOf);
  await eventually(`${version} is live`, async () => (await stateOf()) === 'LIVE');
}

async function changeReleases(served: () => Promise<string | undefined>): Promise<void> {
  const site = apps();
  for (let n = 1; n <= DEPLOYS; n++) {
    await deploy(`v${n}`);
    expect(await served()).toBe(`v${n}`);
  }
  for (let n = 1; n <= ROLLBACKS; n++) {
    // The first release is v0.
    await site.cli(['app', 'rollback', 'busy', '--release', String(DEPLOYS + 1 - n)]);
    expect(await served()).toBe(`v${DEPLOYS - n}`);
  }
  for (let n = 1; n <= BROKEN; n++) {
    const broken = site.source(`broken${n}`, { ...loadProgram('bad'), 'server.js': `process.exit(${n});` });
    const failed = await site.cli(['app', 'deploy', broken, '--name', 'busy'], 10);
    expect(failed.stderr).toContain(`exit ${n}`);
    expect(await served()).toBe(`v${DEPLOYS - ROLLBACKS}`);
  }
}

/** Each drains once and is killed once. */
async function restartServers(): Promise<void> {
  const site = apps();
  await deployOver('api', async () => {
    await site.server('api').stop();
    await site.start('api');
    await site.server('api').kill();
    await site.start('api');
  });
  await deployOver('worker', async (stateOf) => {
    await eventually('a worker is at it', async () => (await stateOf()) !== 'QUEUED');
    await site.server('worker').stop();
    await site.start('worker');
    await site.server('worker').kill();
    await site.start('worker');
  });
}

test(
  'A1, P6: no request is lost to deploys, rollbacks, broken releases, scale, and restarts of API, worker and service under load',
  async () => {
    const site = apps();
    const live = await deploy('v0');
    const served = async () => (await site.ask(live)).text.split(' ')[0];
    const load = await startLoad(live);
    await changeReleases(served);
    await site.cli(['app', 'restart', 'busy']);
    await restartServers();
    expect(await served()).toBe('worker');
    await site.cli(['app', 'scale', 'busy', '--replicas', '3']);
    const first = await load.stop();
    print(first);
    expect(first.failures).toStrictEqual([]);
    expect([...first.webSocketCloses.keys()]).toStrictEqual([1001]);

    // What is stopped answers that it is stopped: there is no load meanwhile.
    await site.cli(['app', 'scale', 'busy', '--replicas', '0']);
    expect(await site.ask(live)).toMatchObject({ status: 503, text: expect.stringContaining('stopped') });
    await site.cli(['app', 'scale', 'busy', '--replicas', '2']);
    const again = await startLoad(live);
    for (const replicas of ['1', '2']) await site.cli(['app', 'scale', 'busy', '--replicas', replicas]);
    await site.cli(['app', 'restart', 'busy']);
    const second = await again.stop();
    print(second);
    expect(second.failures).toStrictEqual([]);
    // Whether its instance left is chance.
    expect([...second.webSocketCloses.keys()].filter((code) => code !== 1001)).toStrictEqual([]);
    // P17: an edge that ends reports what it has counted.
    expect(await site.server('edge').stop()).toBe(0);
    const [counted] = await site.rows<{ requests: number }>(
      'select sum(requests)::int4 as requests from app_samples where step_seconds = 3600',
    );
    const requests = (report: AppsLoadReport) =>
      report.succeeded['keep-alive'] + report.succeeded['new connection'];
    const sent = requests(first) + requests(second);
    process.stderr.write(`load: ${sent} requests, ${counted?.requests} counted\n`);
    expect(counted?.requests).toBeGreaterThanOrEqual(sent);
  },
  isFull ? 1_800_000 : 600_000,
);

function print({ succeeded, messages, failures, webSocketCloses }: AppsLoadReport): void {
  const counts = { ...succeeded, messages, failures: failures.length, closed: [...webSocketCloses] };
  process.stderr.write(`load: ${JSON.stringify(counts)}\n`);
}
