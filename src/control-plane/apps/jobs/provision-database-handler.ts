import { PROVISION_DATABASE_PHASES } from '../../../contract/statuses.ts';
import type { Tx } from '../../kernel/db/db.ts';
import type { ClaimedJob, JobContext, JobFailure, JobIdentity, JobResult } from '../../kernel/jobs/job.ts';
import { runPhases } from '../../kernel/jobs/run-phases.ts';
import { ensureRoles } from '../databases/postgres/postgres-roles.ts';
import { adminOf } from '../databases/postgres-host.ts';
import { openAdminPassword, openLogins } from '../service/database-secrets.ts';
import { failDatabase, getDatabase, setDatabaseActive } from '../store/databases.sql.ts';
import type { AppJobContext } from './app-job-context.ts';
import { AppJobHandler } from './app-job-handler.ts';
import { startDatabase } from './start-database.ts';

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
    const port = await step('start', 'Starting PostgreSQL', () =>
      startDatabase(this.context, attempt, databases, { programs, row, adminPassword }),
    );
    // It is being destroyed.
    if (port === undefined) return {};
    await step('roles', 'Making its roles', () =>
      ensureRoles(adminOf(port, adminPassword), logins, row.connectionLimit),
    );
    return { write: async (tx) => void (await tx.query(setDatabaseActive, { id })) };
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
