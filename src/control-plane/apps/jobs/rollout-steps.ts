import type { DEPLOY_PHASES } from '../../../contract/statuses.ts';
import type { Tx } from '../../kernel/db/db.ts';
import type { JobContext } from '../../kernel/jobs/job.ts';
import { listens } from '../policy/service-settings.ts';
import { EDGE_TOPIC } from '../service/app-services.ts';
import { advanceGeneration, readGeneration } from '../store/edge.sql.ts';
import { type InstanceRow, setRemoved, setServing, setStopping } from '../store/instances.sql.ts';
import type { ServiceRow } from '../store/services.sql.ts';
import type { AppJobContext } from './app-job-context.ts';
import type { AttachedVolume } from './attached-volume.ts';
import { collectLogOf } from './collect-logs.ts';
import { untilDrained, untilEdgesApply } from './edge-state.ts';
import type { HostDrivers } from './host-drivers.ts';
import { type RunnableRelease, startReplica } from './instance-starter.ts';
import { untilServes } from './until-serves.ts';

/** Between SIGTERM and SIGKILL. */
export const STOP_GRACE_MS = 10_000;

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
  /** Runs in the transaction after which nothing serves, where the old instance has to stop first. */
  readonly onStop?: (tx: Tx) => Promise<void>;
  /** Runs when an instance serves again: the new one, or the old one after a failure. */
  readonly onServe?: (tx: Tx) => Promise<void>;
}

/** Sends requests to these instances and to no others, and waits until the edges do. */
export async function switchTo(
  context: AppJobContext,
  attempt: JobContext,
  { service, onSwitch, release }: Pick<Rollout, 'service' | 'onSwitch' | 'release'>,
  instanceIds: string[],
): Promise<void> {
  const generation = await attempt.commit(async (tx) => {
    await onSwitch(tx);
    const isRouted = listens(release?.settings.kind ?? service.kind);
    await tx.query(setServing, { serviceId: service.id, instanceIds: isRouted ? instanceIds : [] });
    const [row] = await tx.query(isRouted ? advanceGeneration : readGeneration, {});
    return row?.generation ?? 0;
  });
  context.dispatcher.announceEvents([EDGE_TOPIC]);
  const edges = await untilEdgesApply(context, attempt.db, generation, attempt.signal);
  if (edges === 0 && listens(service.kind))
    attempt.event({ kind: 'log', level: 'warn', message: 'no edge runs: the service cannot be reached' });
}

/** Starts replicas and waits until each passes its check. @param started gets their ids as they start */
export async function startReplicas(
  context: AppJobContext,
  drivers: HostDrivers,
  attempt: JobContext,
  { service, release, rolloutId, step, replicas, volume }: Replicas,
  started: string[],
): Promise<void> {
  await step('starting', async () => {
    await drivers.runtime.ensureEnvironment(service.environmentId);
    for (const replica of replicas)
      started.push(
        await startReplica(context, drivers, attempt, { service, release, rolloutId, replica, volume }),
      );
  });
  await step('checking', () =>
    Promise.all(started.map((id) => untilServes(context, drivers, attempt, { id, service, release }))),
  );
}

export interface Replicas extends Pick<Rollout, 'service' | 'rolloutId' | 'step'> {
  readonly release: RunnableRelease;
  readonly replicas: readonly number[];
  readonly volume: AttachedVolume | undefined;
}

export async function drain(
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
  attempt: Pick<JobContext, 'db' | 'commit'>,
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
