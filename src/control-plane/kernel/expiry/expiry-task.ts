import type { Tx } from '../db/db.ts';
import { AppError } from '../errors.ts';
import type { JobQueue } from '../jobs/queue.ts';
import type { PeriodicTask } from '../tasks/periodic-task.ts';

export interface ExpiryTaskOptions {
  readonly name: string;
  readonly intervalMs: number;
  /** Resources whose time is over, in the order in which they are to end; a bounded number. */
  readonly listExpired: () => Promise<readonly { readonly id: string }[]>;
  /** Ends one; its lane is locked. @returns whether there was something to do */
  readonly expire: (tx: Tx, id: string) => Promise<boolean>;
}

/** Ends every resource whose time is over (G3). One that cannot be ended now does not keep the others. */
export function expiryTask(
  queue: JobQueue,
  { name, intervalMs, listExpired, expire }: ExpiryTaskOptions,
): PeriodicTask {
  return {
    name,
    intervalMs,
    async run(signal, commit) {
      const ended: string[] = [];
      for (const { id } of await listExpired()) {
        if (signal.aborted) break;
        try {
          const done = await commit(async (tx) => {
            await queue.lockLane(tx, id);
            return expire(tx, id);
          });
          if (done) ended.push(id);
        } catch (error) {
          // Its status changed since it was listed; the next run sees what is left to do.
          if (!(error instanceof AppError)) throw error;
        }
      }
      return ended.length > 0 ? { expired: ended } : undefined;
    },
  };
}
