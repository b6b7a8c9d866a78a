import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, killProcess, type ProcessInfo, processesMentioning } from '../../e2e/processes.ts';
import { canContain } from './container.ts';
import type { MarathonInstallation, ServerSlot } from './installation.ts';
import {
  closeFor,
  crashDatabase,
  cutAtCommit,
  cutDatabase,
  cutMidRead,
  drainServer,
  QUEUE_FAULTS,
  spoilDisk,
  spoilQueue,
} from './outages.ts';
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
  cutMidRead: 3,
  moveClock: 1,
  closeArtifacts: 2,
  closeWorkFolder: 2,
  fillDisk: 2,
  makeDiskReadOnly: 2,
  cutAtCommit: 4,
  drainServer: 4,
  spoilQueue: 4,
} as const;

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
    tally.kills += killProcess(pid) ? 1 : 0;
    return Promise.resolve();
  };
  const take = (
    slot: ServerSlot | undefined,
    guards: readonly number[] = [],
    pauseMs = random.between(0, 2_000),
  ): Promise<void> | undefined => {
    if (slot === undefined) return undefined;
    slot.isRestarting = true;
    for (const pid of [installation.pidOf(slot), ...guards]) tally.kills += killProcess(pid) ? 1 : 0;
    return slot.server.exited
      .then(() => delay(pauseMs))
      .then(() => installation.reopen(slot))
      .finally(() => {
        slot.isRestarting = false;
      });
  };
  /** Longer than a lease: until one is back, only workers can reclaim the jobs of others. */
  const killEveryJanitor = async (): Promise<void> => {
    const pauseMs = random.between(1, 3) * installation.leaseMs;
    const role = installation.hasJanitors ? 'janitor' : 'api';
    await Promise.all(installation.runningSlots(role).map(async (slot) => take(slot, [], pauseMs)));
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
      return killEveryJanitor();
    case 'freezeWorker':
      return freeze(
        installation,
        random.pick(installation.runningSlots('worker')),
        random.between(0.5, 2) * installation.leaseMs,
      );
    case 'freezeWorkerAndGuards': {
      const slot = random.pick(installation.runningSlots('worker'));
      return freeze(
        installation,
        slot,
        random.between(0.5, 2) * installation.leaseMs,
        guardsOf(slot, installation),
      );
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
    case 'cutMidRead':
      return cutMidRead(installation, random.between(100, 1_500));
    case 'fillDisk':
    case 'makeDiskReadOnly':
      if (!canContain) return undefined;
      return spoilDisk(
        installation,
        disturbance === 'fillDisk' ? 'full' : 'read-only',
        random.between(300, 2_500),
      );
    case 'closeArtifacts':
      return closeFor(installation, 'artifacts', random.between(200, 2_000));
    case 'closeWorkFolder':
      return closeFor(installation, 'work', random.between(200, 2_000));
    case 'drainServer':
      return drainServer(installation, random.pick(installation.slots));
    case 'spoilQueue': {
      const fault = random.pick(QUEUE_FAULTS);
      return (
        fault && installation.queue && spoilQueue(installation.queue, fault, random.between(1_000, 30_000))
      );
    }
    case 'cutAtCommit':
      return cutAtCommit(tally, installation, random.between(1.3, 3) * installation.leaseMs);
  }
}

function installersOf(slot: ServerSlot | undefined, installation: MarathonInstallation): ProcessInfo[] {
  const guards = guardsOf(slot, installation);
  return processesMentioning(installation.site.folder).filter(({ parentPid }) => guards.includes(parentPid));
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
  installation: MarathonInstallation,
  slot: ServerSlot | undefined,
  ms: number,
  guards: readonly number[] = [],
): Promise<void> {
  if (slot === undefined) return;
  const pids = [...guards, installation.pidOf(slot)];
  for (const pid of pids) killProcess(pid, 'SIGSTOP');
  await delay(ms);
  for (const pid of pids.reverse()) killProcess(pid, 'SIGCONT');
}

function guardsOf(slot: ServerSlot | undefined, installation: MarathonInstallation): number[] {
  if (slot === undefined) return [];
  const workerPid = installation.pidOf(slot);
  return processesMentioning(installation.site.folder)
    .filter(({ argv, parentPid }) => isGuard(argv) && parentPid === workerPid)
    .map(({ pid }) => pid);
}

function isGuard(argv: string): boolean {
  return /\bguard\.js\b/.test(argv);
}
