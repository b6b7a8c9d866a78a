import { setMaxListeners } from 'node:events';
import type { Clock } from '../kernel/clock.ts';
import type { Db } from '../kernel/db/db.ts';
import { messageOf } from '../kernel/errors.ts';
import {
  claimTask,
  listDueTasks,
  registerTask,
  removeOtherTasks,
} from '../kernel/tasks/periodic-task.sql.ts';
import type { PeriodicTask } from '../kernel/tasks/periodic-task.ts';
import { type TaskLimits, type TaskLog, TaskRun } from './task-run.ts';

export interface JanitorOptions extends TaskLimits {
  readonly db: Db;
  readonly clock: Clock;
  readonly tasks: readonly PeriodicTask[];
  /** Names this process in `ocpctl admin tasks list`: host and pid. */
  readonly runner: string;
  /** Tasks of the installation that other processes run. Rows of tasks that are neither here nor there are removed; undefined: not known, none is removed. */
  readonly otherTasks: readonly string[] | undefined;
  /** Longest time until a requested run is noticed. */
  readonly pollMs: number;
  readonly log: TaskLog;
}

/** A due task that cannot be claimed is being committed by its last run, or claimed by another process. */
const BUSY_MS = 250;

/**
 * Runs periodic tasks when they are due. Any number of janitors may run: each run of a task of the installation has one of them, by a
 * lease and a fence. At rest it makes one query per `pollMs`.
 */
export class Janitor {
  readonly #o: JanitorOptions;
  readonly #ofInstallation: ReadonlyMap<string, PeriodicTask>;
  readonly #stopping = new AbortController();
  readonly #runs = new Map<TaskRun, Promise<void>>();
  /** Ends the sleep of the loop. */
  #news = new AbortController();
  #loops: Promise<unknown> = Promise.resolve();

  constructor(options: JanitorOptions) {
    this.#o = options;
    this.#ofInstallation = new Map(
      options.tasks.filter(({ scope }) => scope !== 'host').map((task) => [task.name, task]),
    );
    // Each task of the host waits with this signal.
    setMaxListeners(0, this.#stopping.signal);
  }

  start(): void {
    const ofHost = this.#o.tasks.filter(({ scope }) => scope === 'host');
    this.#loops = Promise.all([this.#claimLoop(), ...ofHost.map((task) => this.#hostLoop(task))]);
  }

  /** Runs in progress are told to stop, and are repeated by another janitor. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#news.abort();
    await this.#loops;
    for (const run of this.#runs.keys()) run.stop();
    await Promise.all(this.#runs.values());
  }

  async #hostLoop(task: PeriodicTask): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.#runOnHost(task);
      await this.#o.clock.sleep(task.intervalMs, this.#stopping.signal).catch(() => {});
    }
  }

  async #runOnHost(task: PeriodicTask): Promise<void> {
    const { name } = task;
    const { clock, db, log, onEvent, redact } = this.#o;
    const startedMs = clock.monotonicMs();
    const ended = { type: 'task.ended', task: name, outcome: 'SUCCEEDED', error: null } as const;
    try {
      const result = await task.run(this.#stopping.signal, (work) => db.tx(work));
      if (result) log.info({ task: name, ...result }, 'periodic task done');
      onEvent?.({ ...ended, durationMs: clock.monotonicMs() - startedMs, result });
    } catch (thrown) {
      const error = redact(messageOf(thrown));
      log.warn({ task: name, error }, 'periodic task failed; trying again at the next interval');
      const durationMs = clock.monotonicMs() - startedMs;
      onEvent?.({ ...ended, outcome: 'FAILED', durationMs, result: undefined, error });
    }
  }

  async #claimLoop(): Promise<void> {
    const { clock, pollMs, log } = this.#o;
    let isFirst = true;
    while (!this.#stopping.signal.aborted && this.#ofInstallation.size > 0) {
      this.#news = new AbortController();
      const waitMs = await this.#claimDue(isFirst).then(
        (next) => {
          isFirst = false;
          return next;
        },
        (error) => {
          log.warn({ error: messageOf(error) }, 'cannot claim periodic tasks; trying again');
          return pollMs;
        },
      );
      await clock.sleep(Math.min(waitMs, pollMs), this.#news.signal).catch(() => {});
    }
  }

  /** Starts what is due. @returns milliseconds until something may be due again */
  async #claimDue(isFirst: boolean): Promise<number> {
    const { db, otherTasks } = this.#o;
    const names = [...this.#ofInstallation.keys()];
    if (isFirst) {
      await this.#register(names);
      if (otherTasks) await db.query(removeOtherTasks, { names: [...names, ...otherTasks] });
    }
    const rows = await db.query(listDueTasks, { names });
    const known = new Set(rows.map(({ name }) => name));
    if (known.size < names.length) {
      await this.#register(names.filter((name) => !known.has(name)));
      return 0;
    }
    let nextMs = Number.POSITIVE_INFINITY;
    for (const { name, dueInMs } of rows) {
      if (dueInMs > 0) nextMs = Math.min(nextMs, dueInMs);
      // The end of a run wakes the loop.
      else if (!(await this.#claim(name))) nextMs = Math.min(nextMs, BUSY_MS);
    }
    return nextMs;
  }

  async #register(names: readonly string[]): Promise<void> {
    for (const name of names) {
      const task = this.#ofInstallation.get(name);
      if (task) await this.#o.db.query(registerTask, { name, intervalMs: task.intervalMs });
    }
  }

  /** @returns whether a run was started */
  async #claim(name: string): Promise<boolean> {
    const { db, log, runner } = this.#o;
    const task = this.#ofInstallation.get(name);
    if (!task) return false;
    const run = new TaskRun(task, this.#o);
    const [claimed] = await db.query(claimTask, { name, runner, leaseMs: run.leaseMs });
    if (!claimed) return false;
    const { fence, lostRunner, failure } = claimed;
    if (lostRunner !== null)
      log.warn({ task: name, lostRunner }, 'a run of a periodic task was lost; repeating it');
    const ended = run.run(fence, failure).finally(() => {
      this.#runs.delete(run);
      this.#news.abort();
    });
    this.#runs.set(run, ended);
    return true;
  }
}
