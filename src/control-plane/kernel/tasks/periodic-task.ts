import type { Db } from '../db/db.ts';
import type { Statement } from '../db/statement.ts';

/** Recurring work. An interrupted run may be repeated. */
export interface PeriodicTask {
  readonly name: string;
  readonly intervalMs: number;
  /** `installation` (default): one janitor claims each run. `host`: each worker process runs it, for what is on its own disk. */
  readonly scope?: 'installation' | 'host';
  /** @returns what was done, for the log; undefined when there was nothing to do */
  run(signal: AbortSignal): Promise<Record<string, unknown> | undefined>;
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
