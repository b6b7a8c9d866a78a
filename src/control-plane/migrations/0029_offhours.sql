-- The working hours of a team. Outside of them, clusters that opted in (`clusters.offhours_opt_in`) have no workers.
create table offhours_schedules (
  team       text primary key,
  timezone   text not null,
  start_time text not null check (start_time ~ '^([01][0-9]|2[0-3]):[0-5][0-9]$'),
  end_time   text not null check (end_time ~ '^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$' and end_time <> start_time),
  days       text[] not null check (cardinality(days) > 0 and days <@ array['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun']),
  holidays   text[] not null default '{}',
  updated_by text not null,
  updated_at timestamptz not null default clock_now()
);

-- What the schedule of its team has done with a cluster; no row: nothing, or what it did is undone.
create table cluster_offhours (
  cluster_id    text primary key references clusters (id),
  -- To which the workers go back at the start of hours; null: they stay as they are.
  workers       int4 check (workers > 0),
  -- Whether the schedule took the workers away. Not when a user did.
  is_down       bool not null default false,
  -- When the schedule, or a user against it, last got what was wanted, and whether that was in hours.
  settled_at    timestamptz,
  settled_in_hours bool,
  -- The last scale that the schedule requested: for the period since when, how often for that, why.
  period_since  timestamptz,
  tries         int4 not null default 0,
  job_id        text,
  requested_at  timestamptz,
  target        int4,
  reason        text
);
create index clusters_opted_in on clusters (id) where offhours_opt_in;
