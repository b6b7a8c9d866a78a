import { readDatabaseTime } from '../../kernel/db/clock.sql.ts';
import type { Tx } from '../../kernel/db/db.ts';
import type { PeriodicTask, TaskCommit } from '../../kernel/tasks/periodic-task.ts';
import { RECOVER_JOB } from '../job-types.ts';
import type { AppJobContext } from '../jobs/app-job-context.ts';
import { collectLog } from '../jobs/collect-logs.ts';
import { planRestart } from '../jobs/plan-restart.ts';
import type { ObservedInstance, Runtime } from '../runtime/runtime.ts';
import { EDGE_TOPIC } from '../service/app-services.ts';
import { advanceGeneration } from '../store/edge.sql.ts';
import { type InstanceRow, listInstancesOfHost, setExited, setSeen } from '../store/instances.sql.ts';
import { hasOpenJob, listDatabaseInstances, listServicesToReconcile } from '../store/reconcile.sql.ts';
import { lockService, type ServiceRow } from '../store/services.sql.ts';

/**
 * Compares what runs on this host with what should: notes what ended, starts it again with a growing pause, and removes what no row
 * knows (A4, A9).
 */
export function reconcileTask(context: AppJobContext, intervalMs: number): PeriodicTask {
  return {
    name: 'reconcile-applications',
    scope: 'host',
    intervalMs,
    async run(signal, commit) {
      if (!(await context.host.isMine())) return undefined;
      const { runtime } = await context.host.drivers();
      // Rows first: an instance that starts between the two reads has a row that is seen here, or is not observed yet.
      const rows = await context.db.query(listInstancesOfHost, { host: context.host.name });
      const observed = await runtime.observe();
      const ended = await noteObserved(context, runtime, commit, rows, observed);
      const removed = await removeUnknown(context, runtime, rows, observed, signal);
      const recovered = await recover(context, commit, signal);
      if (ended.length + removed.length + recovered.length === 0) return undefined;
      return { ended, removed, recovered };
    },
  };
}

async function noteObserved(
  context: AppJobContext,
  runtime: Runtime,
  commit: TaskCommit,
  rows: readonly InstanceRow[],
  observed: readonly ObservedInstance[],
): Promise<string[]> {
  const byId = new Map(observed.map((instance) => [instance.id, instance]));
  const running = rows.filter(({ id }) => byId.get(id)?.exit === undefined && byId.has(id));
  await context.db.query(setSeen, { ids: running.map(({ id }) => id) });
  const ended: string[] = [];
  for (const row of rows) {
    // The end of a run is wanted: its own task notes it.
    if (row.state !== 'RUNNING' || row.runId !== null || running.includes(row)) continue;
    await collectLog(context, context.db, runtime, row);
    const exit = byId.get(row.id)?.exit;
    const isNew = await commit(async (tx) => {
      const [changed] = await tx.query(setExited, {
        id: row.id,
        code: exit?.code ?? null,
        signal: exit?.signal ?? (exit === undefined ? 'gone' : null),
        outOfMemory: exit?.isOutOfMemory ?? false,
      });
      if (changed) await afterExit(tx, row);
      return changed !== undefined;
    });
    if (isNew) ended.push(row.id);
  }
  if (ended.length > 0) context.dispatcher.announceEvents([EDGE_TOPIC]);
  return ended;
}

/** Takes the route away, and plans the restart. */
async function afterExit(tx: Tx, { serviceId, releaseId, isServing }: InstanceRow): Promise<void> {
  if (isServing) await tx.query(advanceGeneration, {});
  await planRestart(tx, serviceId, { releaseId });
}

/** Instances without a row are of rows that were removed, or of a database that was restored: nothing will ever use them. */
async function removeUnknown(
  { db, host }: AppJobContext,
  runtime: Runtime,
  rows: readonly InstanceRow[],
  observed: readonly ObservedInstance[],
  signal: AbortSignal,
): Promise<string[]> {
  const known = new Set(rows.map(({ id }) => id));
  const unknown = observed.filter(({ id }) => !known.has(id));
  if (unknown.length === 0) return [];
  const now = new Set([
    ...(await db.query(listInstancesOfHost, { host: host.name })).map(({ id }) => id),
    ...(await db.query(listDatabaseInstances, {})).map(({ id }) => id),
  ]);
  const removed: string[] = [];
  for (const { id } of unknown) {
    if (now.has(id) || signal.aborted) continue;
    await runtime.remove(id);
    removed.push(id);
  }
  return removed;
}

/** Services whose instances are not those that are wanted, and that no job works on. */
async function recover(
  { db, queue }: AppJobContext,
  commit: TaskCommit,
  signal: AbortSignal,
): Promise<string[]> {
  const recovered: string[] = [];
  for (const { id } of await db.query(listServicesToReconcile, {})) {
    if (signal.aborted) break;
    const started = await commit(async (tx) => {
      await queue.lockLane(tx, id);
      const [service] = await tx.query(lockService, { id, teams: null });
      const [job] = await tx.query(hasOpenJob, { resourceId: id });
      if (!service || job || !(await isDue(tx, service))) return false;
      await queue.enqueue(tx, {
        resourceId: id,
        resourceName: service.name,
        team: service.team,
        type: RECOVER_JOB,
        requestedBy: 'system:reconciler',
      });
      return true;
    });
    if (started) recovered.push(id);
  }
  return recovered;
}

async function isDue(tx: Tx, { status, crashedAt, restartAt }: ServiceRow): Promise<boolean> {
  if (status !== 'ACTIVE' || crashedAt !== null) return false;
  return restartAt === null || restartAt <= (await readDatabaseTime(tx));
}
