import type { Tx } from '../../kernel/db/db.ts';
import { publishNotification } from '../../kernel/notifications/publish.ts';
import { getDatabase } from '../store/databases.sql.ts';
import { getService } from '../store/services.sql.ts';

/** Tells the targets of notifications what happened to a service. @param reason one sentence */
export async function publishServiceEvent(
  tx: Tx,
  id: string,
  type: 'service.deployed' | 'service.deploy_failed' | 'service.crashed' | 'service.run_failed',
  reason: string,
): Promise<void> {
  const [service] = await tx.query(getService, { id, teams: null });
  if (!service) return;
  const { name, team, environmentName: environment, kind, liveRelease: release } = service;
  await publishNotification(tx, {
    type,
    team,
    subject: id,
    subjectName: name,
    data: { serviceId: id, name, team, environment, kind, release, reason },
  });
}

/** The same for a database. */
export async function publishDatabaseEvent(
  tx: Tx,
  id: string,
  type: 'database.backup_failed' | 'database.verify_failed',
  reason: string,
): Promise<void> {
  const [database] = await tx.query(getDatabase, { id, teams: null });
  if (!database) return;
  const { name, team, environmentName: environment, engine } = database;
  await publishNotification(tx, {
    ...{ type, team, subject: id, subjectName: name },
    data: { databaseId: id, name, team, environment, engine, reason },
  });
}
