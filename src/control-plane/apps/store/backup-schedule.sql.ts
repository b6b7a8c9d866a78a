import { statement } from '../../kernel/db/statement.ts';

/** The last time that a backup was due: of the day, or of Monday. */
const SLOT = `
  date_trunc(case d.backup_schedule when 'daily' then 'day' else 'week' end,
    clock_now() - d.backup_minute * interval '1 minute', 'UTC') + d.backup_minute * interval '1 minute'`;

/**
 * Databases whose last slot has no backup. While a database does not answer its slot waits, for six hours: then the backup is tried, so
 * that its failure is told.
 */
export const listDueBackups = statement({
  name: 'app_database_backups.list_due',
  text: `
    with due as (
      select d.id, d.name, d.team, d.backup_schedule as schedule, d.is_up, d.created_at, ${SLOT} as slot
      from app_databases d
      where d.status = 'ACTIVE' and d.backup_schedule <> 'off' and d.engine = 'postgres'
    )
    select id, name, team, schedule, slot from due
    where slot >= created_at and (is_up or slot < clock_now() - interval '6 hours')
      and not exists (select from app_database_backups b where b.database_id = due.id and b.slot = due.slot)
    order by slot, id
    limit $1`,
  params: { limit: 'int4' },
  row: { id: 'text', name: 'text', team: 'text', schedule: 'text', slot: 'timestamptz' },
});

export const setBackupSchedule = statement({
  name: 'app_databases.set_backup_schedule',
  text: `
    update app_databases set backup_schedule = coalesce($2, backup_schedule), backup_minute = coalesce($3, backup_minute)
    where id = $1 returning id`,
  params: { id: 'text', schedule: 'text?', minute: 'int4?' },
  row: { id: 'text' },
});

/**
 * Backups that nothing needs any more: of each schedule all but the newest, but the last one of each of the newest weeks; after N days
 * those that failed, that a person asked for, and that are of destroyed databases. Not one that is being restored, and as long as the
 * database is there, not the newest one that no restore has refused, nor the newest one that is proven: whatever their age, they may be
 * the last that is good (A7).
 */
const DUE = `
    with ranked as (
      select b.id, b.status, b.schedule, b.created_at, b.verify_job_id, d.destroyed_at, b.verified_at, b.verify_error,
        row_number() over (partition by b.database_id, b.schedule, b.status order by b.slot desc) as nth,
        row_number() over (partition by b.database_id, b.schedule, b.status, date_trunc('week', b.slot, 'UTC') order by b.slot desc)
          as nth_of_week,
        dense_rank() over (partition by b.database_id, b.schedule, b.status order by date_trunc('week', b.slot, 'UTC') desc) as week,
        row_number() over (partition by b.database_id, b.status, b.verify_error is null order by b.ended_at desc, b.id desc) as nth_good,
        row_number() over (partition by b.database_id, b.status, b.verify_error is null and b.verified_at is not null
          order by b.ended_at desc, b.id desc) as nth_proven
      from app_database_backups b join app_databases d on d.id = b.database_id
    )
    select r.id, r.created_at from ranked r
    where (r.status = 'REMOVING'
        or r.status in ('AVAILABLE', 'FAILED') and greatest(r.created_at, r.destroyed_at) < clock_now() - $1::float8 * interval '1 day'
          and (r.status = 'FAILED' or r.schedule is null or r.destroyed_at is not null)
        or r.status = 'AVAILABLE' and r.schedule = 'daily' and r.nth > $2 and not (r.nth_of_week = 1 and r.week <= $3)
        or r.status = 'AVAILABLE' and r.schedule = 'weekly' and r.nth > $3)
      and not (r.status = 'AVAILABLE' and r.destroyed_at is null and r.verify_error is null
        and (r.nth_good = 1 or r.verified_at is not null and r.nth_proven = 1))
      and not exists (select from app_databases o where o.restored_from = r.id and o.status = 'PROVISIONING')
      and not exists (select from jobs j where j.id = r.verify_job_id and j.status in ('PENDING', 'RUNNING', 'RETRYING'))`;

export const countDueRemovals = statement({
  name: 'app_database_backups.count_due_removals',
  text: `select count(*)::int4 as "count" from (${DUE}) due`,
  params: { days: 'float8', daily: 'int4', weekly: 'int4' },
  row: { count: 'int4' },
});

export const listDueRemovals = statement({
  name: 'app_database_backups.list_due_removals',
  text: `select due.id from (${DUE}) due where due.id <> all($4::text[]) order by due.created_at, due.id limit $5`,
  params: { days: 'float8', daily: 'int4', weekly: 'int4', failed: 'text[]', limit: 'int4' },
  row: { id: 'text' },
});

/** It is not restored from now on. No row: it is gone. */
export const beginBackupRemoval = statement({
  name: 'app_database_backups.begin_removal',
  text: `update app_database_backups set status = 'REMOVING' where id = $1 returning database_id as "databaseId"`,
  params: { id: 'text' },
  row: { databaseId: 'text' },
});

export const deleteBackup = statement({
  name: 'app_database_backups.delete',
  text: `delete from app_database_backups where id = $1 and status = 'REMOVING' returning id`,
  params: { id: 'text' },
  row: { id: 'text' },
});
