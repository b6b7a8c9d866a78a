import type { AppDatabase } from '../../contract/documents.ts';
import { OperationFailedError } from '../errors/cli-error.ts';
import { interruptibleWait } from '../jobs/interruptible-wait.ts';
import type { Session } from '../session.ts';
import { databaseCommand, fetchDatabase, resolveDatabase } from './databases.ts';
import { assertNotDestroyed, assertSameSettings } from './if-not-exists.ts';

const POLL_MS = 1_000;

interface RequestedDatabase {
  readonly env?: string | undefined;
  readonly team?: string | undefined;
  readonly memory?: number | undefined;
  readonly connections?: number | undefined;
  readonly backup?: string | undefined;
  readonly 'backup-at'?: string | undefined;
  readonly wait: boolean;
}

/** The database that has the name of a request with `--if-not-exists`. @throws CliError STATE_CONFLICT if it differs from the request */
export async function existingDatabase(
  session: Session,
  name: string,
  requested: RequestedDatabase,
  timeoutMs: number,
): Promise<AppDatabase> {
  const { env = 'default', team, wait } = requested;
  const database = await resolveDatabase(session.client, name, { env, team });
  assertNotDestroyed('database', database);
  assertSameSettings('database', name, [
    ['--memory', requested.memory, database.memoryMb],
    ['--connections', requested.connections, database.connectionLimit],
    ['--backup', requested.backup, database.backups.schedule],
    ['--backup-at', requested['backup-at'], database.backups.at],
  ]);
  if (!wait || database.status !== 'PROVISIONING') return database;
  return awaitProvisioned(session, database, timeoutMs);
}

async function awaitProvisioned(
  session: Session,
  database: AppDatabase,
  timeoutMs: number,
): Promise<AppDatabase> {
  const { client, contact } = session;
  const what = `database ${database.name} is still PROVISIONING`;
  const waiting = { timeoutMs, what, resumeCommand: databaseCommand(database), contact };
  return interruptibleWait(waiting, async (signal) => {
    for (;;) {
      const current = await fetchDatabase(client, database.id, signal);
      if (current.status === 'AVAILABLE') return current;
      if (current.status !== 'PROVISIONING')
        throw new OperationFailedError(
          current.failure?.code ?? current.status,
          `database ${database.name} is ${current.status}`,
          { hint: `'${databaseCommand(database)}' shows why` },
        );
      await client.clock.sleep(POLL_MS, signal);
    }
  });
}
