-- Services of kind cron: no instance runs all the time; a run starts one, by the schedule or because a user asked for it.
alter table app_services drop constraint app_services_kind_check;
alter table app_services
  add constraint app_services_kind_check check (kind in ('web', 'worker', 'static', 'cron')),
  -- The next time of the schedule; null while the service is stopped or has no live release.
  add column next_run_at timestamptz,
  add column next_run    int4 not null default 1,
  add constraint app_services_cron check (case kind when 'cron' then replicas <= 1 else next_run_at is null end);
create index app_services_due on app_services (next_run_at) where next_run_at is not null and status = 'ACTIVE';

create table app_runs (
  id              text primary key,
  service_id      text not null references app_services (id),
  number          int4 not null,
  -- The time of the schedule; null: a user asked for it.
  slot            timestamptz,
  state           text not null check (state in ('QUEUED', 'RUNNING', 'SUCCEEDED', 'FAILED', 'SKIPPED', 'CANCELLED')),
  timeout_seconds int4 not null,
  -- What it runs, from its start on.
  release_id      text references app_releases (id),
  job_id          text,
  exit_code       int4,
  reason          text,
  -- It was stopped because it took longer than it may.
  timed_out       bool not null default false,
  requested_by    text not null,
  created_at      timestamptz not null default clock_now(),
  started_at      timestamptz,
  ended_at        timestamptz,
  unique (service_id, number),
  check ((ended_at is null) = (state in ('QUEUED', 'RUNNING'))),
  check (state <> 'RUNNING' or started_at is not null)
);
-- A time of the schedule runs once, however many janitors there are and wherever the clock goes.
create unique index app_runs_slot on app_runs (service_id, slot);
-- Two runs of a service are never at the same time.
create unique index app_runs_open on app_runs (service_id) where state in ('QUEUED', 'RUNNING');

-- The run that the instance is of.
alter table app_instances add column run_id text references app_runs (id);
create unique index app_instances_run on app_instances (run_id) where run_id is not null;
