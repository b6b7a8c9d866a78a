import type { Tx } from '../../kernel/db/db.ts';
import type { PeriodicTask, TaskCommit } from '../../kernel/tasks/periodic-task.ts';
import type { AppJobContext } from '../jobs/app-job-context.ts';
import { collectLogOf } from '../jobs/collect-logs.ts';
import { retire, STOP_GRACE_MS } from '../jobs/rollout-steps.ts';
import type { InstanceExit, ObservedInstance, Runtime } from '../runtime/runtime.ts';
import { noteRunEnd, type RunResult } from '../service/runs.ts';
import { setExited } from '../store/instances.sql.ts';
import { listRunInstances, type RunInstanceRow, setRunTimedOut } from '../store/runs.sql.ts';

/** Notes how the runs on this host end, stops those that take too long or are not wanted any more, and removes their instances. */
export function followRunsTask(context: AppJobContext, intervalMs: number): PeriodicTask {
  return {
    name: 'follow-runs',
    scope: 'host',
    intervalMs,
    async run(_signal, commit) {
      const { db, host } = context;
      // Rows first: what runs by then has an instance, so one that is not observed is gone.
      const rows = await db.query(listRunInstances, { host: host.name });
      if (rows.length === 0) return undefined;
      const { runtime } = await host.drivers();
      const observed = new Map((await runtime.observe()).map((instance) => [instance.id, instance]));
      const follow = (row: RunInstanceRow) =>
        new FollowedRun(context, runtime, commit, row).follow(observed.get(row.instanceId));
      const ended = (await Promise.all(rows.map(follow))).flatMap((id) => (id === undefined ? [] : [id]));
      return ended.length > 0 ? { ended } : undefined;
    },
  };
}

class FollowedRun {
  readonly #context: AppJobContext;
  readonly #runtime: Runtime;
  readonly #commit: TaskCommit;
  readonly #row: RunInstanceRow;

  constructor(context: AppJobContext, runtime: Runtime, commit: TaskCommit, row: RunInstanceRow) {
    this.#context = context;
    this.#runtime = runtime;
    this.#commit = commit;
    this.#row = row;
  }

  /** @returns the id of a run that has ended by now */
  async follow(instance: ObservedInstance | undefined): Promise<string | undefined> {
    const { id, state, isOverdue } = this.#row;
    // Its job is starting it.
    if (state === 'QUEUED') return undefined;
    if (state === 'RUNNING') {
      if (instance !== undefined && instance.exit === undefined) {
        if (isOverdue) await this.#stopOverdue();
        return undefined;
      }
      await collectLogOf(this.#context, this.#context.db, this.#runtime, this.#row.instanceId);
      await this.#commit((tx) => this.#noteEnd(tx, instance?.exit));
    }
    const writes = { db: this.#context.db, commit: this.#commit };
    await retire(this.#context, { runtime: this.#runtime }, writes, [this.#row.instanceId]);
    return id;
  }

  /** The next look finds how it ended. */
  async #stopOverdue(): Promise<void> {
    const { id, instanceId } = this.#row;
    await this.#commit((tx) => tx.query(setRunTimedOut, { id }));
    await this.#runtime.stop(instanceId, STOP_GRACE_MS);
  }

  async #noteEnd(tx: Tx, exit: InstanceExit | undefined): Promise<void> {
    const result = resultOf(this.#row, exit);
    if (!(await noteRunEnd(tx, result))) return;
    await tx.query(setExited, {
      id: this.#row.instanceId,
      code: exit?.code ?? null,
      signal: exit?.signal ?? (exit === undefined ? 'gone' : null),
      outOfMemory: exit?.isOutOfMemory ?? false,
    });
  }
}

function resultOf(
  { id, timedOut, timeoutSeconds }: RunInstanceRow,
  exit: InstanceExit | undefined,
): RunResult {
  const exitCode = exit?.code ?? null;
  if (timedOut)
    return { id, exitCode, failure: `it was stopped: it had not ended after ${timeoutSeconds} s` };
  if (exit === undefined) return { id, exitCode, failure: 'its instance is gone' };
  if (exit.isOutOfMemory) return { id, exitCode, failure: 'out of memory' };
  if (exit.signal !== null) return { id, exitCode, failure: `ended by ${exit.signal}` };
  if (exitCode === null) return { id, exitCode, failure: 'how it ended was not seen' };
  return { id, exitCode, failure: exitCode === 0 ? undefined : `exit ${exitCode}` };
}
