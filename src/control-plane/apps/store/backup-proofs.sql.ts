import { statement } from '../../kernel/db/statement.ts';

/** The drill of a backup, known before it starts: no residue. No row: the database is being destroyed, or the backup removed. */
export const setDrillInstance = statement({
  name: 'app_database_backups.set_drill_instance',
  text: `
    update app_database_backups b set drill_instance_id = $2
    from app_databases d
    where b.id = $1 and b.status = 'AVAILABLE' and d.id = b.database_id and d.status = 'ACTIVE'
    returning b.id`,
  params: { id: 'text', instanceId: 'text' },
  row: { id: 'text' },
});

export const clearDrillInstance = statement({
  name: 'app_database_backups.clear_drill_instance',
  text: `update app_database_backups set drill_instance_id = null where verify_job_id = $1 returning id`,
  params: { jobId: 'text' },
  row: { id: 'text' },
});

/** It was restored and compared: so its database has a backup that is one (A7). */
export const setBackupProven = statement({
  name: 'app_database_backups.set_proven',
  text: `
    with proven as (
      update app_database_backups
      set verified_at = clock_now(), verify_tried_at = clock_now(), verify_error = null, drill_instance_id = null
      where id = $1
      returning database_id
    )
    update app_databases d set proven_at = clock_now(), proof_error = null from proven where d.id = proven.database_id returning d.id`,
  params: { id: 'text' },
  row: { id: 'text' },
});

export const setBackupUnproven = statement({
  name: 'app_database_backups.set_unproven',
  text: `
    with tried as (
      update app_database_backups set verify_tried_at = clock_now(), verify_error = $2, drill_instance_id = null
      where id = $1
      returning database_id
    )
    update app_databases d set proof_error = $2 from tried where d.id = tried.database_id returning d.id`,
  params: { id: 'text', error: 'text' },
  row: { id: 'text' },
});

export const setVerifyJob = statement({
  name: 'app_database_backups.set_verify_job',
  text: `update app_database_backups set verify_job_id = $2 where id = $1 and status = 'AVAILABLE' returning id`,
  params: { id: 'text', jobId: 'text' },
  row: { id: 'text' },
});

/** A drill that waits or runs. */
export const findOpenDrill = statement({
  name: 'app_database_backups.find_open_drill',
  text: `select id from jobs where resource_id = $1 and status in ('PENDING', 'RUNNING', 'RETRYING') limit 1`,
  params: { lane: 'text' },
  row: { id: 'text' },
});

/** What a restored backup is compared with. */
export const getRowCounts = statement({
  name: 'app_database_backups.get_row_counts',
  text: `select row_counts as "rowCounts" from app_database_backups where id = $1 and status = 'AVAILABLE'`,
  params: { id: 'text' },
  row: { rowCounts: 'jsonb' },
});

/** The newest backups of databases of which none was tried for this number of days, or the one of this database. */
export const listDueDrills = statement({
  name: 'app_database_backups.list_due_drills',
  text: `
    select distinct on (d.id) b.id as "backupId", d.id, d.name, d.team
    from app_databases d join app_database_backups b on b.database_id = d.id and b.status = 'AVAILABLE'
    where d.status = 'ACTIVE' and d.backup_schedule <> 'off' and ($2::text is null or d.id = $2)
      and not exists (
        select from app_database_backups t left join jobs j on j.id = t.verify_job_id
        where t.database_id = d.id
          and (t.verify_tried_at > clock_now() - $1::float8 * interval '1 day' or j.status in ('PENDING', 'RUNNING', 'RETRYING')))
    order by d.id, b.id desc
    limit $3`,
  params: { days: 'float8', databaseId: 'text?', limit: 'int4' },
  row: { backupId: 'text', id: 'text', name: 'text', team: 'text' },
});

/** The backup that a new database is filled from. */
export const setRestoredFrom = statement({
  name: 'app_databases.set_restored_from',
  text: `update app_databases set restored_from = $2 where id = $1 returning id`,
  params: { id: 'text', backupId: 'text' },
  row: { id: 'text' },
});
