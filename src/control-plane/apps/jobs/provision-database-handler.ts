import { PROVISION_DATABASE_PHASES } from '../../../contract/statuses.ts';
import type { Tx } from '../../kernel/db/db.ts';
import type { ServerAddress } from '../../kernel/db/server-connection.ts';
import type { ClaimedJob, JobContext, JobFailure, JobIdentity, JobResult } from '../../kernel/jobs/job.ts';
import { runPhases } from '../../kernel/jobs/run-phases.ts';
import type { PostgresPrograms } from '../databases/postgres/postgres-programs.ts';
import { ensureRoles } from '../databases/postgres/postgres-roles.ts';
import { adminOf } from '../databases/postgres-host.ts';
import { openAdminPassword, openLogins } from '../service/database-secrets.ts';
import { failDatabase, getDatabase, setDatabaseActive } from '../store/databases.sql.ts';
import type { AppJobContext } from './app-job-context.ts';
import { AppJobHandler } from './app-job-handler.ts';
import { startDatabase } from './start-database.ts';

const TIMEOUT_MS = 20 * 60_000;

export type RunPhase = ReturnType<typeof runPhases>;
export type Write = (tx: Tx) => Promise<void>;

export interface StartedServer {
  readonly programs: PostgresPrograms;
  readonly admin: ServerAddress;
}

/** Makes a database, or starts it again: each step looks for what an earlier attempt has done. */
export class ProvisionDatabaseHandler extends AppJobHandler {
  constructor(context: AppJobContext, type: string, timeoutMs: number = TIMEOUT_MS) {
    super(context, { type, timeoutMs });
  }

  /** Statuses of a database that it works on. */
  protected statuses: readonly string[] = ['PROVISIONING', 'ACTIVE'];
  /** Its phases, in order. */
  protected phases: readonly string[] = PROVISION_DATABASE_PHASES;

  /** Called before anything is made. */
  protected before(_attempt: JobContext, _step: RunPhase): Promise<void> {
    return Promise.resolve();
  }

  /** Called when the server answers and has its roles. @returns what is written with the end of the job */
  protected fill(_attempt: JobContext, _step: RunPhase, _server: StartedServer): Promise<Write> {
    return Promise.resolve(async () => {});
  }

  protected override async work(attempt: JobContext): Promise<JobResult> {
    const { secrets, redactor } = this.context;
    const { resourceId: id } = attempt.job;
    const [row] = await attempt.db.query(getDatabase, { id, teams: null });
    if (!row || !this.statuses.includes(row.status)) return {};
    const step = runPhases(attempt, this.phases);
    await this.before(attempt, step);
    const { databases } = await this.context.host.drivers();
    const adminPassword = await openAdminPassword(secrets, attempt.db, id);
    const logins = await openLogins(secrets, attempt.db, id);
    for (const { password } of [{ password: adminPassword }, ...logins]) redactor.register(password);
    const programs = await step('data', 'Preparing the data directory', async () => {
      const found = await databases.programs(row.version);
      await databases.ensureData(id, found, adminPassword);
      return found;
    });
    const port = await step('start', 'Starting PostgreSQL', () =>
      startDatabase(this.context, attempt, databases, { programs, row, adminPassword }),
    );
    // It is being destroyed.
    if (port === undefined) return {};
    const admin = adminOf(port, adminPassword);
    await step('roles', 'Making its roles', () => ensureRoles(admin, logins, row.connectionLimit));
    const alsoWrite = await this.fill(attempt, step, { programs, admin });
    return {
      write: async (tx) => {
        await tx.query(setDatabaseActive, { id });
        await alsoWrite(tx);
      },
    };
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
