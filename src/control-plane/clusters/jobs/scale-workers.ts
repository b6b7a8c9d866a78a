import type { Clock } from '../../kernel/clock.ts';
import { JobFailure, type NewJobEvent } from '../../kernel/jobs/job.ts';
import { nextChange } from '../kubernetes/change-hints.ts';
import { type ClusterApi, ClusterApiError } from '../kubernetes/cluster-api.ts';
import { findObstacles, type Obstacle } from '../kubernetes/obstacles.ts';
import { spreadWorkers } from '../kubernetes/spread.ts';
import {
  existingWorkers,
  isScaled,
  listWorkerMachines,
  readyWorkers,
  type WorkerMachines,
} from '../kubernetes/worker-machines.ts';
import { scaleFailure } from './scale-failure.ts';

/** In milliseconds. */
export interface ScaleIntervals {
  /** The lists are read again at least this often, because watches can fall silent. */
  readonly relistMs: number;
  /** Changes that come in close succession are read together. */
  readonly gatherMs: number;
  /** What holds longer than this is reported: evictions and certificates take seconds also when nothing is wrong. */
  readonly reportAfterMs: number;
}
export const SCALE_INTERVALS: ScaleIntervals = { relistMs: 15_000, gatherMs: 1_000, reportAfterMs: 60_000 };

const CONFLICT_TRIES = 10;

export interface ScaleRun {
  readonly api: ClusterApi;
  readonly name: string;
  readonly workers: number;
  readonly timeoutMs: number;
  readonly intervals: ScaleIntervals;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Records how many workers exist in the cloud. */
  readonly record: (workers: number) => Promise<void>;
  readonly event: (event: NewJobEvent) => void;
}

/**
 * Asks the worker machine sets for their share of the workers. Sets that have it already are not touched, so an attempt after a killed
 * worker continues where that was.
 */
export async function requestWorkers(run: ScaleRun): Promise<ReadonlyMap<string, number>> {
  const { api, event } = run;
  const seen = await listWorkerMachines(api);
  await run.record(existingWorkers(seen));
  const target = targetOf(run, seen);
  for (const { name } of seen.sets.filter(({ isAutoscaled }) => isAutoscaled)) {
    const message = `machine set ${name} has a MachineAutoscaler, which may change its number again`;
    event({ kind: 'log', level: 'warn', message });
  }
  // They never recover, and count as machines of their set: the set replaces what is deleted.
  for (const { name, error } of seen.machines.filter(
    ({ phase, node, isDeleting }) => phase === 'Failed' && node === undefined && !isDeleting,
  )) {
    event({
      kind: 'log',
      level: 'info',
      message: `deleting failed machine ${name}: ${error ?? 'no reason is given'}`,
    });
    await ignoring(404, api.deleteMachine(name));
  }
  for (const [name, replicas] of target) await scaleSet(run, name, replicas, seen);
  return target;
}

/** Waits until the machine sets have what they were asked for. @throws JobFailure that says what holds it */
export async function awaitWorkers(run: ScaleRun, target: ReadonlyMap<string, number>): Promise<void> {
  const { clock, intervals } = run;
  const deadlineMs = clock.monotonicMs() + run.timeoutMs;
  const report = new WaitReport(run);
  for (;;) {
    const leftMs = deadlineMs - clock.monotonicMs();
    const seen = await ignoringOutage(run, report, listWorkerMachines(run.api));
    if (seen !== undefined) {
      await run.record(existingWorkers(seen));
      report.progress(seen);
      if (isScaled(seen, target)) return;
      assertUnchanged(run, seen, target);
      report.obstacles((await ignoringOutage(run, report, findObstacles(run.api, seen))) ?? []);
    }
    report.assertHope(seen, leftMs <= 0);
    await pause(seen, Math.max(1, Math.min(intervals.relistMs, leftMs)), run);
  }
}

async function pause(seen: WorkerMachines | undefined, ms: number, run: ScaleRun): Promise<void> {
  const { api, clock, intervals, signal } = run;
  if (seen === undefined) return clock.sleep(ms, signal);
  await nextChange(api.watch, seen, ms, run);
  await clock.sleep(Math.min(intervals.gatherMs, ms), signal);
}

/** What a wait has told and seen so far. */
class WaitReport {
  readonly #run: ScaleRun;
  #progress = '';
  #obstacles: readonly Obstacle[] = [];
  readonly #since = new Map<string, number>();
  readonly #told = new Set<string>();
  #outage: string | undefined;

  constructor(run: ScaleRun) {
    this.#run = run;
  }

  progress(seen: WorkerMachines): void {
    this.#outage = undefined;
    const { workers } = this.#run;
    const leaving = seen.machines.filter(({ isDeleting }) => isDeleting).length;
    const ready = readyWorkers(seen);
    const title = `${ready} of ${workers} workers ready${leaving === 0 ? '' : `, ${leaving} leaving`}`;
    if (title === this.#progress) return;
    this.#progress = title;
    this.#run.event({ kind: 'milestone', level: 'info', message: title, data: { title } });
  }

  /** Tells what has held the scale for a while, once. */
  obstacles(found: readonly Obstacle[]): void {
    const { clock, intervals } = this.#run;
    this.#obstacles = found;
    const now = clock.monotonicMs();
    const texts = new Set(found.map(({ text }) => text));
    for (const text of this.#since.keys()) if (!texts.has(text)) this.#since.delete(text);
    for (const text of texts) {
      const since = this.#since.get(text) ?? now;
      this.#since.set(text, since);
      if (now - since < intervals.reportAfterMs || this.#told.has(text)) continue;
      this.#told.add(text);
      this.#run.event({ kind: 'log', level: 'warn', message: text });
    }
  }

  outage(message: string): void {
    if (this.#outage === undefined)
      this.#run.event({ kind: 'log', level: 'warn', message: `the API server does not answer: ${message}` });
    this.#outage = message;
  }

  /** @throws JobFailure when the time is over, or nothing that is waited for can come */
  assertHope(seen: WorkerMachines | undefined, isOver: boolean): void {
    if (!isOver && !this.#obstacles.some(({ isFinal }) => isFinal)) return;
    const { name, workers, timeoutMs } = this.#run;
    throw scaleFailure({
      ...{ name, workers, timeoutMs, isOver, seen },
      obstacles: this.#obstacles,
      outage: this.#outage,
    });
  }
}

/** @throws JobFailure MACHINE_SETS_MISSING */
function targetOf({ workers }: ScaleRun, { sets }: WorkerMachines): ReadonlyMap<string, number> {
  if (sets.length > 0)
    return spreadWorkers(
      sets.map(({ name }) => name),
      workers,
    );
  throw new JobFailure('MACHINE_SETS_MISSING', 'the cluster has no machine set with the role worker', {
    retryable: false,
  });
}

/** Who asked for another number meanwhile, or removed or added a set, is told of, not fought with. */
function assertUnchanged(run: ScaleRun, { sets }: WorkerMachines, target: ReadonlyMap<string, number>): void {
  const replicas = new Map(sets.map((set) => [set.name, set.replicas]));
  const names = new Set([...target.keys(), ...replicas.keys()]);
  // A set of nothing may come and go.
  const changed = [...names].find((name) => (target.get(name) ?? 0) !== (replicas.get(name) ?? 0));
  if (changed === undefined) return;
  const what = whatChanged(changed, target.get(changed), replicas.get(changed));
  throw new JobFailure(
    'SCALE_CHANGED_ELSEWHERE',
    `${what} (look for a MachineAutoscaler or a GitOps tool, then run 'ocpctl scale ${run.name} --workers ${run.workers}' again)`,
    { retryable: false },
  );
}

function whatChanged(name: string, asked: number | undefined, now: number | undefined): string {
  if (asked === undefined) return `machine set ${name} with ${now} workers was added by something else`;
  if (now === undefined)
    return `machine set ${name} was asked for ${asked} workers, and something else deleted it`;
  return `machine set ${name} was asked for ${asked} workers, and something else changed that to ${now}`;
}

async function scaleSet(run: ScaleRun, name: string, replicas: number, first: WorkerMachines): Promise<void> {
  let seen = first;
  for (let tries = 1; ; tries++) {
    const set = seen.sets.find((each) => each.name === name);
    if (set === undefined || set.replicas === replicas) return;
    try {
      await run.api.scaleMachineSet(name, replicas, set.resourceVersion);
      const message = `machine set ${name}: ${set.replicas} → ${replicas}`;
      return run.event({ kind: 'log', level: 'info', message, data: { machineSet: name, replicas } });
    } catch (error) {
      if (!(error instanceof ClusterApiError) || error.status !== 409 || tries >= CONFLICT_TRIES) throw error;
      // Its controller writes the status of the set at any time.
      seen = await listWorkerMachines(run.api);
    }
  }
}

async function ignoring(status: number, call: Promise<void>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof ClusterApiError) || error.status !== status) throw error;
  }
}

/** An API server that is away for a while ends no wait: it restarts when its nodes are updated. */
async function ignoringOutage<T>(
  { signal }: ScaleRun,
  report: WaitReport,
  call: Promise<T>,
): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof ClusterApiError)) throw error;
    report.outage(error.message);
    return undefined;
  }
}
