import { ServerConnectionError } from '../../kernel/db/server-connection.ts';
import type { PeriodicTask, TaskCommit } from '../../kernel/tasks/periodic-task.ts';
import { countLoginSessions } from '../databases/postgres/postgres-roles.ts';
import { adminOf } from '../databases/postgres-host.ts';
import { RECOVER_DATABASE_JOB } from '../job-types.ts';
import type { AppJobContext } from '../jobs/app-job-context.ts';
import type { ObservedInstance } from '../runtime/runtime.ts';
import { openAdminPassword, openLogins } from '../service/database-secrets.ts';
import { countDatabaseRestart, type DatabaseRow, listDatabasesToReconcile } from '../store/databases.sql.ts';
import { hasOpenJob, setDatabaseSeen } from '../store/reconcile.sql.ts';

/** Asks each database of this host whether it answers, and starts those again that have ended. */
export function reconcileDatabasesTask(context: AppJobContext, intervalMs: number): PeriodicTask {
  return {
    name: 'reconcile-databases',
    scope: 'host',
    intervalMs,
    async run(signal, commit) {
      if (!(await context.host.isMine())) return undefined;
      const rows = await context.db.query(listDatabasesToReconcile, {});
      if (rows.length === 0) return undefined;
      const { databases } = await context.host.drivers();
      const observed = new Map(
        (await databases.runtime.observe()).map((instance) => [instance.id, instance]),
      );
      const recovered: string[] = [];
      for (const row of rows) {
        if (signal.aborted) break;
        const instance = row.instanceId === null ? undefined : observed.get(row.instanceId);
        if (instance !== undefined && instance.exit === undefined) await look(context, row, instance);
        else if (await recover(context, commit, row)) recovered.push(row.id);
      }
      return recovered.length === 0 ? undefined : { recovered };
    },
  };
}

/** P19: sessions of its logins, beside their limit. */
async function look(
  { db, secrets }: AppJobContext,
  { id, port }: DatabaseRow,
  { startedAt }: ObservedInstance,
): Promise<void> {
  const connections = await sessionsOf(db, secrets, id, port);
  await db.query(setDatabaseSeen, {
    ...{ id, startedAt, isUp: connections !== undefined, connections: connections ?? null },
  });
}

async function sessionsOf(
  db: AppJobContext['db'],
  secrets: AppJobContext['secrets'],
  id: string,
  port: number | null,
): Promise<number | undefined> {
  const logins = (await openLogins(secrets, db, id)).map(({ login }) => login);
  try {
    return await countLoginSessions(adminOf(port ?? 0, await openAdminPassword(secrets, db, id)), logins);
  } catch (error) {
    // It starts, recovers or hangs: it is shown as down.
    if (error instanceof ServerConnectionError) return undefined;
    throw error;
  }
}

async function recover({ queue }: AppJobContext, commit: TaskCommit, row: DatabaseRow): Promise<boolean> {
  const { id, name, team } = row;
  return commit(async (tx) => {
    await queue.lockLane(tx, id);
    const [job] = await tx.query(hasOpenJob, { resourceId: id });
    const [counted] = job ? [] : await tx.query(countDatabaseRestart, { id });
    if (!counted) return false;
    await queue.enqueue(tx, {
      ...{ resourceId: id, resourceName: name, team, type: RECOVER_DATABASE_JOB },
      requestedBy: 'system:reconciler',
    });
    return true;
  });
}
