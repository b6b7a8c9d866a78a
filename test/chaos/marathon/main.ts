import { parseArgs } from 'node:util';
import pg from 'pg';
import { startPostgresServer } from '../../setup/postgres-server.ts';
import { runAppMarathon } from '../apps/app-marathon.ts';
import { DatabaseProxy } from '../database-proxy.ts';
import { parseDisturbances } from './disturbances.ts';
import { MarathonInstallation } from './installation.ts';
import { runMarathon } from './marathon.ts';
import { openQueue } from './queue.ts';

const LEASE_MS = 3_000;

const OPTIONS = {
  minutes: { type: 'string', default: '10' },
  seed: { type: 'string' },
  workers: { type: 'string', default: '3' },
  /** Default 30; of applications 5. */
  users: { type: 'string' },
  /** Mean time between two deeds, in milliseconds. */
  pause: { type: 'string', default: '4200' },
  /** Only these, comma-separated. */
  deeds: { type: 'string' },
  /** `sqs`: wake-ups go through ElasticMQ, behind a faulty proxy. */
  dispatch: { type: 'string', default: 'notify' },
  /** `split`: three APIs, and two janitors that are processes of their own. */
  roles: { type: 'string', default: 'together' },
  /** Whose users there are: `apps` has servers and disturbances of its own. */
  module: { type: 'string', default: 'clusters' },
  keep: { type: 'boolean', default: false },
  /** Read by scripts/chaos.mjs, which builds the copy. */
  without: { type: 'string' },
} as const;
const OF_CLUSTERS = ['workers', 'deeds', 'dispatch', 'roles', 'keep'];

/**
 * Runs a marathon and prints its summary on stdout.
 * @param entry the program under test
 * @returns whether nothing was found
 */
export async function run({ entry, argv }: { entry: string; argv: string[] }): Promise<boolean> {
  const { values } = parseArgs({ args: argv, options: OPTIONS });
  const seed = Number(values.seed ?? Math.floor(Math.random() * 1_000_000));
  print(`seed ${seed}${values.without === undefined ? '' : `, without the ${values.without}`}`);
  const isApps = parseChoice('module', values.module, ['clusters', 'apps']) === 'apps';
  const foreign = OF_CLUSTERS.find((name) =>
    argv.some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`)),
  );
  if (isApps && foreign !== undefined) throw new RangeError(`--${foreign} is an option of clusters`);
  const disturbances = parseDisturbances(values.deeds);
  const postgres = await startPostgresServer();
  const databaseUrl = await makeDatabase(postgres.url);
  if (isApps)
    return runAppMarathon({
      ...{ databaseUrl, entry, leaseMs: LEASE_MS, seed, print },
      minutes: Number(values.minutes),
      users: Number(values.users ?? 5),
      meanPauseMs: Number(values.pause),
    }).finally(() => postgres.stop());
  const proxy = await DatabaseProxy.start(databaseUrl);
  const hasJanitors = parseChoice('roles', values.roles, ['together', 'split']) === 'split';
  const queue =
    parseChoice('dispatch', values.dispatch, ['notify', 'sqs']) === 'sqs' ? await openQueue() : undefined;
  const installation = new MarathonInstallation(databaseUrl, LEASE_MS, entry, {
    hasJanitors,
    queue: queue?.proxy,
    settings: queue?.settings ?? {},
  });
  try {
    return await runMarathon(installation, {
      seed,
      minutes: Number(values.minutes),
      workers: Number(values.workers),
      users: Number(values.users ?? 30),
      meanPauseMs: Number(values.pause),
      disturbances,
      proxy,
      print,
    });
  } catch (error) {
    print(`seed ${seed} failed: ${error instanceof Error ? error.stack : String(error)}`);
    return false;
  } finally {
    proxy.close();
    if (values.keep) print(`kept: ${await installation.keep()}`);
    else await installation.close();
    await queue?.stop();
    await postgres.stop();
  }
}

function parseChoice(name: string, given: string, choices: readonly string[]): string {
  if (!choices.includes(given)) throw new RangeError(`--${name} is one of ${choices.join(', ')}`);
  return given;
}

async function makeDatabase(serverUrl: string): Promise<string> {
  const client = new pg.Client(serverUrl);
  await client.connect();
  await client.query('create database chaos');
  await client.end();
  const url = new URL(serverUrl);
  url.pathname = '/chaos';
  return url.href;
}

function print(text: string): void {
  process.stderr.write(`${text}\n`);
}
