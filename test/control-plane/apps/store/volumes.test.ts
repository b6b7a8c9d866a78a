import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  attachVolume,
  detachVolume,
  getVolume,
} from '../../../../src/control-plane/apps/store/volumes.sql.ts';
import { newId } from '../../../../src/control-plane/kernel/ids.ts';
import { createTestDatabase, type TestDatabase } from '../../../setup/database.ts';

let store: TestDatabase;
const environment = newId('env');
const [one, two] = [newId('svc'), newId('svc')];
const [volume, other] = [newId('vol'), newId('vol')];
const [build, release] = [newId('bld'), newId('rel')];

beforeAll(async () => {
  store = await createTestDatabase();
  const service = (id: string, name: string) => `
    insert into app_services (id, environment_id, team, name, kind, host_label, replicas, settings, requested_by)
    values ('${id}', '${environment}', 'a', '${name}', 'web', '${name}', 1, '{}', 'local:ann');`;
  const volumeRow = (id: string, name: string) => `
    insert into app_volumes (id, environment_id, team, name, size_gib, requested_by)
    values ('${id}', '${environment}', 'a', '${name}', 1, 'local:ann');`;
  await store.db.script(`
    insert into app_environments (id, team, name, owner, requested_by)
    values ('${environment}', 'a', 'default', 'ann', 'local:ann');
    ${service(one, 'one')} ${service(two, 'two')} ${volumeRow(volume, 'data')} ${volumeRow(other, 'more')}
    insert into app_builds (id, service_id, team, source_sha256, input_hash, builder, status, digest)
    values ('${build}', '${one}', 'a', 'x', 'x', 'host', 'SUCCEEDED', 'x');
    insert into app_releases (id, service_id, number, build_id, settings, variable_names, variables_hash, created_by)
    values ('${release}', '${one}', 1, '${build}', '{}', '{}', 'x', 'local:ann');`);
});
afterAll(() => store.drop());

const instance = (rollout: string) =>
  store.db.script(`
    insert into app_instances (id, environment_id, service_id, release_id, rollout_id, replica, host, runtime, memory_mb, cpus, volume_id)
    values ('${newId('ins')}', '${environment}', '${one}', '${release}', '${rollout}', 0, 'h', 'process', 64, 1, '${volume}')`);

test('P13: a volume has one owner, also when two services ask at the same time', async () => {
  const answers = await Promise.all(
    [one, two, one, two].map((serviceId) => store.db.query(attachVolume, { id: volume, serviceId })),
  );
  const [row] = await store.db.query(getVolume, { id: volume, teams: null });
  const owner = row?.serviceId;
  expect(answers.map((rows) => rows.length)).toEqual(
    [one, two, one, two].map((id) => (id === owner ? 1 : 0)),
  );
  await expect(
    store.db.script(`update app_volumes set service_id = '${owner}' where id = '${other}'`),
  ).rejects.toThrow('app_volumes_service');
  await expect(
    store.db.script(`update app_volumes set status = 'DESTROYING' where id = '${volume}'`),
  ).rejects.toThrow('check constraint');
  await store.db.query(detachVolume, { serviceId: owner ?? '' });
  expect((await store.db.query(getVolume, { id: volume, teams: null }))[0]?.serviceId).toBeNull();
});

test('A6: one instance at a time has a volume, until nothing of it is left', async () => {
  await instance('first');
  await expect(instance('second')).rejects.toThrow('app_instances_volume');
  await store.db.script(`update app_instances set state = 'EXITED' where rollout_id = 'first'`);
  await expect(instance('second')).rejects.toThrow('app_instances_volume');
  await store.db.script(`update app_instances set state = 'REMOVED' where rollout_id = 'first'`);
  await instance('second');
});

test('P13: a service whose settings have a volume has at most one replica', async () => {
  const change = (replicas: number) =>
    store.db.script(
      `update app_services set replicas = ${replicas}, settings = '{"volume": {"name": "data", "path": "/data"}}' where id = '${one}'`,
    );
  await expect(change(2)).rejects.toThrow('app_services_volume_replicas');
  await change(1);
  await change(0);
});
