import { setMaxListeners } from 'node:events';
import type { Clock } from '../kernel/clock.ts';
import type { Db } from '../kernel/db/db.ts';
import { messageOf } from '../kernel/errors.ts';
import { claimTask, recordTaskResult } from '../kernel/tasks/periodic-task.sql.ts';
import type { PeriodicTask } from '../kernel/tasks/periodic-task.ts';

export interface JanitorOptions {
  readonly db: Db;
  readonly clock: Clock;
  readonly tasks: readonly PeriodicTask[];
  readonly log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
}

/** Runs periodic tasks when they are due. Any number of janitors may run: each run of a task is claimed by one of them. */
export class Janitor {
  readonly #o: JanitorOptions;
  readonly #stopping = new AbortController();
  #loops: Promise<unknown> = Promise.resolve();

  constructor(options: JanitorOptions) {
    this.#o = options;
    // Each task waits with this signal.
    setMaxListeners(0, this.#stopping.signal);
  }

  start(): void {
    this.#loops = Promise.all(this.#o.tasks.map((task) => this.#loop(task)));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loops;
  }

  async #loop(task: PeriodicTask): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.#runOnce(task).catch((error) =>
        this.#o.log.warn(
          { task: task.name, error: messageOf(error) },
          'periodic task failed; trying again at the next interval',
        ),
      );
      await this.#o.clock.sleep(task.intervalMs, this.#stopping.signal).catch(() => {});
    }
  }

  async #runOnce(task: PeriodicTask): Promise<void> {
    const { db } = this.#o;
    if (task.scope === 'host') return this.#run(task);
    // A little less than the interval, so that a single janitor does not miss its own next run.
    const [due] = await db.query(claimTask, { name: task.name, intervalMs: task.intervalMs * 0.9 });
    if (!due) return;
    try {
      await this.#run(task);
      await db.query(recordTaskResult, { name: task.name, lastError: null });
    } catch (error) {
      await db.query(recordTaskResult, { name: task.name, lastError: messageOf(error) });
      throw error;
    }
  }

  async #run(task: PeriodicTask): Promise<void> {
    const done = await task.run(this.#stopping.signal);
    if (done) this.#o.log.info({ task: task.name, ...done }, 'periodic task done');
  }
}
