import type { Clock } from '../kernel/clock.ts';
import type { Db } from '../kernel/db/db.ts';
import { messageOf } from '../kernel/errors.ts';
import { claimTask, recordTaskResult } from '../kernel/tasks/periodic-task.sql.ts';
import type { PeriodicTask } from '../kernel/tasks/periodic-task.ts';

export interface JanitorOptions {
  readonly db: Db;
  readonly clock: Clock;
  readonly duties: readonly PeriodicTask[];
  readonly log: { info(fields: object, message: string): void; warn(fields: object, message: string): void };
}

/** Keeps the duties' clock. Any number of janitors may run: each turn of a duty is taken by one of them. */
export class Janitor {
  readonly #o: JanitorOptions;
  readonly #stopping = new AbortController();
  #loops: Promise<unknown> = Promise.resolve();

  constructor(options: JanitorOptions) {
    this.#o = options;
  }

  start(): void {
    this.#loops = Promise.all(this.#o.duties.map((duty) => this.#loop(duty)));
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loops;
  }

  async #loop(duty: PeriodicTask): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      await this.#turn(duty).catch((error) =>
        this.#o.log.warn(
          { duty: duty.name, error: messageOf(error) },
          'the duty could not be done; trying again',
        ),
      );
      await this.#o.clock.sleep(duty.intervalMs, this.#stopping.signal).catch(() => {});
    }
  }

  async #turn(duty: PeriodicTask): Promise<void> {
    const { db, log } = this.#o;
    // A little less than the interval, so that a single janitor does not miss its own next turn.
    const [turn] = await db.query(claimTask, { name: duty.name, intervalMs: duty.intervalMs * 0.9 });
    if (!turn) return;
    try {
      const done = await duty.run(this.#stopping.signal);
      if (done) log.info({ duty: duty.name, ...done }, 'duty done');
      await db.query(recordTaskResult, { name: duty.name, lastError: null });
    } catch (error) {
      await db.query(recordTaskResult, { name: duty.name, lastError: messageOf(error) });
      throw error;
    }
  }
}
