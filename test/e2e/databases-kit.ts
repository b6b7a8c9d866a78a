import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { pino } from 'pino';
import { DatabaseVolumes } from '../../src/control-plane/apps/databases/database-volumes.ts';
import { PostgresHost } from '../../src/control-plane/apps/databases/postgres-host.ts';
import { PROVISION_DATABASE_JOB } from '../../src/control-plane/apps/job-types.ts';
import type { AppJobContext } from '../../src/control-plane/apps/jobs/app-job-context.ts';
import { ProvisionDatabaseHandler } from '../../src/control-plane/apps/jobs/provision-database-handler.ts';
import { openProcessRuntime } from '../../src/control-plane/apps/runtime/process/process-runtime.ts';
import {
  openDatabaseUrl,
  putDatabasePasswords,
} from '../../src/control-plane/apps/service/database-secrets.ts';
import { type DatabaseRow, getDatabase } from '../../src/control-plane/apps/store/databases.sql.ts';
import { systemClock } from '../../src/control-plane/kernel/clock.ts';
import { newId } from '../../src/control-plane/kernel/ids.ts';
import type { ClaimedJob, JobContext, JobHandler } from '../../src/control-plane/kernel/jobs/job.ts';
import { JobQueue } from '../../src/control-plane/kernel/jobs/queue.ts';
import { openSealedSecrets } from '../../src/control-plane/kernel/secrets/sealed-secrets.ts';
import { createRedactor } from '../../src/control-plane/kernel/telemetry/redaction.ts';
import { NO_DISPATCHER } from '../control-plane/http/kit/server.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';

const RUNNER = fileURLToPath(new URL('../../dist/instance-runner.js', import.meta.url));
const SEARCH_PATH = '/usr/local/bin:/usr/bin:/bin';
const NEVER = new AbortController().signal;

/** Handlers of databases on real servers of this host, without API and worker. */
export class DatabasesKit {
  readonly store: TestDatabase;
  readonly directory: string;
  readonly host: PostgresHost;
  readonly context: AppJobContext;
  readonly environmentId = newId('env');
  #stopAt: string | undefined;

  private constructor(store: TestDatabase, directory: string, host: PostgresHost, context: AppJobContext) {
    this.store = store;
    this.directory = directory;
    this.host = host;
    this.context = {
      ...context,
      clock: {
        ...systemClock,
        sleep: async (ms, signal) => {
          this.#step('sleep');
          await systemClock.sleep(ms, signal);
        },
      },
    };
  }

  static async open(): Promise<DatabasesKit> {
    const store = await createTestDatabase();
    const directory = mkdtempSync(join(tmpdir(), 'ocpctl-databases-'));
    chmodSync(directory, 0o711);
    const { db } = store;
    const secrets = await openSealedSecrets({ keyDir: join(directory, 'keys'), newId });
    const runtime = openProcessRuntime({
      ...{ directory: join(directory, 'runtime'), installationId: newId('ins'), runnerPath: RUNNER },
      ...{ path: SEARCH_PATH, clock: systemClock, log: pino({ level: 'silent' }) },
    });
    const volumes = new DatabaseVolumes(join(directory, 'databases'));
    const host = new PostgresHost({ runtime, volumes, searchPath: SEARCH_PATH, clock: systemClock });
    const kit = new DatabasesKit(store, directory, host, {
      ...{ db, secrets, newId, redactor: createRedactor(), dispatcher: NO_DISPATCHER },
      ...{ queue: new JobQueue(NO_DISPATCHER, newId, 3), pollMs: 20, defaults: { memoryMb: 64, cpus: 1 } },
      host: {
        name: 'here',
        isMine: async () => true,
        problem: async () => undefined,
        drivers: async () => ({ runtime, databases: host }),
      },
    } as unknown as AppJobContext);
    await kit.insertEnvironment(kit.environmentId, 'staging');
    return kit;
  }

  async close(): Promise<void> {
    const { runtime } = this.host;
    for (const environment of await runtime.listEnvironments()) await runtime.removeEnvironment(environment);
    rmSync(this.directory, { recursive: true, force: true });
    await this.store.drop();
  }

  insertEnvironment(id: string, name: string): Promise<void> {
    return this.store.db.script(`
      insert into app_environments (id, team, name, owner, requested_by)
      values ('${id}', 'a', '${name}', 'ann', 'local:ann');`);
  }

  /** A database as `createDatabase` commits it. */
  async insert(name: string, connectionLimit = 5, environment = this.environmentId): Promise<string> {
    const id = newId('dbs');
    await this.store.db.script(`
      insert into app_databases (id, environment_id, team, name, engine, memory_mb, connection_limit, requested_by)
      values ('${id}', '${environment}', 'a', '${name}', 'postgres', 128, ${connectionLimit}, 'local:ann');
      insert into app_database_credentials (database_id, slot, login) values ('${id}', 'a', 'app_a');`);
    await putDatabasePasswords(this.context.secrets, this.store.db, id);
    return id;
  }

  /**
   * Runs an attempt at a job.
   * @param stopAt the worker dies there: `commit:N`, `sleep`, `end` or the name of a phase
   */
  async run(handler: JobHandler, resourceId: string, stopAt?: string, payload: unknown = {}): Promise<void> {
    this.#stopAt = stopAt;
    let commits = 0;
    const job = { id: newId('job'), resourceId, resourceName: 'main', team: 'a', type: handler.type };
    const attempt = {
      job: { ...job, payload, requestedBy: 'local:ann' } as unknown as ClaimedJob,
      ...{ signal: NEVER, db: this.store.db, leaseRemainingMs: () => 30_000 },
      flush: async () => {},
      event: () => {},
      beginPhase: (phase: string) => this.#step(phase),
      commit: async (work: Parameters<JobContext['commit']>[0]) => {
        const result = await this.store.db.tx(work);
        commits += 1;
        this.#step(`commit:${commits}`);
        return result;
      },
    } as unknown as JobContext;
    const { write } = await handler.run(attempt);
    this.#step('end');
    await this.store.db.tx(async (tx) => void (await write?.(tx)));
  }

  #step(name: string): void {
    if (name === this.#stopAt) throw new Error(`the worker died at ${name}`);
  }

  provision(id: string, stopAt?: string): Promise<void> {
    return this.run(new ProvisionDatabaseHandler(this.context, PROVISION_DATABASE_JOB), id, stopAt);
  }

  async rowOf(id: string): Promise<DatabaseRow> {
    const [row] = await this.store.db.query(getDatabase, { id, teams: null });
    if (row === undefined) throw new Error(`${id} has no row`);
    return row;
  }

  async urlOf(id: string): Promise<string> {
    const url = await openDatabaseUrl(this.context.secrets, this.store.db, await this.rowOf(id));
    if (url === undefined) throw new Error(`${id} has no URL`);
    return url;
  }
}

export async function connectTo(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => {});
  await client.connect();
  return client;
}

/** The rows of one statement on a connection of its own. */
export async function askDatabase(url: string, text: string): Promise<unknown[]> {
  const client = await connectTo(url);
  try {
    return (await client.query(text)).rows;
  } finally {
    await client.end();
  }
}
