import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DatabaseVolumes } from '../../src/control-plane/apps/databases/database-volumes.ts';
import { PostgresHost } from '../../src/control-plane/apps/databases/postgres-host.ts';
import { PROVISION_DATABASE_JOB, RECOVER_DATABASE_JOB } from '../../src/control-plane/apps/job-types.ts';
import type { AppJobContext } from '../../src/control-plane/apps/jobs/app-job-context.ts';
import { DestroyDatabaseHandler } from '../../src/control-plane/apps/jobs/destroy-database-handler.ts';
import { DestroyEnvironmentHandler } from '../../src/control-plane/apps/jobs/destroy-environment-handler.ts';
import { ProvisionDatabaseHandler } from '../../src/control-plane/apps/jobs/provision-database-handler.ts';
import { openProcessRuntime } from '../../src/control-plane/apps/runtime/process/process-runtime.ts';
import {
  openDatabaseUrl,
  putDatabasePasswords,
} from '../../src/control-plane/apps/service/database-secrets.ts';
import { requestEnvironmentDestroy } from '../../src/control-plane/apps/service/environments.ts';
import { createRelease } from '../../src/control-plane/apps/service/releases.ts';
import { VARIABLES_SECRET } from '../../src/control-plane/apps/service/stored-variables.ts';
import { beginDatabaseDestroy, getDatabase } from '../../src/control-plane/apps/store/databases.sql.ts';
import { getEnvironment, lockEnvironment } from '../../src/control-plane/apps/store/environments.sql.ts';
import { getService } from '../../src/control-plane/apps/store/services.sql.ts';
import { reconcileDatabasesTask } from '../../src/control-plane/apps/tasks/reconcile-databases.ts';
import { directoryStore } from '../../src/control-plane/kernel/artifacts/directory-store.ts';
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
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { findSecrets, scanFiles } from './find-secrets.ts';
import { processesMentioning } from './processes.ts';

const RUNNER = fileURLToPath(new URL('../../dist/instance-runner.js', import.meta.url));
const SEARCH_PATH = '/usr/local/bin:/usr/bin:/bin';
const NEVER = new AbortController().signal;

describe('databases of applications', () => {
  let store: TestDatabase;
  let directory: string;
  let context: AppJobContext;
  let host: PostgresHost;
  const environmentId = newId('env');

  beforeAll(async () => {
    store = await createTestDatabase();
    directory = mkdtempSync(join(tmpdir(), 'ocpctl-databases-'));
    chmodSync(directory, 0o711);
    const { db } = store;
    const secrets = await openSealedSecrets({ keyDir: join(directory, 'keys'), newId });
    const runtime = openProcessRuntime({
      ...{ directory: join(directory, 'runtime'), installationId: newId('ins'), runnerPath: RUNNER },
      ...{ path: SEARCH_PATH, clock: systemClock, log: pino({ level: 'silent' }) },
    });
    const volumes = new DatabaseVolumes(join(directory, 'databases'));
    host = new PostgresHost({ runtime, volumes, searchPath: SEARCH_PATH, clock: systemClock });
    context = {
      ...{ db, secrets, newId, redactor: createRedactor(), dispatcher: NO_DISPATCHER, clock: systemClock },
      ...{ queue: new JobQueue(NO_DISPATCHER, newId, 3), pollMs: 20, defaults: { memoryMb: 64, cpus: 1 } },
      artifacts: directoryStore(join(directory, 'artifacts')),
      host: {
        name: 'here',
        isMine: async () => true,
        problem: async () => undefined,
        drivers: async () => ({ runtime, databases: host }),
      },
    } as unknown as AppJobContext;
    await db.script(`
      insert into app_environments (id, team, name, owner, requested_by)
      values ('${environmentId}', 'a', 'staging', 'ann', 'local:ann');`);
  });
  afterAll(async () => {
    for (const environment of await host.runtime.listEnvironments())
      await host.runtime.removeEnvironment(environment);
    rmSync(directory, { recursive: true, force: true });
    await store.drop();
  });

  /** A database as `createDatabase` commits it. */
  const insert = async (name: string, connectionLimit = 5, environment = environmentId): Promise<string> => {
    const id = newId('dbs');
    await store.db.script(`
      insert into app_databases (id, environment_id, team, name, engine, memory_mb, connection_limit, requested_by)
      values ('${id}', '${environment}', 'a', '${name}', 'postgres', 128, ${connectionLimit}, 'local:ann');
      insert into app_database_credentials (database_id, slot, login) values ('${id}', 'a', 'app_a');`);
    await putDatabasePasswords(context.secrets, store.db, id);
    return id;
  };

  /** @param stopAt the worker dies there: `commit:N` or the name of a phase */
  const run = async (handler: JobHandler, resourceId: string, stopAt?: string): Promise<void> => {
    let commits = 0;
    const dieAt = (step: string) => {
      if (step === stopAt) throw new Error(`the worker died at ${step}`);
    };
    const attempt = {
      job: {
        id: newId('job'),
        resourceId,
        resourceName: 'main',
        team: 'a',
        type: handler.type,
      } as ClaimedJob,
      ...{
        signal: NEVER,
        db: store.db,
        leaseRemainingMs: () => 30_000,
        flush: async () => {},
        event: () => {},
      },
      beginPhase: dieAt,
      commit: async (work: Parameters<JobContext['commit']>[0]) => {
        const result = await store.db.tx(work);
        commits += 1;
        dieAt(`commit:${commits}`);
        return result;
      },
    } as unknown as JobContext;
    const { write } = await handler.run(attempt);
    dieAt('end');
    await store.db.tx(async (tx) => void (await write?.(tx)));
  };
  const provision = (id: string, stopAt?: string) =>
    run(new ProvisionDatabaseHandler(context, PROVISION_DATABASE_JOB), id, stopAt);
  const rowOf = async (id: string) => {
    const [row] = await store.db.query(getDatabase, { id, teams: null });
    if (row === undefined) throw new Error(`${id} has no row`);
    return row;
  };
  const urlOf = async (id: string): Promise<string> => {
    const url = await openDatabaseUrl(context.secrets, store.db, await rowOf(id));
    if (url === undefined) throw new Error(`${id} has no URL`);
    return url;
  };
  const connect = async (url: string): Promise<pg.Client> => {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => {});
    await client.connect();
    return client;
  };
  const ask = async (url: string, text: string): Promise<unknown[]> => {
    const client = await connect(url);
    try {
      return (await client.query(text)).rows;
    } finally {
      await client.end();
    }
  };
  /** Servers of a database: the first process of each. */
  const serversOf = (id: string) =>
    processesMentioning(`${id}/data`).filter(({ argv }) => argv.includes('/postgres'));

  test('P3: a worker that dies at any step of a provision leaves what the next one makes whole', async () => {
    const id = await insert('steps');
    for (const stopAt of ['data', 'start', 'commit:1', 'commit:2', 'roles', 'end'])
      await expect(provision(id, stopAt), stopAt).rejects.toThrow(`died at ${stopAt}`);
    await provision(id);
    expect(await rowOf(id)).toMatchObject({
      status: 'ACTIVE',
      isUp: true,
      version: expect.stringMatching(/^\d+$/),
    });
    expect(serversOf(id)).toHaveLength(1);
    await ask(await urlOf(id), 'create table t as select generate_series(1, 1000) as x');
    // Whatever the login, objects belong to the role that does not log in.
    expect(await ask(await urlOf(id), `select tableowner from pg_tables where tablename = 't'`)).toEqual([
      { tableowner: 'app_owner' },
    ]);
    await provision(id);
    expect(await ask(await urlOf(id), 'select count(*)::int as n from t')).toEqual([{ n: 1000 }]);
    expect(serversOf(id)).toHaveLength(1);
  });

  test('P3: data that was made by halves is made again', async () => {
    const id = await insert('halves');
    await expect(
      host.volumes.create(id, undefined, async () => {
        throw new Error('killed');
      }),
    ).rejects.toThrow('killed');
    expect(host.volumes.residueOf(id)).toHaveLength(1);
    await provision(id);
    expect(readdirSync(join(directory, 'databases')).filter((name) => name.includes(id))).toEqual([id]);
  });

  test('P19: the connection after the limit gets 53300, and the administrator gets in', async () => {
    const id = await insert('limited', 2);
    await provision(id);
    const url = await urlOf(id);
    const open = [await connect(url), await connect(url)];
    await expect(connect(url)).rejects.toMatchObject({ code: '53300' });
    await reconcileDatabasesTask(context, 1).run(NEVER, (work) => store.db.tx(work));
    expect(await rowOf(id)).toMatchObject({ isUp: true, connections: 2, connectionLimit: 2 });
    await open[0]?.end();
    await (await connect(url)).end();
    await open[1]?.end();
  });

  test('A6: a server that is killed starts again at the same URL with its data', async () => {
    const id = await insert('killed');
    await provision(id);
    const url = await urlOf(id);
    await ask(url, 'create table t as select generate_series(1, 1000) as x');
    for (const { pid } of serversOf(id)) process.kill(pid, 'SIGKILL');
    const task = reconcileDatabasesTask(context, 1);
    const tick = () => task.run(NEVER, (work) => store.db.tx(work));
    await expect.poll(async () => (await tick())?.['recovered'], { timeout: 30_000 }).toEqual([id]);
    expect(await rowOf(id)).toMatchObject({ isUp: false });
    // Its job waits: the task asks for no second one.
    expect(await tick()).toBeUndefined();
    await run(new ProvisionDatabaseHandler(context, RECOVER_DATABASE_JOB), id);
    expect(await ask(url, 'select count(*)::int as n from t')).toEqual([{ n: 1000 }]);
    expect(await rowOf(id)).toMatchObject({ status: 'ACTIVE', isUp: true });
  });

  test('P3: PostgreSQL of another version than that of the data is an error that says so', async () => {
    const id = await insert('version');
    await store.db.script(`update app_databases set version = '9' where id = '${id}'`);
    const failure: unknown = await provision(id).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'DATABASE_ENGINE_MISSING', retryable: false });
    const handler = new ProvisionDatabaseHandler(context, PROVISION_DATABASE_JOB);
    await store.db.tx((tx) => handler.onFailed(tx, { resourceId: id } as ClaimedJob, failure as JobFailure));
    expect(await rowOf(id)).toMatchObject({ status: 'FAILED', errorCode: 'DATABASE_ENGINE_MISSING' });
  });

  test('P10: a reference to a database becomes its URL in the release, and nothing else has the password', async () => {
    const id = await insert('main');
    const service = newId('svc');
    await store.db.script(`
      insert into app_services (id, environment_id, team, name, kind, host_label, replicas, settings, requested_by)
      values ('${service}', '${environmentId}', 'a', 'api', 'web', 'api', 1, '{}', 'local:ann');
      insert into app_builds (id, service_id, team, source_sha256, input_hash, builder, status, digest)
      values ('bld', '${service}', 'a', 'x', 'x', 'host', 'SUCCEEDED', 'x');`);
    const variables = {
      DATABASE_URL: { value: '$' + '{db.main.URL}', updatedBy: 'ann', updatedAt: new Date().toISOString() },
    };
    await context.secrets.put(
      store.db,
      { ownerId: service, kind: VARIABLES_SECRET },
      Buffer.from(JSON.stringify(variables)),
    );
    const release = () =>
      store.db.tx(async (tx) => {
        const [row] = await tx.query(getService, { id: service, teams: null });
        if (row === undefined) throw new Error('no service');
        return createRelease(context, tx, row, { buildId: 'bld', settings: {}, createdBy: 'local:ann' });
      });
    await expect(release()).rejects.toMatchObject({ code: 'POLICY_VIOLATION' });
    await provision(id);
    const sealed = await context.secrets.open(store.db, { ownerId: await release(), kind: VARIABLES_SECRET });
    const url = await urlOf(id);
    expect(JSON.parse(String(sealed))).toEqual({ DATABASE_URL: url });
    const { password } = new URL(url);
    expect(processesMentioning(password)).toEqual([]);
    const files = [...scanFiles(join(directory, 'runtime')), ...scanFiles(host.volumes.path(id))];
    expect(findSecrets([{ name: 'password', value: password }], files)).toEqual([]);
  });

  test('A9: a destroyed database leaves no process, no data and no password', async () => {
    const id = await insert('gone');
    await provision(id);
    await store.db.query(beginDatabaseDestroy, { id });
    const handler = new DestroyDatabaseHandler(context);
    for (const stopAt of ['read-back', 'end']) await expect(run(handler, id, stopAt)).rejects.toThrow('died');
    await run(handler, id);
    expect(await rowOf(id)).toMatchObject({ status: 'DESTROYED' });
    expect(existsSync(host.volumes.path(id))).toBe(false);
    expect(serversOf(id)).toEqual([]);
    expect(await context.secrets.open(store.db, { ownerId: id, kind: 'database-admin' })).toBeUndefined();
  });

  test('A9: an environment is not DESTROYED while the data of a database is still there', async () => {
    const environment = newId('env');
    await store.db.script(`
      insert into app_environments (id, team, name, owner, requested_by)
      values ('${environment}', 'a', 'review', 'ann', 'local:ann');`);
    const id = await insert('main', 5, environment);
    await provision(id);
    const jobId = await store.db.tx(async (tx) => {
      const [row] = await tx.query(lockEnvironment, { id: environment, teams: null });
      if (row === undefined) throw new Error('no environment');
      return requestEnvironmentDestroy(context, tx, row, { actor: { principal: 'local:ann' } as never });
    });
    expect(jobId).toMatch(/^job_/);
    const handler = new DestroyEnvironmentHandler(context, 'environment.destroy');
    const remove = host.volumes.remove.bind(host.volumes);
    host.volumes.remove = async () => {};
    const failure: unknown = await run(handler, environment).catch((error: unknown) => error);
    host.volumes.remove = remove;
    expect(failure).toMatchObject({ code: 'RESIDUE_FOUND', message: expect.stringContaining(id) });
    await run(handler, environment);
    const [row] = await store.db.query(getEnvironment, { id: environment, teams: null });
    expect(row).toMatchObject({ status: 'DESTROYED', databases: 0 });
    expect([existsSync(host.volumes.path(id)), serversOf(id)]).toEqual([false, []]);
  });
});
