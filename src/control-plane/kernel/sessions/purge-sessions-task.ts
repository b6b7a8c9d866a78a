import type { Db } from '../db/db.ts';
import type { SecretStore } from '../secrets/secret-store.ts';
import type { PeriodicTask } from '../tasks/periodic-task.ts';
import { purgeSessions } from './sessions.ts';

/** Removes sessions that are over, and what is sealed for them. */
export function purgeSessionsTask(db: Db, secrets: SecretStore, intervalMs: number): PeriodicTask {
  return {
    name: 'purge-sessions',
    intervalMs,
    async run() {
      const sessions = await purgeSessions(db, secrets);
      return sessions > 0 ? { sessions } : undefined;
    },
  };
}
