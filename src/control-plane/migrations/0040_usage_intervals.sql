-- What runs for a time at one rate, such as an instance of a service: a row from begin to end, another one when the rate changes. The cost of
-- a window is the sum of rate x overlap. Clusters have steps of their own (cluster_rates).
create table usage_intervals (
  id              int8 generated always as identity primary key,
  kind            text not null,
  team            text not null,
  owner           text not null,
  -- What the resource belongs to: the environment of a service.
  parent_id       text not null,
  parent_name     text not null,
  resource_id     text not null,
  resource_name   text not null,
  resource_type   text not null,
  -- What runs: an instance.
  subject_id      text not null,
  cpus            float8 not null check (cpus >= 0),
  memory_mb       int4 not null check (memory_mb >= 0),
  -- Millionths of a dollar per hour; 0 without a price.
  hourly_micros   int8 not null check (hourly_micros >= 0),
  price_date      date,
  begins_at       timestamptz not null,
  ends_at         timestamptz,
  -- The deadline of the parent, for budgets.
  expected_end_at timestamptz,
  check (ends_at >= begins_at)
);
-- Exactly once: something that runs is counted by one interval at a time.
create unique index usage_intervals_open on usage_intervals (subject_id) where ends_at is null;
create index usage_intervals_end on usage_intervals (ends_at);
create index usage_intervals_resource on usage_intervals (resource_id);
create index usage_intervals_parent on usage_intervals (parent_id);

create function keep_interval() returns trigger language plpgsql as $$
begin
  if tg_op = 'UPDATE' and old.ends_at is null
    and to_jsonb(old) - '{ends_at,expected_end_at}'::text[] = to_jsonb(new) - '{ends_at,expected_end_at}'::text[] then
    return new;
  end if;
  raise exception 'what was used never changes' using errcode = 'check_violation';
end
$$;
create trigger usage_intervals_keep before update or delete on usage_intervals for each row execute function keep_interval();
create trigger usage_intervals_keep_all before truncate on usage_intervals for each statement execute function keep_interval();

create function end_interval(subject text) returns void language sql as $$
  update usage_intervals set ends_at = greatest(begins_at, clock_now()) where subject_id = subject and ends_at is null
$$;

-- What an hour of a CPU and of a GiB costs on the hosts of applications; no row or 0: there is no price.
create table app_prices (
  id          int4 primary key default 1 check (id = 1),
  cpu_micros  int8 not null check (cpu_micros >= 0),
  gib_micros  int8 not null check (gib_micros >= 0),
  price_date  date not null,
  updated_at  timestamptz not null default clock_now()
);

create function app_rate(cpus float8, memory_mb int4) returns int8 language sql stable as $$
  select coalesce((select round(cpus::numeric * cpu_micros + memory_mb::numeric / 1024 * gib_micros)::int8 from app_prices), 0)
$$;

create function begin_app_usage(environment text, resource text, called text, of_type text, subject text, cpus float8, memory_mb int4)
returns void language sql as $$
  insert into usage_intervals (kind, team, owner, parent_id, parent_name, resource_id, resource_name, resource_type, subject_id, cpus, memory_mb,
    hourly_micros, price_date, begins_at, expected_end_at)
  select 'application', e.team, e.owner, e.id, e.name, resource, called, of_type, subject, cpus, memory_mb,
    app_rate(cpus, memory_mb), (select price_date from app_prices), clock_now(), e.destroy_at
  from app_environments e
  where e.id = environment
  on conflict (subject_id) where ends_at is null do nothing
$$;

-- An instance costs from its start until it was seen to have ended or was removed, while it drains too.
create function usage_of_instance() returns trigger language plpgsql as $$
begin
  if new.state = 'RUNNING' then
    perform begin_app_usage(new.environment_id, new.service_id, s.name, 'service', new.id, new.cpus, new.memory_mb)
    from app_services s where s.id = new.service_id;
  elsif new.state in ('EXITED', 'REMOVED') then
    perform end_interval(new.id);
  end if;
  return null;
end
$$;
create trigger app_instances_usage_begin after insert on app_instances for each row
  when (new.state = 'RUNNING') execute function usage_of_instance();
create trigger app_instances_usage after update on app_instances for each row
  when (old.state <> new.state) execute function usage_of_instance();

alter table app_databases add column cpus float8 not null default 1 check (cpus > 0);

-- A database costs while it answers.
create function usage_of_database() returns trigger language plpgsql as $$
begin
  if old.is_up and (not new.is_up or old.instance_id is distinct from new.instance_id or new.status = 'DESTROYED') then
    perform end_interval(old.instance_id);
  end if;
  if new.is_up and new.instance_id is not null and new.status <> 'DESTROYED' then
    perform begin_app_usage(new.environment_id, new.id, new.name, 'database', new.instance_id, new.cpus, new.memory_mb);
  end if;
  return null;
end
$$;
create trigger app_databases_usage after update on app_databases for each row
  when ((old.is_up, old.instance_id, old.status) is distinct from (new.is_up, new.instance_id, new.status))
  execute function usage_of_database();

create function deadline_of_usage() returns trigger language plpgsql as $$
begin
  update usage_intervals set expected_end_at = new.destroy_at where parent_id = new.id and ends_at is null;
  return null;
end
$$;
create trigger app_environments_usage after update on app_environments for each row
  when (old.destroy_at is distinct from new.destroy_at) execute function deadline_of_usage();

-- What runs at the upgrade is counted from now on.
select begin_app_usage(i.environment_id, i.service_id, s.name, 'service', i.id, i.cpus, i.memory_mb)
from app_instances i join app_services s on s.id = i.service_id
where i.state in ('RUNNING', 'STOPPING');
select begin_app_usage(d.environment_id, d.id, d.name, 'database', d.instance_id, d.cpus, d.memory_mb)
from app_databases d
where d.is_up and d.instance_id is not null;

create or replace function grant_application_rights(application text) returns void language plpgsql as $$
declare
  appended text;
begin
  execute format('grant usage on schema %I to %I', current_schema(), application);
  execute format('grant select, insert, update, delete on all tables in schema %I to %I', current_schema(), application);
  execute format('grant usage, select on all sequences in schema %I to %I', current_schema(), application);
  foreach appended in array
    array['audit_events', 'audit_heads', 'cluster_transitions', 'cluster_rates', 'cluster_transition_rules', 'schema_migrations',
      'usage_intervals'] loop
    execute format('revoke insert, update, delete, truncate on %I from %I', appended, application);
  end loop;
  execute format('grant insert (stream, payload) on audit_events to %I', application);
  execute format('grant insert on cluster_transitions to %I', application);
  execute format('grant insert on cluster_rates to %I', application);
  execute format('grant insert, update (ends_at, expected_end_at) on usage_intervals to %I', application);
end
$$;
