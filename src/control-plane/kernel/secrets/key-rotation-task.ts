import type { Db } from '../db/db.ts';
import type { PeriodicTask } from '../tasks/periodic-task.ts';
import type { SecretKeys } from './secret-store.ts';

/** Ends what `rotate` began, and what a crash cut off: wraps secrets under the current key, then removes keys that hold none. */
export function keyRotationTask(db: Db, keys: SecretKeys, intervalMs: number): PeriodicTask {
  return {
    name: 'rotate-secret-keys',
    intervalMs,
    async run() {
      const { pending, keys: present } = await keys.status(db);
      if (pending === 0 && present.length === 1) return undefined;
      const wrapped = await keys.rewrap(db);
      return { wrapped, removed: await keys.removeUnused(db) };
    },
  };
}
