import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PROVISION_DATABASE_JOB, RECOVER_DATABASE_JOB } from '../../src/control-plane/apps/job-types.ts';
import { DestroyDatabaseHandler } from '../../src/control-plane/apps/jobs/destroy-database-handler.ts';
import { DestroyEnvironmentHandler } from '../../src/control-plane/apps/jobs/destroy-environment-handler.ts';
import { ProvisionDatabaseHandler } from '../../src/control-plane/apps/jobs/provision-database-handler.ts';
import { requestEnvironmentDestroy } from '../../src/control-plane/apps/service/environments.ts';
import { createRelease } from '../../src/control-plane/apps/service/releases.ts';
import { VARIABLES_SECRET } from '../../src/control-plane/apps/service/stored-variables.ts';
import { beginDatabaseDestroy } from '../../src/control-plane/apps/store/databases.sql.ts';
import { getEnvironment, lockEnvironment } from '../../src/control-plane/apps/store/environments.sql.ts';
import { getService } from '../../src/control-plane/apps/store/services.sql.ts';
import { reconcileDatabasesTask } from '../../src/control-plane/apps/tasks/reconcile-databases.ts';
import { newId } from '../../src/control-plane/kernel/ids.ts';
import { askDatabase, connectTo } from '../setup/ask-database.ts';
import { DatabasesKit } from './databases-kit.ts';
import { findSecrets, scanFiles } from './find-secrets.ts';
import { processesMentioning } from './processes.ts';

const NEVER = new AbortController().signal;

describe('databases of applications', () => {
  let kit: DatabasesKit;
  beforeAll(async () => {
    kit = await DatabasesKit.open();
  });
  afterAll(() => kit.close());

  /** Servers of a database: the first process of each. */
  const serversOf = (id: string) =>
    processesMentioning(`${id}/data`).filter(({ argv }) => argv.includes('/postgres'));

  test('P3: a worker that dies at any step of a provision leaves what the next one makes whole', async () => {
    const id = await kit.insert('steps');
    for (const stopAt of ['data', 'start', 'commit:1', 'commit:2', 'roles', 'end'])
      await expect(kit.provision(id, stopAt), stopAt).rejects.toThrow(`died at ${stopAt}`);
    await kit.provision(id);
    expect(await kit.rowOf(id)).toMatchObject({
      status: 'ACTIVE',
      isUp: true,
      version: expect.stringMatching(/^\d+$/),
    });
    expect(serversOf(id)).toHaveLength(1);
    await askDatabase(await kit.urlOf(id), 'create table t as select generate_series(1, 1000) as x');
    // Whatever the login, objects belong to the role that does not log in.
    expect(
      await askDatabase(await kit.urlOf(id), `select tableowner from pg_tables where tablename = 't'`),
    ).toEqual([{ tableowner: 'app_owner' }]);
    await kit.provision(id);
    expect(await askDatabase(await kit.urlOf(id), 'select count(*)::int as n from t')).toEqual([{ n: 1000 }]);
    expect(serversOf(id)).toHaveLength(1);
  });

  test('P3: data that was made by halves is made again', async () => {
    const id = await kit.insert('halves');
    await expect(
      kit.host.volumes.create(id, undefined, async () => {
        throw new Error('killed');
      }),
    ).rejects.toThrow('killed');
    expect(kit.host.volumes.residueOf(id)).toHaveLength(1);
    await kit.provision(id);
    expect(readdirSync(join(kit.directory, 'databases')).filter((name) => name.includes(id))).toEqual([id]);
  });

  test('P19: the connection after the limit gets 53300, and the administrator gets in', async () => {
    const id = await kit.insert('limited', 2);
    await kit.provision(id);
    const url = await kit.urlOf(id);
    const open = [await connectTo(url), await connectTo(url)];
    await expect(connectTo(url)).rejects.toMatchObject({ code: '53300' });
    await reconcileDatabasesTask(kit.context, 1).run(NEVER, (work) => kit.store.db.tx(work));
    expect(await kit.rowOf(id)).toMatchObject({ isUp: true, connections: 2, connectionLimit: 2 });
    await open[0]?.end();
    await (await connectTo(url)).end();
    await open[1]?.end();
  });

  test('A6: a server that is killed starts again at the same URL with its data', async () => {
    const id = await kit.insert('killed');
    await kit.provision(id);
    const url = await kit.urlOf(id);
    await askDatabase(url, 'create table t as select generate_series(1, 1000) as x');
    for (const { pid } of serversOf(id)) process.kill(pid, 'SIGKILL');
    const task = reconcileDatabasesTask(kit.context, 1);
    const tick = () => task.run(NEVER, (work) => kit.store.db.tx(work));
    await expect.poll(async () => (await tick())?.['recovered'], { timeout: 30_000 }).toEqual([id]);
    expect(await kit.rowOf(id)).toMatchObject({ isUp: false });
    // Its job waits: the task asks for no second one.
    expect(await tick()).toBeUndefined();
    await kit.run(new ProvisionDatabaseHandler(kit.context, RECOVER_DATABASE_JOB), id);
    expect(await askDatabase(url, 'select count(*)::int as n from t')).toEqual([{ n: 1000 }]);
    expect(await kit.rowOf(id)).toMatchObject({ status: 'ACTIVE', isUp: true });
  });

  test('P3: PostgreSQL of another version than that of the data is an error that says so', async () => {
    const id = await kit.insert('version');
    await kit.store.db.script(`update app_databases set version = '9' where id = '${id}'`);
    const handler = new ProvisionDatabaseHandler(kit.context, PROVISION_DATABASE_JOB);
    expect(await kit.fail(handler, id)).toMatchObject({ code: 'DATABASE_ENGINE_MISSING', retryable: false });
    expect(await kit.rowOf(id)).toMatchObject({ status: 'FAILED', errorCode: 'DATABASE_ENGINE_MISSING' });
  });

  test('P10: a reference to a database becomes its URL in the release, and nothing else has the password', async () => {
    const id = await kit.insert('main');
    const service = newId('svc');
    await kit.store.db.script(`
      insert into app_services (id, environment_id, team, name, kind, host_label, replicas, settings, requested_by)
      values ('${service}', '${kit.environmentId}', 'a', 'api', 'web', 'api', 1, '{}', 'local:ann');
      insert into app_builds (id, service_id, team, source_sha256, input_hash, builder, status, digest)
      values ('bld', '${service}', 'a', 'x', 'x', 'host', 'SUCCEEDED', 'x');`);
    const variables = {
      DATABASE_URL: { value: '$' + '{db.main.URL}', updatedBy: 'ann', updatedAt: new Date().toISOString() },
    };
    await kit.context.secrets.put(
      kit.store.db,
      { ownerId: service, kind: VARIABLES_SECRET },
      Buffer.from(JSON.stringify(variables)),
    );
    const release = () =>
      kit.store.db.tx(async (tx) => {
        const [row] = await tx.query(getService, { id: service, teams: null });
        if (row === undefined) throw new Error('no service');
        return createRelease(kit.context, tx, row, { buildId: 'bld', settings: {}, createdBy: 'local:ann' });
      });
    await expect(release()).rejects.toMatchObject({ code: 'POLICY_VIOLATION' });
    await kit.provision(id);
    const sealed = await kit.context.secrets.open(kit.store.db, {
      ownerId: await release(),
      kind: VARIABLES_SECRET,
    });
    const url = await kit.urlOf(id);
    expect(JSON.parse(String(sealed))).toEqual({ DATABASE_URL: url });
    const { password } = new URL(url);
    expect(processesMentioning(password)).toEqual([]);
    const files = [...scanFiles(join(kit.directory, 'runtime')), ...scanFiles(kit.host.volumes.path(id))];
    expect(findSecrets([{ name: 'password', value: password }], files)).toEqual([]);
  });

  test('A9: a destroyed database leaves no process, no data and no password', async () => {
    const id = await kit.insert('gone');
    await kit.provision(id);
    await kit.store.db.query(beginDatabaseDestroy, { id });
    const handler = new DestroyDatabaseHandler(kit.context);
    for (const stopAt of ['read-back', 'end'])
      await expect(kit.run(handler, id, { stopAt })).rejects.toThrow('died');
    await kit.run(handler, id);
    expect(await kit.rowOf(id)).toMatchObject({ status: 'DESTROYED' });
    expect(existsSync(kit.host.volumes.path(id))).toBe(false);
    expect(serversOf(id)).toEqual([]);
    expect(
      await kit.context.secrets.open(kit.store.db, { ownerId: id, kind: 'database-admin' }),
    ).toBeUndefined();
  });

  test('A9: an environment is not DESTROYED while the data of a database is still there', async () => {
    const environment = newId('env');
    await kit.insertEnvironment(environment, 'review');
    const id = await kit.insert('main', 5, environment);
    await kit.provision(id);
    const jobId = await kit.store.db.tx(async (tx) => {
      const [row] = await tx.query(lockEnvironment, { id: environment, teams: null });
      if (row === undefined) throw new Error('no environment');
      return requestEnvironmentDestroy(kit.context, tx, row, { actor: { principal: 'local:ann' } as never });
    });
    expect(jobId).toMatch(/^job_/);
    const handler = new DestroyEnvironmentHandler(kit.context, 'environment.destroy');
    const remove = kit.host.volumes.remove.bind(kit.host.volumes);
    kit.host.volumes.remove = async () => {};
    const failure: unknown = await kit.run(handler, environment).catch((error: unknown) => error);
    kit.host.volumes.remove = remove;
    expect(failure).toMatchObject({ code: 'RESIDUE_FOUND', message: expect.stringContaining(id) });
    await kit.run(handler, environment);
    const [row] = await kit.store.db.query(getEnvironment, { id: environment, teams: null });
    expect(row).toMatchObject({ status: 'DESTROYED', databases: 0 });
    expect([existsSync(kit.host.volumes.path(id)), serversOf(id)]).toEqual([false, []]);
  });
});
