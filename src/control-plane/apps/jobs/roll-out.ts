import type { DEPLOY_PHASES } from '../../../contract/statuses.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { type JobContext, JobFailure } from '../../kernel/jobs/job.ts';
import { listens } from '../policy/service-settings.ts';
import type { InstanceExit } from '../runtime/runtime.ts';
import { EDGE_TOPIC } from '../service/app-services.ts';
import { advanceGeneration, readGeneration } from '../store/edge.sql.ts';
import {
  type InstanceRow,
  listInstances,
  setExited,
  setRemoved,
  setServing,
  setStopping,
} from '../store/instances.sql.ts';
import type { ServiceRow } from '../store/services.sql.ts';
import type { AppJobContext } from './app-job-context.ts';
import { checkInstance } from './check-instance.ts';
import { collectLogOf, logTail } from './collect-logs.ts';
import { untilDrained, untilEdgesApply } from './edge-state.ts';
import type { HostDrivers } from './host-drivers.ts';
import { type RunnableRelease, startReplica } from './instance-starter.ts';

/** Between SIGTERM and SIGKILL. */
const STOP_GRACE_MS = 10_000;
/** P11: from a wrong answer to the next check. Where nothing listens yet, a program is starting: that is looked at more often. */
const CHECK_INTERVAL_MS = 1_000;
const REFUSED_INTERVAL_MS = 100;
/** A worker that listens on nothing is checked by this: it still runs. */
const WORKER_MIN_MS = 2_000;
const FAILURE_LOG_LINES = 50;

/** Why requests are not sent to the new instances. The old ones serve on (A2). */
export class RolloutFailure extends JobFailure {
  readonly log: readonly string[];
  constructor(code: string, message: string, log: readonly string[]) {
    super(code, message, { retryable: false });
    this.name = 'RolloutFailure';
    this.log = log;
  }
}

export type RolloutStep = (typeof DEPLOY_PHASES)[number];

export interface Rollout {
  readonly service: ServiceRow;
  /** Undefined: nothing is to run. */
  readonly release: RunnableRelease | undefined;
  readonly replicas: number;
  /** Names what this rollout starts, so that a later attempt finds it. */
  readonly rolloutId: string;
  /** Instances that stay as they are. */
  readonly keeps: (instance: InstanceRow) => boolean;
  /** Runs each step. */
  readonly step: <T>(name: RolloutStep, work: () => Promise<T>) => Promise<T>;
  /** Runs in the transaction that sends requests to the new instances and to no others. */
  readonly onSwitch: (tx: Tx) => Promise<void>;
}

/**
 * Makes the instances of a service those that are wanted: start, check, switch, drain, retire. Requests go to the old ones until the new
 * ones passed their check (A1). Every step is repeated safely: instances are found by rollout and replica.
 * @throws RolloutFailure when a new instance does not pass; what was started is removed
 */
export async function rollOut(
  context: AppJobContext,
  drivers: HostDrivers,
  attempt: JobContext,
  rollout: Rollout,
): Promise<void> {
  const { service, release, replicas, step } = rollout;
  const existing = await attempt.db.query(listInstances, { serviceIds: [service.id] });
  const kept = keptOf(existing, rollout);
  const wanted = release === undefined ? 0 : replicas;
  const missing = Array.from({ length: wanted }, (_, replica) => replica).filter(
    (replica) => !kept.some((instance) => instance.replica === replica),
  );
  const started: string[] = [];
  if (release !== undefined && missing.length > 0) {
    try {
      await step('starting', async () => {
        await drivers.runtime.ensureEnvironment(service.environmentId);
        const { rolloutId } = rollout;
        for (const replica of missing)
          started.push(
            await startReplica(context, drivers, attempt, { service, release, rolloutId, replica }),
          );
      });
      await step('checking', () =>
        Promise.all(started.map((id) => untilServes(context, drivers, attempt, { id, service, release }))),
      );
    } catch (error) {
      if (error instanceof RolloutFailure) await retire(context, drivers, attempt, started);
      throw error;
    }
  }
  const serving = [...kept.map(({ id }) => id), ...started];
  await step('switching', async () => {
    const generation = await switchTo(context, attempt, rollout, serving);
    const edges = await untilEdgesApply(context, attempt.db, generation, attempt.signal);
    if (edges === 0 && listens(service.kind))
      attempt.event({ kind: 'log', level: 'warn', message: 'no edge runs: the service cannot be reached' });
  });
  const retired = existing.filter(({ id }) => !serving.includes(id)).map(({ id }) => id);
  await step('draining', async () => {
    await drain(context, attempt, retired, release?.settings.drainSeconds ?? 0);
    await retire(context, drivers, attempt, retired);
  });
}

/** At most one for each replica that is wanted. */
function keptOf(existing: readonly InstanceRow[], { replicas, release, keeps }: Rollout): InstanceRow[] {
  const kept = new Map<number, InstanceRow>();
  for (const instance of existing)
    if (instance.state === 'RUNNING' && instance.releaseId === release?.row.id && keeps(instance))
      if (instance.replica < replicas && (instance.isServing || !listens(release.settings.kind)))
        kept.set(instance.replica, kept.get(instance.replica) ?? instance);
  return [...kept.values()];
}

async function switchTo(
  { dispatcher }: AppJobContext,
  attempt: JobContext,
  { service, onSwitch, release }: Rollout,
  instanceIds: string[],
): Promise<number> {
  const generation = await attempt.commit(async (tx) => {
    await onSwitch(tx);
    const isRouted = listens(release?.settings.kind ?? service.kind);
    await tx.query(setServing, { serviceId: service.id, instanceIds: isRouted ? instanceIds : [] });
    const [row] = await tx.query(isRouted ? advanceGeneration : readGeneration, {});
    return row?.generation ?? 0;
  });
  dispatcher.announceEvents([EDGE_TOPIC]);
  return generation;
}

async function drain(
  context: AppJobContext,
  attempt: JobContext,
  instanceIds: readonly string[],
  seconds: number,
): Promise<void> {
  if (instanceIds.length === 0) return;
  const left = await untilDrained(
    context,
    attempt.db,
    { instanceIds, limitMs: seconds * 1_000 },
    attempt.signal,
  );
  if (left > 0)
    attempt.event({
      kind: 'log',
      level: 'warn',
      message: `${left} requests were still in progress after ${seconds} s of drain and end now`,
    });
}

/** Stops instances, stores the end of their logs and removes them. */
export async function retire(
  context: AppJobContext,
  { runtime }: Pick<HostDrivers, 'runtime'>,
  attempt: JobContext,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  await attempt.commit((tx) => tx.query(setStopping, { ids: [...ids] }));
  await Promise.all(ids.map((id) => runtime.stop(id, STOP_GRACE_MS)));
  for (const id of ids) {
    await collectLogOf(context, attempt.db, runtime, id);
    await runtime.remove(id);
    await attempt.commit((tx) => tx.query(setRemoved, { id }));
  }
}

interface Candidate {
  readonly id: string;
  readonly service: ServiceRow;
  readonly release: RunnableRelease;
}

/** Waits until the instance passes its check. @throws RolloutFailure with the last lines of its log */
async function untilServes(
  context: AppJobContext,
  { runtime }: Pick<HostDrivers, 'runtime'>,
  attempt: JobContext,
  { id, service, release }: Candidate,
): Promise<void> {
  const { clock, domain } = context;
  const { kind, healthPath, startSeconds } = release.settings;
  const startedMs = clock.monotonicMs();
  const check = { path: healthPath, hostName: `${service.hostLabel}.${domain}` };
  const fail = async (
    code: string,
    message: string,
    exit: Partial<InstanceExit> = { signal: 'not ready' },
  ) => {
    await collectLogOf(context, attempt.db, runtime, id);
    const log = await logTail(attempt.db, id, FAILURE_LOG_LINES);
    // A release that is live already has crashed when this happens often (P24).
    const { code: exitCode = null, signal = null, isOutOfMemory: outOfMemory = false } = exit;
    await attempt.commit((tx) => tx.query(setExited, { id, code: exitCode, signal, outOfMemory }));
    return new RolloutFailure(code, message, log);
  };
  for (let reason = 'it was not asked yet'; ; ) {
    const elapsedMs = clock.monotonicMs() - startedMs;
    const observed = (await runtime.observe()).find((instance) => instance.id === id);
    if (observed === undefined || observed.exit !== undefined)
      throw await fail(
        'INSTANCE_EXITED',
        `the new instance ended: ${exitText(observed?.exit)}`,
        observed?.exit ?? { signal: 'gone' },
      );
    let waitMs = CHECK_INTERVAL_MS;
    if (!listens(kind)) {
      if (elapsedMs >= WORKER_MIN_MS) return;
      waitMs = REFUSED_INTERVAL_MS;
    } else if (observed.address !== undefined) {
      const result = await checkInstance(observed.address, check);
      if (result.isOk) return;
      reason = result.reason;
      if (result.isRefused) waitMs = REFUSED_INTERVAL_MS;
    }
    if (elapsedMs >= startSeconds * 1_000)
      throw await fail('CHECK_FAILED', `the new instance was not ready within ${startSeconds} s: ${reason}`);
    await clock.sleep(waitMs, attempt.signal);
  }
}

function exitText(exit: InstanceExit | undefined): string {
  if (exit === undefined) return 'it is gone';
  if (exit.isOutOfMemory) return 'out of memory';
  return exit.signal ?? `exit ${exit.code}`;
}
