-- Databases of environments. They outlive services, instances and the server; their data is a volume of the host.
create table app_databases (
  id               text primary key,
  environment_id   text not null references app_environments (id),
  team             text not null,
  name             text not null,
  engine           text not null check (engine in ('postgres')),
  -- Of the programs that made its data.
  version          text,
  status           text not null default 'PROVISIONING'
                   check (status in ('PROVISIONING', 'ACTIVE', 'FAILED', 'DESTROYING', 'DESTROY_FAILED', 'DESTROYED')),
  memory_mb        int4 not null,
  connection_limit int4 not null check (connection_limit between 1 and 500),
  -- Fixed for its life: URLs are sealed in releases.
  port             int4,
  -- The process that serves it: another one after each start.
  instance_id      text,
  -- Whether it answered when it was last asked.
  is_up            bool not null default false,
  connections      int4,
  last_seen_at     timestamptz,
  -- Starts since it last ran for ten minutes, and when the next one is due.
  restarts         int4 not null default 0,
  restart_at       timestamptz,
  error_code       text,
  error_message    text,
  last_job_id      text references jobs (id),
  requested_by     text not null,
  created_at       timestamptz not null default clock_now(),
  destroyed_at     timestamptz,
  check ((destroyed_at is not null) = (status = 'DESTROYED'))
);
create unique index app_databases_name on app_databases (environment_id, name) where status <> 'DESTROYED';
create unique index app_databases_port on app_databases (port) where status <> 'DESTROYED' and port is not null;
create index app_databases_team on app_databases (team, id desc);

-- Logins of a database, at most two: services change from one to the other while both are valid. Passwords are secrets of the database.
create table app_database_credentials (
  database_id text not null references app_databases (id),
  slot        text not null check (slot in ('a', 'b')),
  login       text not null,
  created_at  timestamptz not null default clock_now(),
  primary key (database_id, slot)
);
