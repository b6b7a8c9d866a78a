import * as z from 'zod';
import { ROTATE_DATABASE_PHASES } from '../../../contract/statuses.ts';
import type { Tx } from '../../kernel/db/db.ts';
import type { JobContext, JobResult } from '../../kernel/jobs/job.ts';
import { runPhases } from '../../kernel/jobs/run-phases.ts';
import { countLoginSessions, endLogin, ensureRoles, loginOf } from '../databases/postgres/postgres-roles.ts';
import { adminOf } from '../databases/postgres-host.ts';
import { ROTATE_DATABASE_JOB } from '../job-types.ts';
import {
  openAdminPassword,
  openLogins,
  putLoginPassword,
  removeLoginPassword,
} from '../service/database-secrets.ts';
import {
  type CredentialRow,
  holdDatabase,
  insertDatabaseCredential,
  limitRetiring,
  listDatabaseCredentials,
  removeRetiredCredential,
  retireCredential,
  useNewCredential,
} from '../store/database-credentials.sql.ts';
import { type DatabaseRow, getDatabase } from '../store/databases.sql.ts';
import type { AppJobContext } from './app-job-context.ts';
import { AppJobHandler } from './app-job-handler.ts';
import { moveServices } from './move-services.ts';
import { startDatabase } from './start-database.ts';

const payloadSchema = z.object({ graceSeconds: z.int() });
/** Services are deployed by other jobs, each with a limit of its own. */
const TIMEOUT_MS = 90 * 60_000;

/**
 * Replaces the login of a database while services go on (A8, P25): makes a second one, gives it to the services, waits until no session
 * uses the first one, and ends that. A later attempt, or the next rotation, goes on where this one was.
 */
export class RotateDatabaseHandler extends AppJobHandler {
  /** It waits for deployments: those need the other slots of the worker. */
  readonly maxRunning = 1;

  constructor(context: AppJobContext) {
    super(context, { type: ROTATE_DATABASE_JOB, timeoutMs: TIMEOUT_MS });
  }

  protected override async work(attempt: JobContext): Promise<JobResult> {
    const { graceSeconds } = payloadSchema.parse(attempt.job.payload);
    const { secrets, redactor } = this.context;
    const { resourceId: id } = attempt.job;
    const [row] = await attempt.db.query(getDatabase, { id, teams: null });
    if (row?.status !== 'ACTIVE') return {};
    const { databases } = await this.context.host.drivers();
    const adminPassword = await openAdminPassword(secrets, attempt.db, id);
    redactor.register(adminPassword);
    const step = runPhases(attempt, ROTATE_DATABASE_PHASES);
    const port = await step('start', 'Making sure that the server runs', async () => {
      const programs = await databases.programs(row.version);
      return startDatabase(this.context, attempt, databases, { programs, row, adminPassword });
    });
    if (port === undefined) return {};
    const admin = adminOf(port, adminPassword);
    const old = await step('create', 'Making the second login', () => this.#change(attempt, row, admin));
    if (old === undefined) return {};
    await step('services', 'Deploying the services with it', () => moveServices(this.context, attempt, row));
    await step('sessions', 'Waiting until no session uses the old one', () =>
      this.#untilUnused(attempt, old, admin, graceSeconds),
    );
    await step('revoke', 'Ending the old one', () => endLogin(admin, old.login));
    return {
      write: async (tx) => {
        await tx.query(removeRetiredCredential, { databaseId: id });
        await removeLoginPassword(secrets, tx, id, old.slot);
      },
    };
  }

  /** From now on releases get the second login. @returns the first one; undefined when the database is being destroyed */
  async #change(
    attempt: JobContext,
    row: DatabaseRow,
    admin: ReturnType<typeof adminOf>,
  ): Promise<CredentialRow | undefined> {
    const { secrets, redactor } = this.context;
    const known = await attempt.db.query(listDatabaseCredentials, { databaseId: row.id });
    if (!known.some(({ state }) => state === 'NEW' || state === 'RETIRING'))
      await attempt.commit((tx) => this.#addLogin(tx, row.id, known));
    const logins = await openLogins(secrets, attempt.db, row.id);
    for (const { password } of logins) redactor.register(password);
    await ensureRoles(admin, logins, row.connectionLimit);
    if (!known.some(({ state }) => state === 'RETIRING')) {
      const [held] = await attempt.commit(async (tx) => {
        const found = await tx.query(holdDatabase, { id: row.id });
        await tx.query(retireCredential, { databaseId: row.id });
        await tx.query(useNewCredential, { databaseId: row.id });
        return found;
      });
      if (held === undefined) return undefined;
    }
    const now = await attempt.db.query(listDatabaseCredentials, { databaseId: row.id });
    return now.find(({ state }) => state === 'RETIRING');
  }

  async #addLogin(tx: Tx, databaseId: string, known: readonly CredentialRow[]): Promise<void> {
    const slot = known.some((credential) => credential.slot === 'a') ? 'b' : 'a';
    await putLoginPassword(this.context.secrets, tx, databaseId, slot);
    await tx.query(insertDatabaseCredential, { databaseId, slot, login: loginOf(slot), state: 'NEW' });
  }

  /** Services have new instances: what is left are programs that were given the URL by a person. */
  async #untilUnused(
    attempt: JobContext,
    { login }: CredentialRow,
    admin: ReturnType<typeof adminOf>,
    graceSeconds: number,
  ): Promise<void> {
    const { clock, pollMs } = this.context;
    const limit = { databaseId: attempt.job.resourceId, graceSeconds };
    for (;;) {
      const [retiring] = await attempt.commit((tx) => tx.query(limitRetiring, limit));
      const sessions = await countLoginSessions(admin, [login]);
      if (sessions === 0) return;
      if (retiring?.isOver !== false) {
        const message = `${sessions} sessions still use the old login after ${graceSeconds} s and end now`;
        attempt.event({ kind: 'log', level: 'warn', message });
        return;
      }
      await clock.sleep(pollMs, attempt.signal);
    }
  }

  /** Both logins are valid: `ocpctl app db get` says so, and the next rotation goes on. */
  override async onFailed(): Promise<void> {}
  override async onCancelled(): Promise<void> {}
}
