import { setTimeout as delay } from 'node:timers/promises';
import { isAlive, processesAbout, type SeenProcess } from '../../e2e/processes.ts';
import type { Installation, Seat } from './installation.ts';
import type { Random } from './random.ts';

/** What is done to the installation, and how often in proportion. */
const DEEDS = {
  killWorker: 8,
  killWorkerAndGuards: 2,
  freezeWorker: 3,
  killApi: 3,
  killInstaller: 4,
  killGuard: 3,
  crashDatabase: 1,
  moveClock: 1,
  closeArtifacts: 2,
  cutAtCommit: 4,
} as const;
/** For a job of the worker to come to its end. */
const LAST_COMMIT_WITHIN_MS = 15_000;

export type Deed = keyof typeof DEEDS;

const ALL_DEEDS = Object.keys(DEEDS) as Deed[];

/** @throws RangeError with the names that there are */
export function parseDeeds(text: string | undefined): readonly Deed[] {
  if (text === undefined) return ALL_DEEDS;
  return text.split(',').map((name) => {
    const deed = ALL_DEEDS.find((known) => known === name);
    if (deed === undefined) throw new RangeError(`${name} is none of ${ALL_DEEDS.join(', ')}`);
    return deed;
  });
}

export interface Havoc {
  kills: number;
  /** How often a last write was held back. */
  cuts: number;
  /** Installers that were still there two leases after their worker was killed: nobody ended them. */
  readonly outlived: string[];
  readonly deeds: Map<Deed, number>;
}

export interface HavocOptions {
  readonly installation: Installation;
  readonly random: Random;
  readonly meanPauseMs: number;
  /** What may be done. */
  readonly deeds: readonly Deed[];
  readonly closing: AbortSignal;
}

/** Kills and freezes at random moments until it is told to stop; then everything is running again. */
export async function wreakHavoc(havoc: Havoc, options: HavocOptions): Promise<void> {
  const { random, closing, meanPauseMs } = options;
  const repairs = new Set<Promise<void>>();
  const weights = Object.fromEntries(options.deeds.map((deed) => [deed, DEEDS[deed]])) as Record<
    Deed,
    number
  >;
  while (!closing.aborted) {
    await delay(random.between(0.2, 1.8) * meanPauseMs, undefined, { signal: closing }).catch(() => {});
    if (closing.aborted) break;
    const deed = random.weighted(weights);
    const repair = commit(deed, havoc, options);
    if (repair === undefined) continue;
    havoc.deeds.set(deed, (havoc.deeds.get(deed) ?? 0) + 1);
    const done: Promise<void> = repair.finally(() => repairs.delete(done));
    repairs.add(done);
  }
  await Promise.all(repairs);
}

/** @returns what puts it right again; undefined when there was nobody to do it to. */
function commit(deed: Deed, havoc: Havoc, { installation, random }: HavocOptions): Promise<void> | undefined {
  const { site } = installation;
  const shoot = (pid: number | undefined): Promise<void> | undefined => {
    if (pid === undefined) return undefined;
    havoc.kills += kill(pid) ? 1 : 0;
    return Promise.resolve();
  };
  const take = (seat: Seat | undefined, guards: readonly number[] = []): Promise<void> | undefined => {
    if (seat === undefined) return undefined;
    seat.isTaken = true;
    for (const pid of [seat.server.pid, ...guards]) havoc.kills += kill(pid) ? 1 : 0;
    return seat.server.exited
      .then(() => delay(random.between(0, 2_000)))
      .then(() => installation.reopen(seat))
      .finally(() => {
        seat.isTaken = false;
      });
  };
  switch (deed) {
    case 'killWorker': {
      const seat = random.pick(installation.of('worker'));
      const orphans = installersOf(seat, installation);
      const taken = take(seat);
      if (taken === undefined) return undefined;
      return Promise.all([taken, watchOrphans(havoc, orphans, installation.leaseMs)]).then(() => {});
    }
    case 'killWorkerAndGuards': {
      const seat = random.pick(installation.of('worker'));
      const guards = processesAbout(site.folder).filter(
        ({ argv, parentPid }) => isGuard(argv) && parentPid === seat?.server.pid,
      );
      return take(
        seat,
        guards.map(({ pid }) => pid),
      );
    }
    case 'killApi':
      return take(random.pick(installation.of('api')));
    case 'freezeWorker':
      return freeze(random.pick(installation.of('worker')), random.between(0.5, 2) * installation.leaseMs);
    case 'killInstaller':
      return shoot(random.pick(site.installers())?.pid);
    case 'killGuard':
      return shoot(random.pick(processesAbout(site.folder).filter(({ argv }) => isGuard(argv)))?.pid);
    case 'crashDatabase':
      return crashDatabase(havoc, installation);
    case 'moveClock':
      return installation.moveClock(random.between(-0.5, 4) * installation.leaseMs).catch(() => {});
    case 'closeArtifacts':
      return closeArtifacts(installation, random.between(200, 2_000));
    case 'cutAtCommit':
      return cutAtCommit(havoc, installation, random.between(1.3, 3) * installation.leaseMs);
  }
}

function installersOf(seat: Seat | undefined, { site }: Installation): SeenProcess[] {
  const all = processesAbout(site.folder);
  const guards = all.filter(({ argv, parentPid }) => isGuard(argv) && parentPid === seat?.server.pid);
  return all.filter(({ parentPid }) => guards.some(({ pid }) => pid === parentPid));
}

/** The guards have a lease; a busy machine gets another one. */
async function watchOrphans(havoc: Havoc, orphans: readonly SeenProcess[], leaseMs: number): Promise<void> {
  await delay(2 * leaseMs);
  for (const { pid, argv } of orphans)
    if (isAlive(pid)) havoc.outlived.push(`an installer outlived its worker: ${argv.slice(0, 160)}`);
}

async function freeze(seat: Seat | undefined, ms: number): Promise<void> {
  const server = seat?.server;
  server?.signal('SIGSTOP');
  await delay(ms);
  server?.signal('SIGCONT');
}

/** Nobody reads or writes artifacts for a while. */
async function closeArtifacts(installation: Installation, ms: number): Promise<void> {
  installation.closeArtifacts();
  await delay(ms);
  installation.openArtifacts();
}

/** A worker whose last write of a job is on its way is cut off, and the write arrives when the lease is somebody else's. */
async function cutAtCommit(havoc: Havoc, installation: Installation, ms: number): Promise<void> {
  const seat = installation.of('worker').find(({ wire }) => wire !== undefined && !wire.busy);
  if (seat?.wire === undefined) return;
  const held = await seat.wire.holdAtLastCommit(AbortSignal.timeout(LAST_COMMIT_WITHIN_MS));
  // Nothing else happens to it meanwhile: a dead worker has no late words.
  seat.isTaken = held;
  if (held) {
    havoc.cuts += 1;
    await delay(ms);
  }
  seat.wire.release();
  seat.isTaken = false;
}

/** A backend that dies by SIGKILL makes PostgreSQL end every other one and recover from its log, as after an immediate stop. */
async function crashDatabase(havoc: Havoc, { pool }: Installation): Promise<void> {
  const found = await pool.query<{ pid: number }>('select pg_backend_pid() as pid').catch(() => undefined);
  const pid = found?.rows[0]?.pid;
  if (pid !== undefined) havoc.kills += kill(pid) ? 1 : 0;
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false; // it ended by itself a moment ago
  }
}

function isGuard(argv: string): boolean {
  return /\bguard\.js\b/.test(argv);
}
