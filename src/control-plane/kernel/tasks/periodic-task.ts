import type { Db, Tx } from '../db/db.ts';
import type { Statement } from '../db/statement.ts';

/**
 * Runs work in a transaction that holds the run of the task: no other run begins before it ends.
 * @throws TaskLostError when the lease of the run is over
 */
export type TaskCommit = <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;

/**
 * Recurring work. A run that was interrupted is repeated, possibly while the old one still believes that it runs: what a run writes
 * either goes through `commit`, or is one statement that is right whenever it runs, such as the removal of expired rows.
 */
export interface PeriodicTask {
  readonly name: string;
  readonly intervalMs: number;
  /**
   * `installation` (default): one janitor has each run. `worker`: one worker has each run, because it needs the credentials of a cloud,
   * which janitors have not. `host`: each worker process runs it, for what is on its own disk.
   */
  readonly scope?: 'installation' | 'worker' | 'host';
  /** @returns what was done, for the log; undefined when there was nothing to do */
  run(signal: AbortSignal, commit: TaskCommit): Promise<Record<string, unknown> | undefined>;
}

type Purge = Statement<Record<never, never>, { readonly count: 'int4' }>;

/** Deletes rows that have expired, in batches until none is left. The statement is kept beside the store of the rows. */
export function purgeTask(
  db: Pick<Db, 'query'>,
  name: `purge-${string}`,
  purge: Purge,
  intervalMs: number,
): PeriodicTask {
  return {
    name,
    intervalMs,
    async run(signal) {
      let removed = 0;
      while (!signal.aborted) {
        const [batch] = await db.query(purge, {});
        if (!batch?.count) break;
        removed += batch.count;
      }
      return removed > 0 ? { removed } : undefined;
    },
  };
}
