import { parseArgs } from 'node:util';
import pg from 'pg';
import { eventually } from '../../e2e/patience.ts';
import { createCluster, untilStatus } from '../../e2e/site.ts';
import { startPostgresServer } from '../../setup/postgres-server.ts';
import { type Havoc, wreakHavoc } from './havoc.ts';
import { Installation } from './installation.ts';
import { Random } from './random.ts';
import { beUser, type Ledger, order } from './users.ts';
import { judge, type Verdict } from './verdict.ts';

const LEASE_MS = 3_000;
const SETTLE_WITHIN_MS = 180_000;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    workers: { type: 'string', default: '3' },
    users: { type: 'string', default: '12' },
    /** Mean time between two deeds, in milliseconds. */
    pause: { type: 'string', default: '3500' },
    keep: { type: 'boolean', default: false },
  },
});
const seed = Number(values.seed);
say(`seed ${seed}`);
try {
  process.exitCode = (await run()) ? 0 : 1;
} catch (error) {
  say(`seed ${seed} failed: ${error instanceof Error ? error.stack : String(error)}`);
  process.exitCode = 1;
}

async function run(): Promise<boolean> {
  const postgres = await startPostgresServer();
  const installation = new Installation(await makeDatabase(postgres.url), LEASE_MS);
  try {
    return await marathon(installation);
  } finally {
    if (values.keep) say(`kept: ${installation.site.folder}`);
    else await installation.close();
    await postgres.stop();
  }
}

async function marathon(installation: Installation): Promise<boolean> {
  const random = new Random(seed);
  const ledger: Ledger = { creates: [], destroys: new Set() };
  const havoc: Havoc = { kills: 0, deeds: new Map() };
  // The first server makes the key that everybody uses.
  await installation.open('api');
  await installation.open('api');
  for (let i = 0; i < Number(values.workers); i++) await installation.open('worker');
  const wholeCluster = await measureCluster(installation, ledger);

  const closing = AbortSignal.timeout(Number(values.minutes) * 60_000);
  const users = Array.from({ length: Number(values.users) }, (_, i) =>
    beUser(`team${i + 1}`, { installation, ledger, closing, random: random.fork() }),
  );
  const havocOptions = { installation, closing, random: random.fork(), meanPauseMs: Number(values.pause) };
  const wreaking = wreakHavoc(havoc, havocOptions);
  const progress = setInterval(() => say(`clusters ${ledger.creates.length}, kills ${havoc.kills}`), 30_000);
  await Promise.all([...users, wreaking]).finally(() => clearInterval(progress));
  say(`havoc is over: ${[...havoc.deeds].map(([deed, times]) => `${deed} ${times}`).join(', ')}`);

  await settle(installation, ledger, random);
  const before = await judge(installation, ledger, wholeCluster);
  await destroyAll(installation, ledger, random);
  const after = await judge(installation, ledger, wholeCluster);
  return report(ledger, havoc, before, after);
}

/** Makes one cluster in peace. @returns the sorted types of what a create makes. */
async function measureCluster(installation: Installation, ledger: Ledger): Promise<string[]> {
  const [client] = installation.clients();
  if (client === undefined) throw new Error('no API is there');
  const { cluster, job } = await createCluster(client, {
    name: 'reference',
    profile: 'aws-minimal-test',
    team: 'reference',
  });
  ledger.creates.push({ id: cluster.id, jobId: job.id, key: await keyOf(installation), name: 'reference' });
  await untilStatus(client, cluster.id, 'READY');
  return (await installation.site.cloud()).map(({ type }) => type).sort();
}

async function keyOf({ pool }: Installation): Promise<string> {
  const { rows } = await pool.query<{ key: string }>('select key from idempotency_keys limit 1');
  return rows[0]?.key ?? '';
}

/** Waits until nothing moves any more; a destroy that failed is ordered again, as an operator would. */
async function settle(installation: Installation, ledger: Ledger, random: Random): Promise<void> {
  const options = { installation, ledger, random };
  await eventually(
    'everything comes to rest',
    async () => {
      const { rows } = await installation.pool.query<{ id: string; status: string; open: number }>(
        "select c.id, c.status, (select count(*)::int4 from jobs j where j.resource_id = c.id and j.ended_at is null) as open from clusters c where c.status not in ('READY', 'DESTROYED')",
      );
      for (const { id, status, open } of rows)
        if (status === 'DESTROY_FAILED' && open === 0) await order(options, id);
      return rows.every(({ status, open }) => status === 'FAILED' && open === 0);
    },
    { withinMs: SETTLE_WITHIN_MS },
  ).catch((error: Error) => say(error.message.trim()));
}

async function destroyAll(installation: Installation, ledger: Ledger, random: Random): Promise<void> {
  const { rows } = await installation.pool.query<{ id: string }>(
    "select id from clusters where status = 'READY'",
  );
  await installation.site.setFaults();
  for (const { id } of rows) await order({ installation, ledger, random }, id);
  await settle(installation, ledger, random);
}

function report(ledger: Ledger, havoc: Havoc, before: Verdict, after: Verdict): boolean {
  const kinds = ['leaks', 'overlaps', 'lost', 'stuck'] as const;
  const all = kinds.map((kind) => [kind, [...new Set([...before[kind], ...after[kind]])]] as const);
  for (const [kind, findings] of all)
    for (const finding of findings) say(`seed ${seed}, ${kind}: ${finding}`);
  const counts = all.map(([kind, findings]) => `${kind} ${findings.length}`).join(', ');
  process.stdout.write(`clusters ${ledger.creates.length}, kills ${havoc.kills}, ${counts}\n`);
  return all.every(([, findings]) => findings.length === 0);
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

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
