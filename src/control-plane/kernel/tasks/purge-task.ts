import type { Db } from '../db/db.ts';
import type { Statement } from '../db/statement.ts';
import type { PeriodicTask } from './periodic-task.ts';

type Purge = Statement<Record<never, never>, { readonly count: 'int4' }>;

/** Deletes rows that have expired. The statement is kept beside the store of the rows. */
export function purgeTask(
  db: Pick<Db, 'query'>,
  name: `purge-${string}`,
  purge: Purge,
  intervalMs: number,
): PeriodicTask {
  return {
    name,
    intervalMs,
    async run() {
      const [removed] = await db.query(purge, {});
      return removed && removed.count > 0 ? { removed: removed.count } : undefined;
    },
  };
}
