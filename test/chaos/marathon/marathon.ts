import { createCluster, untilStatus } from '../../e2e/clusters.ts';
import { eventually } from '../../e2e/eventually.ts';
import type { DatabaseProxy } from '../database-proxy.ts';
import { canContain } from './container.ts';
import { type Disturbance, type DisturbanceCounts, disturb } from './disturbances.ts';
import type { MarathonInstallation } from './installation.ts';
import { Random } from './random.ts';
import { type Ledger, requestDestroy, simulateUser } from './users.ts';
import { findViolations, type Violations } from './violations.ts';

const SETTLE_WITHIN_MS = 120_000;
const KINDS = ['leaks', 'overlaps', 'lost', 'stuck', 'litter'] as const;

export interface MarathonOptions {
  readonly seed: number;
  readonly minutes: number;
  readonly workers: number;
  readonly users: number;
  readonly meanPauseMs: number;
  readonly disturbances: readonly Disturbance[];
  /** The way of the first worker to the database. */
  readonly proxy: DatabaseProxy;
  readonly print: (text: string) => void;
}

/** Users and havoc for the given minutes, then peace, then the reckoning. @returns whether nothing was found */
export async function runMarathon(
  installation: MarathonInstallation,
  options: MarathonOptions,
): Promise<boolean> {
  const { print } = options;
  const random = new Random(options.seed);
  const ledger: Ledger = { creates: [], destroys: new Set() };
  const tally: DisturbanceCounts = {
    kills: 0,
    delayedCommits: 0,
    survivingInstallers: [],
    byKind: new Map(),
  };
  // The first server makes the key that everybody uses.
  await installation.open('api');
  await installation.recordLateWrites();
  await installation.open('api');
  if (installation.hasJanitors)
    for (const role of ['api', 'janitor', 'janitor'] as const) await installation.open(role);
  for (let i = 0; i < options.workers; i++)
    await installation.open('worker', i === 0 ? { proxy: options.proxy } : {});
  if (canContain) await installation.open('worker', { isContainer: true });
  else
    print(
      'NOT COVERED: namespaces are not permitted here, so no worker runs in a container, and no disk is full or read-only',
    );
  const wholeCluster = await createReferenceCluster(installation, ledger);

  const closing = AbortSignal.timeout(options.minutes * 60_000);
  const users = Array.from({ length: options.users }, (_, i) =>
    simulateUser(`team${i + 1}`, { installation, ledger, closing, random: random.fork() }),
  );
  const { meanPauseMs, disturbances } = options;
  const wreaking = disturb(tally, {
    installation,
    closing,
    random: random.fork(),
    meanPauseMs,
    disturbances,
  });
  const progress = setInterval(
    () => print(`clusters ${ledger.creates.length}, kills ${tally.kills}`),
    30_000,
  );
  await Promise.all([...users, wreaking]).finally(() => clearInterval(progress));
  print(
    `havoc is over: ${[...tally.byKind].map(([disturbance, times]) => `${disturbance} ${times}`).join(', ')}; ${tally.delayedCommits} last writes held back`,
  );

  if (installation.queue)
    print(
      `wake-ups: ${['SendMessageBatch', 'ReceiveMessage', 'DeleteMessageBatch'].map((name) => `${name} ${installation.queue?.count(name)}`).join(', ')}`,
    );
  const settled = await settle(installation, ledger, random);
  const results = [await findViolations(installation, ledger, wholeCluster)];
  // What is stuck now will not be less so for being destroyed.
  if (settled) {
    await destroyAll(installation, ledger, random);
    results.push(await findViolations(installation, ledger, wholeCluster));
  }
  return report(results, ledger, tally, options);
}

/** Makes one cluster in peace. @returns the sorted types of what a create makes. */
async function createReferenceCluster(installation: MarathonInstallation, ledger: Ledger): Promise<string[]> {
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

async function keyOf({ pool }: MarathonInstallation): Promise<string> {
  const { rows } = await pool.query<{ key: string }>('select key from idempotency_keys limit 1');
  return rows[0]?.key ?? '';
}

/** Waits until nothing moves any more; a destroy that failed is ordered again, as an operator would. @returns whether it came to rest */
export async function settle(
  installation: MarathonInstallation,
  ledger: Ledger,
  random: Random,
): Promise<boolean> {
  const options = { installation, ledger, random };
  const atRest = async () => {
    const { rows } = await installation.pool.query<{ id: string; status: string; open: number }>(
      "select c.id, c.status, (select count(*)::int4 from jobs j where j.resource_id = c.id and j.ended_at is null) as open from clusters c where c.status not in ('READY', 'DESTROYED')",
    );
    for (const { id, status, open } of rows)
      if (status === 'DESTROY_FAILED' && open === 0) await requestDestroy(options, id);
    return rows.every(({ status, open }) => status === 'FAILED' && open === 0);
  };
  return eventually('everything comes to rest', atRest, { withinMs: SETTLE_WITHIN_MS }).catch(() => false);
}

async function destroyAll(installation: MarathonInstallation, ledger: Ledger, random: Random): Promise<void> {
  const { rows } = await installation.pool.query<{ id: string }>(
    "select id from clusters where status = 'READY'",
  );
  await installation.site.setFaults();
  for (const { id } of rows) await requestDestroy({ installation, ledger, random }, id);
  await settle(installation, ledger, random);
}

function report(
  results: readonly Violations[],
  ledger: Ledger,
  tally: DisturbanceCounts,
  { seed, print }: MarathonOptions,
): boolean {
  const all = KINDS.map((kind) => {
    const outlived = kind === 'overlaps' ? tally.survivingInstallers : [];
    return [kind, [...new Set([...outlived, ...results.flatMap((violations) => violations[kind])])]] as const;
  });
  for (const [kind, findings] of all)
    for (const finding of findings) print(`seed ${seed}, ${kind}: ${finding}`);
  const counts = all.map(([kind, findings]) => `${kind} ${findings.length}`).join(', ');
  process.stdout.write(`clusters ${ledger.creates.length}, kills ${tally.kills}, ${counts}\n`);
  return all.every(([, findings]) => findings.length === 0);
}
