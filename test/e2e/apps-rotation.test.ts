import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RotateDatabaseHandler } from '../../src/control-plane/apps/jobs/rotate-database-handler.ts';
import { openLogins } from '../../src/control-plane/apps/service/database-secrets.ts';
import { rollbackService } from '../../src/control-plane/apps/service/deployments.ts';
import { createRelease } from '../../src/control-plane/apps/service/releases.ts';
import { VARIABLES_SECRET } from '../../src/control-plane/apps/service/stored-variables.ts';
import { getService } from '../../src/control-plane/apps/store/services.sql.ts';
import { newId } from '../../src/control-plane/kernel/ids.ts';
import { askDatabase, connectTo } from '../setup/ask-database.ts';
import { moveClock } from '../setup/database.ts';
import { ANN, DatabasesKit } from './databases-kit.ts';
import { eventually } from './eventually.ts';

const GRACE_SECONDS = 60;

describe('rotation of databases', () => {
  let kit: DatabasesKit;
  beforeAll(async () => {
    kit = await DatabasesKit.open();
  });
  afterAll(() => kit.close());

  const rotate = (id: string, stopAt?: string, graceSeconds = GRACE_SECONDS) =>
    kit.run(new RotateDatabaseHandler(kit.context), id, { stopAt, payload: { graceSeconds } });
  const statesOf = async (id: string) =>
    (
      await kit.rows<{ slot: string; state: string }>(
        `select slot, state from app_database_credentials where database_id = '${id}' order by slot`,
      )
    ).map(({ slot, state }) => `${slot} ${state}`);

  /** A service of the environment with a live release that uses the database. */
  const insertService = async (name: string, database: string): Promise<string> => {
    const id = newId('svc');
    await kit.store.db.script(`
      insert into app_services (id, environment_id, team, name, kind, host_label, replicas, settings, requested_by)
      values ('${id}', '${kit.environmentId}', 'a', '${name}', 'web', '${name}', 1, '{}', 'local:ann');
      insert into app_builds (id, service_id, team, source_sha256, input_hash, builder, status, digest)
      values ('bld_${id}', '${id}', 'a', 'x', 'x', 'host', 'SUCCEEDED', 'x');`);
    const at = { updatedBy: 'ann', updatedAt: new Date().toISOString() };
    const variables = { DATABASE_URL: { value: `\${db.${database}.URL}`, ...at } };
    await kit.context.secrets.put(
      kit.store.db,
      { ownerId: id, kind: VARIABLES_SECRET },
      Buffer.from(JSON.stringify(variables)),
    );
    return id;
  };
  const release = (serviceId: string): Promise<string> =>
    kit.store.db.tx(async (tx) => {
      const [row] = await tx.query(getService, { id: serviceId, teams: null });
      if (row === undefined) throw new Error('no service');
      const settings = {
        ...{ given: {}, kind: 'web', command: ['x'], memoryMb: 64, cpus: 1, healthPath: null },
        ...{ startSeconds: 1, drainSeconds: 1 },
      };
      return createRelease(kit.context, tx, row, {
        ...{ buildId: `bld_${serviceId}`, settings, createdBy: 'local:ann' },
      });
    });
  const makeLive = (serviceId: string, releaseId: string) =>
    kit.store.db.script(`update app_services set live_release_id = '${releaseId}' where id = '${serviceId}'`);
  const liveUrlOf = async (serviceId: string): Promise<string> => {
    const [row] = await kit.rows<{ id: string }>(
      `select live_release_id as id from app_services where id = '${serviceId}'`,
    );
    const sealed = await kit.context.secrets.open(kit.store.db, {
      ownerId: row?.id ?? '',
      kind: VARIABLES_SECRET,
    });
    return (JSON.parse(String(sealed)) as { DATABASE_URL: string }).DATABASE_URL;
  };
  const deploymentsOf = (serviceId: string) =>
    kit.rows<{ id: string; state: string; reason: string; releaseId: string }>(`
      select id, state, reason, release_id as "releaseId" from app_deployments where service_id = '${serviceId}' order by number`);
  /** As the deploy job does. @returns whether there was one */
  const deployWaiting = async (serviceId: string): Promise<boolean> => {
    const waiting = (await deploymentsOf(serviceId)).find(({ state }) => state === 'QUEUED');
    if (waiting === undefined) return false;
    await kit.store.db.script(`
      update app_deployments set state = 'SUPERSEDED', ended_at = clock_now() where service_id = '${serviceId}' and state = 'LIVE';
      update app_deployments set state = 'LIVE', switched_at = clock_now(), ended_at = clock_now() where id = '${waiting.id}';`);
    await makeLive(serviceId, waiting.releaseId);
    return true;
  };
  const create = async (name: string): Promise<{ id: string; service: string }> => {
    const id = await kit.create(name);
    const service = await insertService(`of-${name}`, name);
    await makeLive(service, await release(service));
    return { id, service };
  };

  test('A8, P25: a worker that dies at any step of a rotation leaves a login in use that works, and the next attempt goes on', async () => {
    const { id, service } = await create('steps');
    const oldUrl = await liveUrlOf(service);
    await askDatabase(oldUrl, 'create table t as select generate_series(1, 1000) as x');
    const dieAt = async (stopAt: string, states: string[]) => {
      await expect(rotate(id, stopAt), stopAt).rejects.toThrow(`died at ${stopAt}`);
      expect(await statesOf(id), stopAt).toEqual(states);
      const url = await liveUrlOf(service);
      expect(await askDatabase(url, 'select count(*)::int as n from t'), stopAt).toEqual([{ n: 1000 }]);
    };
    for (const stopAt of ['start', 'commit:1', 'commit:2', 'create']) await dieAt(stopAt, ['a CURRENT']);
    await dieAt('commit:3', ['a CURRENT', 'b NEW']);
    expect(await kit.rowOf(id)).toMatchObject({ isRotating: true });
    await dieAt('commit:3', ['a RETIRING', 'b CURRENT']);
    await dieAt('services', ['a RETIRING', 'b CURRENT']);
    expect(await deploymentsOf(service)).toEqual([]);
    await dieAt('sleep', ['a RETIRING', 'b CURRENT']);
    expect(await liveUrlOf(service)).toBe(oldUrl);
    expect(await deploymentsOf(service)).toMatchObject([{ state: 'QUEUED', reason: 'rotation' }]);
    expect(await deployWaiting(service)).toBe(true);

    // A program outside uses the old one.
    const outside = await connectTo(oldUrl);
    let outsideEnded = false;
    outside.on('end', () => {
      outsideEnded = true;
    });
    await outside.query('set role none');
    await outside.query('create table own (x int)');
    for (const stopAt of ['sessions', 'commit:3', 'sleep']) await dieAt(stopAt, ['a RETIRING', 'b CURRENT']);
    expect((await outside.query('select 1 as one')).rows).toEqual([{ one: 1 }]);
    await moveClock(kit.store.url, `${GRACE_SECONDS + 1} seconds`);
    for (const stopAt of ['revoke', 'end']) await dieAt(stopAt, ['a RETIRING', 'b CURRENT']);
    await rotate(id);

    expect(await statesOf(id)).toEqual(['b CURRENT']);
    await eventually('its session is ended', () => outsideEnded);
    await expect(connectTo(oldUrl)).rejects.toMatchObject({ code: '28P01' });
    const url = await liveUrlOf(service);
    expect(url).toBe(await kit.urlOf(id));
    expect(new URL(url).username).toBe('app_b');
    const owners = await askDatabase(
      url,
      `select tablename, tableowner from pg_tables where tablename in ('t', 'own') order by 1`,
    );
    expect(owners).toEqual([
      { tablename: 'own', tableowner: 'app_owner' },
      { tablename: 't', tableowner: 'app_owner' },
    ]);
    expect(await kit.rowOf(id)).toMatchObject({ isRotating: false });
    const opened = { ownerId: id, kind: 'database-password-a' };
    expect(await kit.context.secrets.open(kit.store.db, opened)).toBeUndefined();

    // The next one goes back to the first slot.
    const [, rotated] = [deployUntilMoved(service, url), await rotate(id)];
    expect(rotated).toBeUndefined();
    expect(await statesOf(id)).toEqual(['a CURRENT']);
    await expect(connectTo(url)).rejects.toMatchObject({ code: '28P01' });
    expect(await openLogins(kit.context.secrets, kit.store.db, id)).toMatchObject([{ login: 'app_a' }]);
  });

  const deployUntilMoved = (service: string, from: string): Promise<unknown> =>
    eventually('the service has another URL', async () => {
      await deployWaiting(service);
      return (await liveUrlOf(service)) !== from;
    });

  test('A8: a deployment that fails blocks the rotation with both logins valid, and the next one completes it', async () => {
    const { id, service } = await create('blocked');
    const oldUrl = await liveUrlOf(service);
    const failing = eventually('it is deployed', async () => {
      const [waiting] = await deploymentsOf(service);
      if (waiting === undefined) return false;
      await kit.store.db.script(`
        update app_deployments set state = 'FAILED', ended_at = clock_now(), error_code = 'CHECK_FAILED', error_message = 'no answer'
        where id = '${waiting.id}'`);
      return true;
    });
    await expect(rotate(id)).rejects.toMatchObject({
      ...{ code: 'ROTATION_BLOCKED', retryable: false },
      message: expect.stringContaining('CHECK_FAILED'),
    });
    await failing;
    for (const url of [oldUrl, await kit.urlOf(id)])
      expect(await askDatabase(url, 'select 1 as one')).toEqual([{ one: 1 }]);
    const moved = deployUntilMoved(service, oldUrl);
    await rotate(id);
    await moved;
    expect(await statesOf(id)).toEqual(['b CURRENT']);
    await expect(connectTo(oldUrl)).rejects.toMatchObject({ code: '28P01' });
  });

  test('A8: what a person deploys meanwhile is waited for, not superseded, and its release is renewed after it', async () => {
    const { id, service } = await create('busy');
    const oldUrl = await liveUrlOf(service);
    const releaseId = await release(service);
    await kit.store.db.script(`
      insert into app_deployments (id, service_id, team, number, reason, state, settings, release_id, requested_by)
      values ('dep_${service}', '${service}', 'a', 1, 'deploy', 'CHECKING', '{}', '${releaseId}', 'local:ann');
      update app_services set next_deployment = 2 where id = '${service}';`);
    await expect(rotate(id, 'sleep')).rejects.toThrow('died at sleep');
    expect(await deploymentsOf(service)).toMatchObject([{ state: 'CHECKING' }]);
    await kit.store.db.script(`update app_deployments set state = 'QUEUED' where id = 'dep_${service}'`);
    await deployWaiting(service);
    expect(await liveUrlOf(service)).toBe(oldUrl);
    const moved = deployUntilMoved(service, oldUrl);
    await rotate(id);
    await moved;
    expect(await deploymentsOf(service)).toMatchObject([
      { reason: 'deploy', state: 'SUPERSEDED' },
      { reason: 'rotation', state: 'LIVE' },
    ]);
  });

  test('P14: a rollback after a rotation restores the release with the login that is valid, and refuses one whose database is gone', async () => {
    const { id, service } = await create('back');
    const [first] = await kit.rows<{ id: string }>(
      `select live_release_id as id from app_services where id = '${service}'`,
    );
    await kit.store.db.script(`
      insert into app_deployments (id, service_id, team, number, reason, state, settings, release_id, requested_by, switched_at, ended_at)
      values ('dep_${service}', '${service}', 'a', 1, 'deploy', 'SUPERSEDED', '{}', '${first?.id}', 'local:ann', clock_now(), clock_now());
      update app_services set next_deployment = 2 where id = '${service}';`);
    const second = await release(service);
    await makeLive(service, second);
    const oldUrl = await liveUrlOf(service);
    const moved = deployUntilMoved(service, oldUrl);
    await rotate(id);
    await moved;
    const rollback = () => kit.store.db.tx((tx) => rollbackService(kit.context, tx, ANN, service, 1));
    expect(await rollback()).toMatchObject({ deployment: { reason: 'rollback' } });
    await deployWaiting(service);
    expect(await liveUrlOf(service)).toBe(await kit.urlOf(id));
    const releases = await kit.rows<{ number: number; buildId: string }>(
      `select number, build_id as "buildId" from app_releases where service_id = '${service}' order by number`,
    );
    expect(releases.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
    await kit.store.db.script(
      `update app_databases set status = 'DESTROYING', is_up = false where id = '${id}'`,
    );
    await expect(rollback()).rejects.toMatchObject({
      code: 'STATE_CONFLICT',
      message: expect.stringContaining(id),
    });
  });

  test('a service that does not use the database is not deployed', async () => {
    const { id } = await create('unused');
    const other = await insertService('other', 'unused');
    await kit.context.secrets.put(
      kit.store.db,
      { ownerId: other, kind: VARIABLES_SECRET },
      Buffer.from('{}'),
    );
    await makeLive(other, await release(other));
    await expect(rotate(id, 'sleep')).rejects.toThrow('died at sleep');
    expect(await deploymentsOf(other)).toEqual([]);
  });
});
