import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
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
import { directoryStore } from '../../src/control-plane/kernel/artifacts/directory-store.ts';
import { ALL_TEAMS, type Caller } from '../../src/control-plane/kernel/caller.ts';
import { systemClock } from '../../src/control-plane/kernel/clock.ts';
import { newId } from '../../src/control-plane/kernel/ids.ts';
import type {
  ClaimedJob,
  JobContext,
  JobFailure,
  JobHandler,
} from '../../src/control-plane/kernel/jobs/job.ts';
import { JobQueue } from '../../src/control-plane/kernel/jobs/queue.ts';
import { openSealedSecrets } from '../../src/control-plane/kernel/secrets/sealed-secrets.ts';
import { createRedactor } from '../../src/control-plane/kernel/telemetry/redaction.ts';
import { NO_DISPATCHER } from '../control-plane/http/kit/server.ts';
import { askDatabase } from '../setup/ask-database.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';

const RUNNER = fileURLToPath(new URL('../../dist/instance-runner.js', import.meta.url));
const SEARCH_PATH = '/usr/local/bin:/usr/bin:/bin';
const NEVER = new AbortController().signal;

/** May do everything in every team. */
export const ANN = {
  ...{ principal: 'local:ann', authMode: 'local', requestId: '', sourceIp: '', userAgent: '' },
  grants: [{ role: 'platform_admin', team: ALL_TEAMS }],
} as const satisfies Caller;

interface Attempt {
  readonly jobId?: string;
  readonly payload?: unknown;
  /** The worker dies there: `commit:N`, `sleep`, `end` or the name of a phase. */
  readonly stopAt?: string | undefined;
}

/** Handlers of databases on real servers of this host, without API and worker. */
export class DatabasesKit {
  readonly store: TestDatabase;
  readonly directory: string;
  readonly host: PostgresHost;
  readonly context: AppJobContext;
  readonly environmentId = newId('env');
  /** Where artifacts are stored. */
  readonly artifacts: string;
  #stopAt: string | undefined;
  #fence = 0;

  private constructor(store: TestDatabase, directory: string, host: PostgresHost, context: AppJobContext) {
    this.store = store;
    this.directory = directory;
    this.artifacts = artifactsBelow(directory);
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
      limits: { servicesPerTeam: 20, instancesPerTeam: 40, memoryMbPerTeam: 16_384 },
      artifacts: directoryStore(artifactsBelow(directory)),
      host: {
        name: 'here',
        isMine: async () => true,
        problem: async () => undefined,
        drivers: async () => ({ runtime, databases: host }),
      },
      runtime: 'process',
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

  /** Runs an attempt at a job. */
  async run(
    handler: JobHandler,
    resourceId: string,
    { jobId = newId('job'), payload = {}, stopAt }: Attempt = {},
  ): Promise<void> {
    this.#stopAt = stopAt;
    this.#fence += 1;
    let commits = 0;
    const job = { id: jobId, resourceId, resourceName: 'main', team: 'a', type: handler.type };
    const counts = { attempt: 1, fence: this.#fence };
    const attempt = {
      job: { ...job, ...counts, payload, requestedBy: 'local:ann' } as unknown as ClaimedJob,
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

  /** Runs an attempt that fails for good. @returns why */
  async fail(handler: JobHandler, resourceId: string, attempt: Attempt = {}): Promise<JobFailure> {
    const { jobId = newId('job'), payload = {} } = attempt;
    const failure = (await this.run(handler, resourceId, { jobId, payload }).then(
      () => new Error('it succeeded'),
      (error: unknown) => error,
    )) as JobFailure;
    const job = { id: jobId, resourceId, payload } as ClaimedJob;
    await this.store.db.tx((tx) => handler.onFailed(tx, job, failure));
    return failure;
  }

  #step(name: string): void {
    if (name === this.#stopAt) throw new Error(`the worker died at ${name}`);
  }

  provision(id: string, stopAt?: string): Promise<void> {
    return this.run(new ProvisionDatabaseHandler(this.context, PROVISION_DATABASE_JOB), id, { stopAt });
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

  /** A database that is available. */
  async create(name: string): Promise<string> {
    const id = await this.insert(name);
    await this.provision(id);
    return id;
  }

  /** Asks a database as a service does. */
  async ask(id: string, text: string): Promise<unknown[]> {
    return askDatabase(await this.urlOf(id), text);
  }

  /** Asks the database of the installation. */
  rows<Row extends object>(text: string): Promise<Row[]> {
    return askDatabase<Row>(this.store.url, text);
  }
}

const artifactsBelow = (directory: string): string => join(directory, 'artifacts');
