import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { listDueDrills } from '../../../src/control-plane/apps/store/backup-proofs.sql.ts';
import { backupRetention } from '../../../src/control-plane/apps/tasks/backup-retention.ts';
import { scheduleBackupsTask } from '../../../src/control-plane/apps/tasks/schedule-backups.ts';
import { scheduleDrillsTask } from '../../../src/control-plane/apps/tasks/schedule-drills.ts';
import { newId } from '../../../src/control-plane/kernel/ids.ts';
import { JobQueue } from '../../../src/control-plane/kernel/jobs/queue.ts';
import { askDatabase } from '../../setup/ask-database.ts';
import { createTestDatabase, type TestDatabase } from '../../setup/database.ts';
import { NO_DISPATCHER } from '../http/kit/server.ts';

const NEVER = new AbortController().signal;

describe('schedules of backups', () => {
  let store: TestDatabase;
  const environment = newId('env');
  const removed: string[] = [];
  const artifacts = {
    list: async (prefix: string) => [{ key: `${prefix}/x`, sizeBytes: 1, modifiedAt: new Date(0) }],
    remove: async (key: string) => void removed.push(key),
  };
  const secrets = { remove: async () => true };

  beforeAll(async () => {
    store = await createTestDatabase();
    await store.db.script(`
      insert into app_environments (id, team, name, owner, requested_by)
      values ('${environment}', 'a', 'staging', 'ann', 'local:ann');`);
  });
  afterAll(() => store.drop());

  const services = () =>
    ({ db: store.db, artifacts, secrets, newId, queue: new JobQueue(NO_DISPATCHER, newId, 3) }) as never;
  /** @param columns of the row, as SQL */
  const insert = async (name: string, columns: Readonly<Record<string, string>> = {}): Promise<string> => {
    const id = newId('dbs');
    const all = { created_at: `clock_now() - interval '90 days'`, is_up: 'true', ...columns };
    await store.db.script(`
      insert into app_databases (id, environment_id, team, name, engine, memory_mb, connection_limit, requested_by, status,
        ${Object.keys(all).join(', ')})
      values ('${id}', '${environment}', 'a', '${name}', 'postgres', 128, 5, 'local:ann', 'ACTIVE', ${Object.values(all).join(', ')})`);
    return id;
  };
  const rows = (text: string) => askDatabase(store.url, text);
  const backupsOf = async (databaseId: string) =>
    rows(`select schedule, status from app_database_backups where database_id = '${databaseId}' order by id`);
  const ends = (databaseId: string) =>
    store.db.script(`delete from app_database_backups where database_id = '${databaseId}'`);
  /** An available backup. @param at its slot, as SQL; null: by hand */
  const available = async (databaseId: string, schedule: string | null, at: string): Promise<string> => {
    const id = newId('bkp');
    await store.db.script(`
      insert into app_database_backups (id, database_id, team, status, schedule, slot, uri, sha256, row_counts, requested_by, created_at, ended_at)
      values ('${id}', '${databaseId}', 'a', 'AVAILABLE', ${schedule === null ? 'null, null' : `'${schedule}', ${at}`}, 'x', 'x', '{}', 'x',
        ${at}, ${at})`);
    return id;
  };

  test('P15: two janitors make one backup of a slot', async () => {
    const id = await insert('twice');
    const run = () => scheduleBackupsTask(services()).run(NEVER, (work) => store.db.tx(work));
    const results = await Promise.all([run(), run(), run(), run()]);
    expect(results.flatMap((result) => result?.['requested'] ?? [])).toHaveLength(1);
    expect(await backupsOf(id)).toEqual([{ schedule: 'daily', status: 'PENDING' }]);
    expect(await rows(`select job_type from jobs where resource_id = '${id}'`)).toEqual([
      { job_type: 'database.backup' },
    ]);
    await ends(id);
    await store.db.script(`update app_databases set backup_schedule = 'off' where id = '${id}'`);
    expect(await run()).toBeUndefined();
  });

  test('P15: a slot is at its time of the day, weekly on Mondays, and not before the database was there', async () => {
    const minute =
      'floor(extract(epoch from clock_now() - date_trunc($$day$$, clock_now(), $$UTC$$)) / 60)::int';
    const daily = await insert('daily', { backup_minute: minute });
    const weekly = await insert('weekly', { backup_schedule: `'weekly'`, backup_minute: minute });
    const fresh = await insert('fresh', { created_at: 'clock_now()' });
    const down = await insert('down', { is_up: 'false', backup_minute: minute });
    await scheduleBackupsTask(services()).run(NEVER, (work) => store.db.tx(work));
    const slots = (id: string) =>
      rows(`select extract(isodow from slot at time zone 'UTC')::int as day, clock_now() - slot < interval '1 day' as recent
        from app_database_backups where database_id = '${id}'`);
    expect(await slots(daily)).toMatchObject([{ recent: true }]);
    expect(await slots(weekly)).toMatchObject([{ day: 1 }]);
    expect(await slots(fresh)).toEqual([]);
    // Its backup waits, so that it is made as soon as it answers.
    expect(await slots(down)).toEqual([]);
    for (const id of [daily, weekly, fresh, down])
      await store.db.script(`update app_databases set backup_schedule = 'off' where id = '${id}'`);
  });

  test('P15: seven daily backups stay, the last one of each of four weeks, and their artifacts go with the rest', async () => {
    const id = await insert('kept', { backup_schedule: `'off'` });
    const monday = `date_trunc('week', clock_now(), 'UTC')`;
    const ids: string[] = [];
    for (let day = 0; day < 60; day++)
      ids.push(await available(id, 'daily', `${monday} - interval '${day} days' + interval '2 hours'`));
    const byHand = [
      await available(id, null, `clock_now() - interval '29 days'`),
      await available(id, null, `clock_now() - interval '31 days'`),
    ];
    const rule = backupRetention(services(), { backupsDaily: 7, backupsWeekly: 4, backupDays: 30 });
    const failed = new Map<string, unknown>();
    while ((await rule.removeSome(failed)) > 0);
    expect([...failed]).toEqual([]);
    const left = (await rows(`select id from app_database_backups where database_id = '${id}'`)).map(
      (row) => row['id'],
    );
    // Days 0 to 6; then Sundays, which are days 1, 8 and 15: with this Monday, of four weeks.
    const expected = [...[0, 1, 2, 3, 4, 5, 6, 8, 15].map((day) => ids[day]), byHand[0]];
    expect(new Set(left)).toEqual(new Set(expected));
    expect(removed).toHaveLength(62 - expected.length);
    expect(removed[0]).toMatch(new RegExp(`^database-backups/${id}/bkp_`));
    expect(await rule.countDue()).toBe(0);
  });

  test('A7: whatever its age, the newest backup that was not refused stays, and the newest that is proven', async () => {
    const id = await insert('last', { backup_schedule: `'off'` });
    const at = (days: number) => `clock_now() - interval '${days} days'`;
    const oldest = await available(id, null, at(80));
    const proven = await available(id, null, at(70));
    const unproven = await available(id, null, at(60));
    const refused = await available(id, null, at(50));
    await store.db.script(`
      update app_database_backups set verified_at = ${at(75)} where id in ('${oldest}', '${proven}');
      update app_database_backups set verify_error = 'it was changed' where id = '${refused}';
      insert into app_database_backups (id, database_id, team, status, requested_by, created_at, ended_at)
      values ('${newId('bkp')}', '${id}', 'a', 'FAILED', 'x', ${at(40)}, ${at(40)});`);
    const rule = backupRetention(services(), { backupsDaily: 7, backupsWeekly: 4, backupDays: 30 });
    const left = async () => {
      await rule.removeSome(new Map());
      return (await rows(`select id from app_database_backups where database_id = '${id}' order by id`)).map(
        (row) => row['id'],
      );
    };
    expect(await left()).toEqual([proven, unproven]);
    await store.db.script(
      `update app_database_backups set verified_at = clock_now() where id = '${unproven}'`,
    );
    expect(await left()).toEqual([unproven]);
    await store.db.script(`
      update app_databases set status = 'DESTROYED', destroyed_at = ${at(29)} where id = '${id}'`);
    expect(await left()).toEqual([unproven]);
    await store.db.script(`update app_databases set destroyed_at = ${at(31)} where id = '${id}'`);
    expect(await left()).toEqual([]);
  });

  test('A7: of each database the newest backup has a drill, once in seven days', async () => {
    const id = await insert('drilled');
    await store.db.script(`update app_databases set backup_schedule = 'off' where id <> '${id}'`);
    await available(id, null, `clock_now() - interval '2 days'`);
    const newest = await available(id, null, `clock_now() - interval '1 day'`);
    const run = () =>
      scheduleDrillsTask(services(), { backupVerifyDays: 7 }).run(NEVER, (work) => store.db.tx(work));
    const results = await Promise.all([run(), run(), run()]);
    expect(results.flatMap((result) => result?.['requested'] ?? [])).toEqual([newest]);
    await store.db.script(`
      update jobs set status = 'SUCCEEDED', ended_at = clock_now() where resource_id = 'drill-${id}';
      update app_database_backups set verify_tried_at = clock_now() - interval '6 days' where id = '${newest}'`);
    const due = { databaseId: id, limit: 1 };
    expect(await store.db.query(listDueDrills, { ...due, days: 7 })).toEqual([]);
    expect(await store.db.query(listDueDrills, { ...due, days: 5 })).toMatchObject([{ backupId: newest }]);
  });
});
