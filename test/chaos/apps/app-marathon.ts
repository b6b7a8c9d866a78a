import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../e2e/eventually.ts';
import { killProcess, processesMentioning } from '../../e2e/processes.ts';
import { MarathonInstallation } from '../marathon/installation.ts';
import { Random } from '../marathon/random.ts';
import { type AppTally, disturbApps } from './app-disturbances.ts';
import { AppSources } from './app-sources.ts';
import { Outages, type TrafficCounts } from './app-traffic.ts';
import { type AppLedger, destroyEnvironment, simulateAppUser } from './app-users.ts';
import { type AppFacts, type AppViolations, findAppViolations } from './app-violations.ts';

const SETTLE_WITHIN_MS = 180_000;
const ROLES = ['api', 'api', 'worker', 'worker', 'janitor', 'edge'] as const;
const KINDS = ['leaks', 'lost', 'stuck'] as const;

export interface AppMarathonOptions {
  readonly databaseUrl: string;
  readonly entry: string;
  readonly leaseMs: number;
  readonly seed: number;
  readonly minutes: number;
  readonly users: number;
  readonly meanPauseMs: number;
  readonly print: (text: string) => void;
}

/** Users of applications and havoc for the given minutes, then peace, then the reckoning. @returns whether nothing was found */
export async function runAppMarathon(options: AppMarathonOptions): Promise<boolean> {
  const { databaseUrl, entry, leaseMs, print } = options;
  const appDir = mkdtempSync(join(tmpdir(), 'ocpctl-chaos-apps-'));
  // The users of instances and builds enter it.
  chmodSync(appDir, 0o711);
  const installation = new MarathonInstallation(databaseUrl, leaseMs, entry, {
    hasJanitors: true,
    settings: {
      OCPCTL_APP_DIR: appDir,
      OCPCTL_RECONCILE_INTERVAL_MS: '500',
      OCPCTL_EDGE_PORT: String(await freePort()),
      OCPCTL_TEAM_APP_INSTANCES: '1000',
      OCPCTL_TEAM_APP_MEMORY_MB: '1000000',
    },
  });
  try {
    for (const role of ROLES) await installation.open(role);
    return await run(installation, appDir, options);
  } catch (error) {
    print(`seed ${options.seed} failed: ${error instanceof Error ? error.stack : String(error)}`);
    return false;
  } finally {
    await Promise.all(installation.site.servers.map((server) => server.kill()));
    for (const { pid } of processesMentioning(appDir)) killProcess(pid);
    await installation.close();
    rmSync(appDir, { recursive: true, force: true, maxRetries: 5 });
    print('stopped');
  }
}

async function run(
  installation: MarathonInstallation,
  appDir: string,
  { seed, minutes, users, meanPauseMs, print }: AppMarathonOptions,
): Promise<boolean> {
  const random = new Random(seed);
  const ledger: AppLedger = { deployments: [], destroys: new Set() };
  const counts: TrafficCounts = { requests: 0, lost: [] };
  const tally: AppTally = { kills: 0, byKind: new Map(), killed: new Map() };
  const outages = new Outages();
  const sources = new AppSources(installation.site.folder);
  await sources.pack();
  const end = new AbortController();
  // Node.js 20 collects a signal of AbortSignal.any() before its timeout: the run would not end.
  const timer = setTimeout(() => end.abort(), minutes * 60_000);
  const closing = end.signal;
  const shared = { installation, ledger, outages, closing };
  const progress = setInterval(
    () =>
      print(`deployments ${ledger.deployments.length}, requests ${counts.requests}, kills ${tally.kills}`),
    30_000,
  );
  const work = [
    ...Array.from({ length: users }, (_, i) =>
      simulateAppUser(`team${i + 1}`, { ...shared, sources, counts, random: random.fork() }),
    ),
    disturbApps(tally, { ...shared, random: random.fork(), meanPauseMs }),
  ];
  try {
    await Promise.all(work);
  } finally {
    // After a failure no one starts a server any more.
    end.abort();
    clearTimeout(timer);
    await Promise.allSettled(work);
    clearInterval(progress);
  }
  print(`havoc is over: ${[...tally.byKind].map(([kind, times]) => `${kind} ${times}`).join(', ')}`);

  const facts: AppFacts = { installation, appDir, ledger, counts, killed: tally.killed };
  const results = [await settle(facts)];
  const { rows } = await installation.pool.query<{ id: string }>(
    `select id from app_environments where status <> 'DESTROYED'`,
  );
  for (const { id } of rows) await destroyEnvironment({ installation, ledger, random }, id);
  results.push(await settle(facts));
  for (const kind of KINDS)
    for (const finding of new Set(results.flatMap((result) => result[kind])))
      print(`seed ${seed}, ${kind}: ${finding}`);
  const found = KINDS.map((kind) => new Set(results.flatMap((result) => result[kind])).size);
  const summary = KINDS.map((kind, i) => `${kind} ${found[i]}`).join(', ');
  process.stdout.write(
    `deployments ${ledger.deployments.length}, requests ${counts.requests}, kills ${tally.kills}, ${summary}\n`,
  );
  return found.every((count) => count === 0);
}

/** Waits until nothing is left to find but what stays. */
async function settle(facts: AppFacts): Promise<AppViolations> {
  let last = await findAppViolations(facts);
  const isClean = async () => {
    last = await findAppViolations(facts);
    return last.stuck.length + last.leaks.length === 0;
  };
  await eventually('everything comes to rest', isClean, { withinMs: SETTLE_WITHIN_MS }).catch(() => {});
  return last;
}

/** An edge that is killed is back at the same one. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
