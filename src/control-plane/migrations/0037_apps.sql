-- Applications: environments with services; releases are immutable, instances are what runs.
create table app_environments (
  id               text primary key,
  team             text not null,
  name             text not null,
  status           text not null default 'ACTIVE' check (status in ('ACTIVE', 'DESTROYING', 'DESTROY_FAILED', 'DESTROYED')),
  owner            text not null,
  requested_by     text not null,
  destroy_at       timestamptz,
  destroy_retry_at timestamptz,
  failed_destroys  int4 not null default 0,
  residue          jsonb not null default '[]',
  last_job_id      text references jobs (id),
  created_at       timestamptz not null default clock_now(),
  destroyed_at     timestamptz,
  check ((destroyed_at is not null) = (status = 'DESTROYED'))
);
create unique index app_environments_name on app_environments (team, name) where status <> 'DESTROYED';
create index app_environments_expiry on app_environments (destroy_at) where status = 'ACTIVE' and destroy_at is not null;
create index app_environments_retry on app_environments (destroy_retry_at) where status = 'DESTROY_FAILED';

create table app_services (
  id              text primary key,
  environment_id  text not null references app_environments (id),
  team            text not null,
  name            text not null,
  kind            text not null check (kind in ('web', 'worker', 'static')),
  status          text not null default 'ACTIVE' check (status in ('ACTIVE', 'DESTROYING', 'DESTROYED')),
  -- Host label of the service at the edge: never that of another service.
  host_label      text not null,
  replicas        int4 not null check (replicas between 0 and 10),
  settings        jsonb not null,
  live_release_id text,
  -- After a rollback: deploys that no person asked for are refused.
  pinned          bool not null default false,
  next_release    int4 not null default 1,
  next_deployment int4 not null default 1,
  log_seq         int8 not null default 0,
  -- Replicas that ended are started again then.
  restart_at      timestamptz,
  crashed_at      timestamptz,
  last_job_id     text references jobs (id),
  requested_by    text not null,
  created_at      timestamptz not null default clock_now(),
  destroyed_at    timestamptz
);
create unique index app_services_name on app_services (environment_id, name) where status <> 'DESTROYED';
create unique index app_services_host on app_services (host_label) where status <> 'DESTROYED';
create index app_services_team on app_services (team, id desc);

-- What was uploaded; its parts are artifacts. A team sees only its own.
create table app_sources (
  team       text not null,
  sha256     text not null,
  size_bytes int8 not null,
  parts      int4 not null,
  used_at    timestamptz not null default clock_now(),
  primary key (team, sha256)
);

create table app_builds (
  id            text primary key,
  service_id    text not null references app_services (id),
  team          text not null,
  source_sha256 text not null,
  input_hash    text not null,
  builder       text not null,
  status        text not null default 'RUNNING' check (status in ('RUNNING', 'SUCCEEDED', 'FAILED', 'REMOVED')),
  digest        text,
  output        jsonb,
  size_bytes    int8,
  started_at    timestamptz not null default clock_now(),
  ended_at      timestamptz,
  check (digest is not null or status in ('RUNNING', 'FAILED'))
);
-- The same input is not built twice.
create unique index app_builds_input on app_builds (service_id, input_hash) where status in ('RUNNING', 'SUCCEEDED');

create table app_releases (
  id             text primary key,
  service_id     text not null references app_services (id),
  number         int4 not null,
  build_id       text not null references app_builds (id),
  settings       jsonb not null,
  -- Their values are a secret of the release.
  variable_names text[] not null,
  variables_hash text not null,
  created_by     text not null,
  created_at     timestamptz not null default clock_now(),
  unique (service_id, number)
);
alter table app_services add foreign key (live_release_id) references app_releases (id);

create table app_deployments (
  id            text primary key,
  service_id    text not null references app_services (id),
  team          text not null,
  number        int4 not null,
  reason        text not null check (reason in ('deploy', 'rollback', 'variables')),
  state         text not null default 'QUEUED'
                check (state in ('QUEUED', 'BUILDING', 'STARTING', 'CHECKING', 'SWITCHING', 'DRAINING', 'LIVE', 'FAILED', 'CANCELLED', 'SUPERSEDED')),
  settings      jsonb not null,
  -- Absent where no build is needed: an earlier release, or other variables.
  source_sha256 text,
  plan          jsonb,
  build_id      text references app_builds (id),
  release_id    text references app_releases (id),
  job_id        text,
  steps         jsonb not null default '[]',
  failed_step   text,
  error_code    text,
  error_message text,
  log_tail      jsonb not null default '[]',
  superseded_by text,
  requested_by  text not null,
  created_at    timestamptz not null default clock_now(),
  switched_at   timestamptz,
  ended_at      timestamptz,
  unique (service_id, number)
);
-- A service has one live deployment, and one that works on its instances.
create unique index app_deployments_live on app_deployments (service_id) where state = 'LIVE';
create unique index app_deployments_active on app_deployments (service_id)
  where state in ('STARTING', 'CHECKING', 'SWITCHING', 'DRAINING');

create index app_deployments_job on app_deployments (job_id);

create table app_instances (
  id             text primary key,
  environment_id text not null references app_environments (id),
  service_id     text not null references app_services (id),
  release_id     text not null references app_releases (id),
  -- The deployment or job that started it: a restart replaces those of others.
  rollout_id     text not null,
  replica        int4 not null,
  host           text not null,
  runtime        text not null,
  state          text not null default 'STARTING' check (state in ('STARTING', 'RUNNING', 'STOPPING', 'EXITED', 'REMOVED')),
  -- Whether the edge sends requests to it.
  is_serving     bool not null default false,
  address_host   text,
  address_port   int4,
  memory_mb      int4 not null,
  cpus           float8 not null,
  failed_checks  int4 not null default 0,
  log_position   int8 not null default 0,
  exit_code      int4,
  exit_signal    text,
  out_of_memory  bool not null default false,
  created_at     timestamptz not null default clock_now(),
  started_at     timestamptz,
  last_seen_at   timestamptz,
  ended_at       timestamptz,
  check (not is_serving or state = 'RUNNING')
);
create index app_instances_service on app_instances (service_id) where state <> 'REMOVED';
create index app_instances_environment on app_instances (environment_id) where state <> 'REMOVED';
create index app_instances_ended on app_instances (service_id, ended_at desc);
-- One replica of a rollout is started once.
create unique index app_instances_replica on app_instances (service_id, rollout_id, replica) where state in ('STARTING', 'RUNNING');

-- The edges follow this number: it grows in the transaction that changes a route.
create table app_edge_state (
  id         int4 primary key default 1 check (id = 1),
  generation int8 not null default 1
);
insert into app_edge_state default values;

create table app_edges (
  id         text primary key,
  host       text not null,
  pid        int4 not null,
  base_url   text not null,
  generation int8 not null default 0,
  -- Requests in progress by instance.
  in_flight  jsonb not null default '{}',
  seen_at    timestamptz not null default clock_now()
);

-- The host that runs instances and builds: drivers that work on one host keep everything there.
create table app_host (
  id         int4 primary key default 1 check (id = 1),
  host       text not null,
  -- What its worker found usable.
  drivers    jsonb not null default '[]',
  claimed_at timestamptz not null default clock_now()
);

create table app_log_lines (
  service_id  text not null references app_services (id),
  seq         int8 not null,
  instance_id text not null,
  at          timestamptz not null,
  stream      text not null check (stream in ('stdout', 'stderr')),
  text        text not null,
  primary key (service_id, seq)
);
create index app_log_lines_age on app_log_lines (at);
create index app_log_lines_instance on app_log_lines (instance_id, seq desc);
