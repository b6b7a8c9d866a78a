import { setTimeout as delay } from 'node:timers/promises';
import { killProcess } from '../../e2e/processes.ts';
import type { SqsFaults, SqsProxy } from '../../setup/sqs-proxy.ts';
import type { DisturbanceCounts } from './disturbances.ts';
import type { MarathonInstallation, ServerSlot } from './installation.ts';

/** For a job of the worker to come to its end. */
const LAST_COMMIT_WITHIN_MS = 15_000;

/** Nothing can be read or written there for a while. */
export async function closeFor(
  installation: MarathonInstallation,
  folder: 'artifacts' | 'work',
  ms: number,
): Promise<void> {
  installation.closeFolder(folder);
  await delay(ms);
  installation.openFolder(folder);
}

/** Ends every session as fast as they come back. */
export async function cutDatabase({ pool }: MarathonInstallation, ms: number): Promise<void> {
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

/** The answers that a worker reads end in their middle, again and again. */
export async function cutMidRead(installation: MarathonInstallation, ms: number): Promise<void> {
  const proxy = proxyOf(installation)?.proxy;
  if (proxy === undefined) return;
  proxy.cutAnswers();
  await delay(ms);
  proxy.restore();
}

/** A worker whose last write of a job is on its way is cut off, and the write arrives when the lease is someone else's. */
export async function cutAtCommit(
  tally: DisturbanceCounts,
  installation: MarathonInstallation,
  ms: number,
): Promise<void> {
  const slot = proxyOf(installation);
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

function proxyOf(installation: MarathonInstallation) {
  return installation.runningSlots('worker').find(({ proxy }) => proxy !== undefined && !proxy.isBusy);
}

/** The disk of a worker in a container, on which nothing more can be written for a while. */
export async function spoilDisk(
  installation: MarathonInstallation,
  how: 'full' | 'read-only',
  ms: number,
): Promise<void> {
  const slot = installation
    .runningSlots('worker')
    .find(({ isContainer, isDiskSpoiled }) => isContainer && !isDiskSpoiled);
  if (slot === undefined) return;
  slot.isDiskSpoiled = true;
  const container = installation.containerOf(slot);
  const restore = how === 'full' ? container?.fillDisk() : container?.makeDiskReadOnly();
  await delay(ms);
  restore?.();
  slot.isDiskSpoiled = false;
}

/** A backend that dies by SIGKILL makes PostgreSQL end every other one and recover from its log, as after an immediate stop. */
export async function crashDatabase(
  tally: Pick<DisturbanceCounts, 'kills'>,
  { pool }: MarathonInstallation,
): Promise<void> {
  const found = await pool.query<{ pid: number }>('select pg_backend_pid() as pid').catch(() => undefined);
  const pid = found?.rows[0]?.pid;
  if (pid !== undefined) tally.kills += killProcess(pid) ? 1 : 0;
}

/** What a queue does in an outage, what producers and the network do to messages, and what workers leave in it. */
export const QUEUE_FAULTS: readonly SqsFaults[] = [
  { outage: 'reset' },
  { outage: 'silent' },
  { copies: 3, reorderMs: 1_000 },
  { lose: 1 },
  { keep: 1 },
];

export async function spoilQueue(queue: SqsProxy, faults: SqsFaults, ms: number): Promise<void> {
  queue.set(faults);
  await delay(ms);
  queue.set({});
}

/** SIGTERM, as in a deployment; the next one starts when it is gone. @returns undefined when it is not running */
export function drainServer(
  installation: MarathonInstallation,
  slot: ServerSlot | undefined,
): Promise<void> | undefined {
  if (slot === undefined || slot.isRestarting || !slot.server.isRunning) return undefined;
  slot.isRestarting = true;
  killProcess(installation.pidOf(slot), 'SIGTERM');
  return slot.server.exited
    .then(() => installation.reopen(slot))
    .finally(() => {
      slot.isRestarting = false;
    });
}
