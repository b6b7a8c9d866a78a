-- What the instances of a service used and what passed to it, in steps of three lengths; each report is added to the step of its time.
create table app_samples (
  service_id       text not null references app_services (id) on delete cascade,
  step_seconds     int4 not null check (step_seconds in (15, 60, 3600)),
  -- Begin of the step.
  at               timestamptz not null,
  -- CPU time of all instances, and the time in which it was used: a step may have one measurement more than the next.
  cpu_seconds      float8 not null default 0,
  measured_seconds float8 not null default 0,
  -- The most that all instances had at once.
  memory_bytes     int8 not null default 0,
  requests         int8 not null default 0,
  client_errors    int8 not null default 0,
  server_errors    int8 not null default 0,
  -- Counts of answers by the time until their first byte.
  latency          int8[] not null default '{}',
  bytes_in         int8 not null default 0,
  bytes_out        int8 not null default 0,
  primary key (service_id, step_seconds, at)
);
create index app_samples_age on app_samples (step_seconds, at);

-- What was measured of an instance last.
alter table app_instances add column cpu_seconds float8 not null default 0, add column measured_at timestamptz;
