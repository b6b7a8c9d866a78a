import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, type ProcessInfo, processesMentioning } from '../../e2e/processes.ts';
import type { MarathonInstallation, ServerSlot } from './installation.ts';
import type { Random } from './random.ts';

/** What is done to the installation, and how often in proportion. */
const WEIGHTS = {
  killWorker: 8,
  killWorkerAndGuards: 2,
  freezeWorker: 3,
  freezeWorkerAndGuards: 2,
  killApi: 3,
  killInstaller: 4,
  killGuard: 3,
  killEveryJanitor: 1,
  crashDatabase: 1,
  cutDatabase: 3,
  moveClock: 1,
  closeArtifacts: 2,
  closeWorkFolder: 2,
  cutAtCommit: 4,
} as const;
/** For a job of the worker to come to its end. */
const LAST_COMMIT_WITHIN_MS = 15_000;

export type Disturbance = keyof typeof WEIGHTS;

const DISTURBANCES = Object.keys(WEIGHTS) as Disturbance[];

/** @throws RangeError with the names that there are */
export function parseDisturbances(text: string | undefined): readonly Disturbance[] {
  if (text === undefined) return DISTURBANCES;
  return text.split(',').map((name) => {
    const disturbance = DISTURBANCES.find((known) => known === name);
    if (disturbance === undefined) throw new RangeError(`${name} is none of ${DISTURBANCES.join(', ')}`);
    return disturbance;
  });
}

export interface DisturbanceCounts {
  kills: number;
  /** How often a last write was held back. */
  delayedCommits: number;
  /** Installers that were still there two leases after their worker was killed: no one ended them. */
  readonly survivingInstallers: string[];
  readonly byKind: Map<Disturbance, number>;
}

export interface DisturbanceOptions {
  readonly installation: MarathonInstallation;
  readonly random: Random;
  readonly meanPauseMs: number;
  /** What may be done. */
  readonly disturbances: readonly Disturbance[];
  readonly closing: AbortSignal;
}

/** Kills and freezes at random moments until it is told to stop; then everything is running again. */
export async function disturb(tally: DisturbanceCounts, options: DisturbanceOptions): Promise<void> {
  const { random, closing, meanPauseMs } = options;
  const repairs = new Set<Promise<void>>();
  const weights = Object.fromEntries(
    options.disturbances.map((disturbance) => [disturbance, WEIGHTS[disturbance]]),
  ) as Record<Disturbance, number>;
  while (!closing.aborted) {
    await delay(random.between(0.2, 1.8) * meanPauseMs, undefined, { signal: closing }).catch(() => {});
    if (closing.aborted) break;
    const disturbance = random.weighted(weights);
    const repair = apply(disturbance, tally, options);
    if (repair === undefined) continue;
    tally.byKind.set(disturbance, (tally.byKind.get(disturbance) ?? 0) + 1);
    const done: Promise<void> = repair.finally(() => repairs.delete(done));
    repairs.add(done);
  }
  await Promise.all(repairs);
}

/** @returns what puts it right again; undefined when there was no one to do it to. */
function apply(
  disturbance: Disturbance,
  tally: DisturbanceCounts,
  { installation, random }: DisturbanceOptions,
): Promise<void> | undefined {
  const { site } = installation;
  const shoot = (pid: number | undefined): Promise<void> | undefined => {
    if (pid === undefined) return undefined;
    tally.kills += kill(pid) ? 1 : 0;
    return Promise.resolve();
  };
  const take = (slot: ServerSlot | undefined, guards: readonly number[] = []): Promise<void> | undefined => {
    if (slot === undefined) return undefined;
    slot.isRestarting = true;
    for (const pid of [slot.server.pid, ...guards]) tally.kills += kill(pid) ? 1 : 0;
    return slot.server.exited
      .then(() => delay(random.between(0, 2_000)))
      .then(() => installation.reopen(slot))
      .finally(() => {
        slot.isRestarting = false;
      });
  };
  switch (disturbance) {
    case 'killWorker': {
      const slot = random.pick(installation.runningSlots('worker'));
      const orphans = installersOf(slot, installation);
      const taken = take(slot);
      if (taken === undefined) return undefined;
      return Promise.all([taken, watchOrphanedInstallers(tally, orphans, installation.leaseMs)]).then(
        () => {},
      );
    }
    case 'killWorkerAndGuards': {
      const slot = random.pick(installation.runningSlots('worker'));
      return take(slot, guardsOf(slot, installation));
    }
    case 'killApi':
      return take(random.pick(installation.runningSlots('api')));
    case 'killEveryJanitor':
      return Promise.all(installation.runningSlots('api').map(async (slot) => take(slot))).then(() => {});
    case 'freezeWorker':
      return freeze(
        random.pick(installation.runningSlots('worker')),
        random.between(0.5, 2) * installation.leaseMs,
      );
    case 'freezeWorkerAndGuards': {
      const slot = random.pick(installation.runningSlots('worker'));
      return freeze(slot, random.between(0.5, 2) * installation.leaseMs, guardsOf(slot, installation));
    }
    case 'killInstaller':
      return shoot(random.pick(site.installers())?.pid);
    case 'killGuard':
      return shoot(random.pick(processesMentioning(site.folder).filter(({ argv }) => isGuard(argv)))?.pid);
    case 'crashDatabase':
      return crashDatabase(tally, installation);
    case 'moveClock':
      return installation.moveClock(random.between(-0.5, 4) * installation.leaseMs).catch(() => {});
    case 'cutDatabase':
      return cutDatabase(installation, random.between(100, 1_500));
    case 'closeArtifacts':
      return closeFor(installation, 'artifacts', random.between(200, 2_000));
    case 'closeWorkFolder':
      return closeFor(installation, 'work', random.between(200, 2_000));
    case 'cutAtCommit':
      return cutAtCommit(tally, installation, random.between(1.3, 3) * installation.leaseMs);
  }
}

function installersOf(slot: ServerSlot | undefined, { site }: MarathonInstallation): ProcessInfo[] {
  const all = processesMentioning(site.folder);
  const guards = all.filter(({ argv, parentPid }) => isGuard(argv) && parentPid === slot?.server.pid);
  return all.filter(({ parentPid }) => guards.some(({ pid }) => pid === parentPid));
}

/** The guards have a lease; a busy machine gets another one. */
async function watchOrphanedInstallers(
  tally: DisturbanceCounts,
  orphans: readonly ProcessInfo[],
  leaseMs: number,
): Promise<void> {
  await delay(2 * leaseMs);
  for (const { pid, argv } of orphans)
    if (isAlive(pid))
      tally.survivingInstallers.push(`an installer outlived its worker: ${argv.slice(0, 160)}`);
}

async function freeze(
  slot: ServerSlot | undefined,
  ms: number,
  guards: readonly number[] = [],
): Promise<void> {
  const server = slot?.server;
  for (const pid of guards) kill(pid, 'SIGSTOP');
  server?.signal('SIGSTOP');
  await delay(ms);
  server?.signal('SIGCONT');
  for (const pid of guards) kill(pid, 'SIGCONT');
}

/** Nothing can be read or written there for a while. */
async function closeFor(
  installation: MarathonInstallation,
  folder: 'artifacts' | 'work',
  ms: number,
): Promise<void> {
  installation.closeFolder(folder);
  await delay(ms);
  installation.openFolder(folder);
}

/** Ends every session as fast as they come back. */
async function cutDatabase({ pool }: MarathonInstallation, ms: number): Promise<void> {
  const until = performance.now() + ms;
  while (performance.now() < until) {
    await pool
      .query(
        "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and backend_type = 'client backend' and pid <> pg_backend_pid()",
      )
      .catch(() => {});
    await delay(50);
  }
}

/** A worker whose last write of a job is on its way is cut off, and the write arrives when the lease is someone else's. */
async function cutAtCommit(
  tally: DisturbanceCounts,
  installation: MarathonInstallation,
  ms: number,
): Promise<void> {
  const slot = installation.runningSlots('worker').find(({ proxy }) => proxy !== undefined && !proxy.isBusy);
  if (slot?.proxy === undefined) return;
  const held = await slot.proxy.holdAtLastCommit(AbortSignal.timeout(LAST_COMMIT_WITHIN_MS));
  // Nothing else happens to it meanwhile: a dead worker has no late words.
  slot.isRestarting = held;
  if (held) {
    tally.delayedCommits += 1;
    await delay(ms);
  }
  slot.proxy.release();
  slot.isRestarting = false;
}

/** A backend that dies by SIGKILL makes PostgreSQL end every other one and recover from its log, as after an immediate stop. */
async function crashDatabase(tally: DisturbanceCounts, { pool }: MarathonInstallation): Promise<void> {
  const found = await pool.query<{ pid: number }>('select pg_backend_pid() as pid').catch(() => undefined);
  const pid = found?.rows[0]?.pid;
  if (pid !== undefined) tally.kills += kill(pid) ? 1 : 0;
}

function guardsOf(slot: ServerSlot | undefined, { site }: MarathonInstallation): number[] {
  return processesMentioning(site.folder)
    .filter(({ argv, parentPid }) => isGuard(argv) && parentPid === slot?.server.pid)
    .map(({ pid }) => pid);
}

function kill(pid: number, signal: NodeJS.Signals = 'SIGKILL'): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false; // it ended by itself a moment ago
  }
}

function isGuard(argv: string): boolean {
  return /\bguard\.js\b/.test(argv);
}
