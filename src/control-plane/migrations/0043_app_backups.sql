-- Backups of databases (P15, A7). A row says AVAILABLE only after its artifact was read back.
alter table app_databases
  add column backup_schedule text not null default 'daily' check (backup_schedule in ('daily', 'weekly', 'off')),
  -- Of the day, in UTC.
  add column backup_minute int4 not null default 120 check (backup_minute between 0 and 1439),
  -- When a backup of it was last restored and compared.
  add column proven_at timestamptz,
  -- The restore or the drill that failed since.
  add column proof_error text;

create table app_database_backups (
  id                  text primary key,
  database_id         text not null references app_databases (id),
  team                text not null,
  status              text not null default 'PENDING' check (status in ('PENDING', 'AVAILABLE', 'FAILED', 'REMOVING')),
  -- Of the schedule that asked for it, with the time that it was due; null: a person did.
  schedule            text check (schedule in ('daily', 'weekly')),
  slot                timestamptz,
  -- Of the programs that made the dump.
  version             text,
  uri                 text,
  -- Of the stored bytes.
  sha256              text,
  size_bytes          int8,
  -- Rows of each table at the moment of the dump, by quoted name.
  row_counts          jsonb,
  error_code          text,
  error_message       text,
  job_id              text references jobs (id),
  requested_by        text not null,
  created_at          timestamptz not null default clock_now(),
  ended_at            timestamptz,
  -- When it was last restored and compared, and the job that does it.
  verified_at         timestamptz,
  verify_tried_at     timestamptz,
  verify_error        text,
  verify_job_id       text references jobs (id),
  -- The server that a drill restores into while it runs.
  drill_instance_id   text,
  check ((schedule is null) = (slot is null)),
  check (status <> 'AVAILABLE' or (uri is not null and sha256 is not null and row_counts is not null and ended_at is not null))
);
-- However many janitors there are, a slot has one backup.
create unique index app_database_backups_slot on app_database_backups (database_id, slot) where slot is not null;
create index app_database_backups_database on app_database_backups (database_id, id desc);
create index app_database_backups_team on app_database_backups (team, id desc);

alter table app_databases add column restored_from text references app_database_backups (id) on delete set null;
