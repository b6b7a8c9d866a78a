import type { Queryable } from '../../kernel/db/db.ts';
import { type JobContext, JobFailure } from '../../kernel/jobs/job.ts';
import { findFreePort } from '../databases/free-port.ts';
import type { PostgresPrograms } from '../databases/postgres/postgres-programs.ts';
import { postgresInstance } from '../databases/postgres/postgres-server.ts';
import type { PostgresHost } from '../databases/postgres-host.ts';
import {
  type DatabaseRow,
  listDatabasePorts,
  setDatabaseInstance,
  setDatabasePort,
} from '../store/databases.sql.ts';
import type { AppJobContext } from './app-job-context.ts';

interface DatabaseStart {
  readonly programs: PostgresPrograms;
  readonly row: DatabaseRow;
  readonly adminPassword: string;
}

/**
 * Starts the server of a database unless it runs, and waits until it answers.
 * @returns its port; undefined when the database is being destroyed
 */
export async function startDatabase(
  context: AppJobContext,
  attempt: JobContext,
  databases: PostgresHost,
  { programs, row, adminPassword }: DatabaseStart,
): Promise<number | undefined> {
  const port = await portOf(attempt, row.id);
  const instanceId = await ensureInstance(context, attempt, databases, { programs, row, port });
  if (instanceId === undefined) return undefined;
  await databases.untilReady(port, adminPassword, instanceId, attempt.signal);
  return port;
}

/** A port that no database of this installation has and no program listens on. */
export async function freeDatabasePort(db: Queryable): Promise<number> {
  const taken = await db.query(listDatabasePorts, {});
  return findFreePort(new Set(taken.map(({ port }) => port)));
}

/** The port of the database, for its life. */
async function portOf(attempt: JobContext, id: string): Promise<number> {
  const free = await freeDatabasePort(attempt.db);
  const [set] = await attempt.commit((tx) => tx.query(setDatabasePort, { id, port: free }));
  if (set) return set.port;
  throw new JobFailure('DATABASE_FAILED', `another database took port ${free}`, { retryable: true });
}

/** The instance that runs, or a new one. @returns its id; undefined when the database is being destroyed */
async function ensureInstance(
  { newId }: AppJobContext,
  attempt: JobContext,
  { runtime, volumes }: PostgresHost,
  { programs, row, port }: Pick<DatabaseStart, 'programs' | 'row'> & { readonly port: number },
): Promise<string | undefined> {
  const known = row.instanceId;
  const seen = (await runtime.observe()).filter(({ ownerId }) => ownerId === row.id);
  const isOver = known !== null && seen.some(({ id, exit }) => id === known && exit !== undefined);
  const instanceId = known === null || isOver ? newId('ins') : known;
  // Two servers never have the same data (A6): whatever else there is of this database ends first.
  for (const { id } of seen) if (id !== instanceId) await runtime.remove(id);
  const [set] = await attempt.commit((tx) =>
    tx.query(setDatabaseInstance, { id: row.id, instanceId, version: programs.version }),
  );
  if (!set) return undefined;
  const { environmentId, name, memoryMb, cpus, connectionLimit } = row;
  await runtime.ensure(
    postgresInstance(programs, {
      ...{ instanceId, environmentId, databaseId: row.id, name, port, memoryMb, connectionLimit },
      ...{ volume: volumes.path(row.id), cpus },
    }),
  );
  return instanceId;
}
