import { systemActor } from '../../kernel/caller.ts';
import { expiryTask } from '../../kernel/expiry/expiry-task.ts';
import type { PeriodicTask } from '../../kernel/tasks/periodic-task.ts';
import type { AppServices } from '../service/app-services.ts';
import { expireEnvironment } from '../service/environments.ts';
import { listDueEnvironments } from '../store/environments.sql.ts';

const BATCH = 100;

/** Destroys every environment that has expired; a failed destroy is repeated until it succeeds. */
export function environmentExpiryTask(
  services: Pick<AppServices, 'db' | 'queue'>,
  intervalMs: number,
): PeriodicTask {
  return expiryTask(services.queue, {
    name: 'destroy-expired-environments',
    intervalMs,
    listExpired: () => services.db.query(listDueEnvironments, { limit: BATCH }),
    expire: (tx, id) => expireEnvironment(services, tx, systemActor('janitor'), id),
  });
}
