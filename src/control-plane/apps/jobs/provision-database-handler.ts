import { PROVISION_DATABASE_PHASES } from '../../../contract/statuses.ts';
import type { Tx } from '../../kernel/db/db.ts';
import {
  type ClaimedJob,
  type JobContext,
  JobFailure,
  type JobIdentity,
  type JobResult,
} from '../../kernel/jobs/job.ts';
import { runPhases } from '../../kernel/jobs/run-phases.ts';
import { findFreePort } from '../databases/free-port.ts';
import type { PostgresPrograms } from '../databases/postgres/postgres-programs.ts';
import { ensureRoles } from '../databases/postgres/postgres-roles.ts';
import { postgresInstance } from '../databases/postgres/postgres-server.ts';
import { adminOf, type PostgresHost } from '../databases/postgres-host.ts';
import { openAdminPassword, openLogins } from '../service/database-secrets.ts';
import {
  type DatabaseRow,
  failDatabase,
  getDatabase,
  listDatabasePorts,
  setDatabaseActive,
  setDatabaseInstance,
  setDatabasePort,
} from '../store/databases.sql.ts';
import type { AppJobContext } from './app-job-context.ts';
import { AppJobHandler } from './app-job-handler.ts';

const TIMEOUT_MS = 20 * 60_000;

/** Makes a database, or starts it again: each step looks for what an earlier attempt has done. */
export class ProvisionDatabaseHandler extends AppJobHandler {
  constructor(context: AppJobContext, type: string) {
    super(context, { type, timeoutMs: TIMEOUT_MS });
  }

  protected override async work(attempt: JobContext): Promise<JobResult> {
    const { secrets, redactor } = this.context;
    const { resourceId: id } = attempt.job;
    const [row] = await attempt.db.query(getDatabase, { id, teams: null });
    if (!row || !['PROVISIONING', 'ACTIVE'].includes(row.status)) return {};
    const { databases } = await this.context.host.drivers();
    const adminPassword = await openAdminPassword(secrets, attempt.db, id);
    const logins = await openLogins(secrets, attempt.db, id);
    for (const { password } of [{ password: adminPassword }, ...logins]) redactor.register(password);
    const step = runPhases(attempt, PROVISION_DATABASE_PHASES);
    const programs = await step('data', 'Preparing the data directory', async () => {
      const found = await databases.programs(row.version);
      await databases.ensureData(id, found, adminPassword);
      return found;
    });
    const port = await step('start', 'Starting PostgreSQL', async () => {
      const taken = await this.#port(attempt, id);
      const instanceId = await this.#start(attempt, databases, programs, { row, port: taken });
      if (instanceId === undefined) return undefined;
      await databases.untilReady(taken, adminPassword, instanceId, attempt.signal);
      return taken;
    });
    // It is being destroyed.
    if (port === undefined) return {};
    await step('roles', 'Making its roles', () =>
      ensureRoles(adminOf(port, adminPassword), logins, row.connectionLimit),
    );
    return { write: async (tx) => void (await tx.query(setDatabaseActive, { id })) };
  }

  /** The port of the database, for its life. */
  async #port(attempt: JobContext, id: string): Promise<number> {
    const taken = await attempt.db.query(listDatabasePorts, {});
    const free = await findFreePort(new Set(taken.map(({ port }) => port)));
    const [set] = await attempt.commit((tx) => tx.query(setDatabasePort, { id, port: free }));
    if (set) return set.port;
    throw new JobFailure('DATABASE_FAILED', `another database took port ${free}`, { retryable: true });
  }

  /** The instance that runs, or a new one. @returns its id; undefined when the database is being destroyed */
  async #start(
    attempt: JobContext,
    { runtime, volumes }: PostgresHost,
    programs: PostgresPrograms,
    { row, port }: { readonly row: DatabaseRow; readonly port: number },
  ): Promise<string | undefined> {
    const known = row.instanceId;
    const seen = (await runtime.observe()).filter(({ ownerId }) => ownerId === row.id);
    const isOver = known !== null && seen.some(({ id, exit }) => id === known && exit !== undefined);
    const instanceId = known === null || isOver ? this.context.newId('ins') : known;
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

  override async onFailed(
    tx: Tx,
    { resourceId: id }: ClaimedJob,
    { code, message }: JobFailure,
  ): Promise<void> {
    await tx.query(failDatabase, { id, code, message });
  }

  override async onCancelled(tx: Tx, { resourceId: id }: JobIdentity): Promise<void> {
    await tx.query(failDatabase, { id, code: 'CANCELLED', message: 'the job was cancelled' });
  }
}
