create table clusters (
  id                text primary key,
  name              text not null,
  platform          text not null check (platform in ('aws', 'ibmcloud')),
  version           text not null,
  profile           text not null,
  region            text not null,
  base_domain       text not null,
  owner             text not null,
  team              text not null,
  cost_center       text not null,
  status            text not null check (status in
                    ('PENDING', 'CREATING', 'READY', 'SCALING', 'FAILED', 'DESTROYING', 'DESTROY_FAILED', 'DESTROYED')),
  requested_by      text not null,
  ttl_hours         float8 not null check (ttl_hours > 0),
  destroy_at        timestamptz not null,
  requested_tags    jsonb not null,
  effective_tags    jsonb not null,
  ssh_public_key    text,
  offhours_opt_in   bool not null,
  on_failure        text not null check (on_failure in ('destroy', 'preserve')),
  infra_id          text,
  worker_replicas   int4 not null check (worker_replicas >= 0),
  hourly_cost       float8 not null check (hourly_cost >= 0),
  -- The cloud that holds it, and the account there: a destroy with other credentials would find nothing and call that success.
  cloud             text not null check (cloud in ('sandbox', 'aws', 'ibmcloud')),
  cloud_account     text,
  last_job_id       text references jobs (id),
  -- Set when a failed create was proven to have left nothing: the name is free again.
  proven_empty_at   timestamptz,
  created_at        timestamptz not null default clock_now(),
  updated_at        timestamptz not null default clock_now(),
  ready_at          timestamptz,
  destroyed_at      timestamptz,
  check ((destroyed_at is not null) = (status = 'DESTROYED'))
);
create unique index clusters_name_taken on clusters (platform, base_domain, name)
  where status <> 'DESTROYED' and proven_empty_at is null;
create index clusters_by_age on clusters (id desc);
create index clusters_of_team on clusters (team, id desc);
create index clusters_by_name on clusters (name, id desc);
create index clusters_deadline on clusters (destroy_at) where status not in ('DESTROYED', 'DESTROYING');

create table cluster_transitions (
  id          int8 generated always as identity primary key,
  cluster_id  text not null references clusters (id),
  from_status text,
  to_status   text not null,
  at          timestamptz not null default clock_now(),
  job_id      text,
  fence       int8,
  reason      text not null
);
create index cluster_transitions_of_cluster on cluster_transitions (cluster_id, id);
create trigger cluster_transitions_append_only before update or delete or truncate on cluster_transitions
  for each statement execute function refuse_change();

-- The moves that exist. src/control-plane/clusters/status.ts has the same table; a test compares them.
create table cluster_moves (
  from_status text not null,
  to_status   text not null,
  primary key (from_status, to_status)
);
insert into cluster_moves (from_status, to_status) values
  ('PENDING', 'CREATING'),
  ('PENDING', 'DESTROYED'),
  ('CREATING', 'READY'),
  ('CREATING', 'FAILED'),
  ('CREATING', 'DESTROYING'),
  ('READY', 'DESTROYING'),
  ('READY', 'SCALING'),
  ('SCALING', 'DESTROYING'),
  ('SCALING', 'READY'),
  ('FAILED', 'DESTROYING'),
  ('FAILED', 'DESTROYED'),
  ('DESTROY_FAILED', 'DESTROYING'),
  ('DESTROYING', 'DESTROYED'),
  ('DESTROYING', 'DESTROY_FAILED');

create function check_cluster_move() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.status <> 'PENDING' then
      raise exception 'a cluster begins as PENDING, not %', new.status using errcode = 'check_violation', constraint = 'cluster_moves';
    end if;
  elsif new.status <> old.status
    and not exists (select from cluster_moves where from_status = old.status and to_status = new.status) then
    raise exception 'a cluster does not move from % to %', old.status, new.status
      using errcode = 'check_violation', constraint = 'cluster_moves';
  elsif (new.name, new.platform, new.profile, new.base_domain) is distinct from (old.name, old.platform, old.profile, old.base_domain) then
    raise exception 'name, platform, profile and base domain of a cluster never change' using errcode = 'check_violation';
  end if;
  new.updated_at := clock_now();
  return new;
end
$$;
create trigger check_cluster_move before insert or update on clusters for each row execute function check_cluster_move();

create table cluster_outputs (
  cluster_id  text primary key references clusters (id),
  api_url     text not null,
  console_url text not null,
  at          timestamptz not null default clock_now()
);

create table cluster_artifacts (
  id            text primary key,
  cluster_id    text not null references clusters (id),
  job_id        text not null,
  attempt       int4 not null,
  fence         int8 not null,
  artifact_type text not null check (artifact_type in ('INSTALL_DIR_SNAPSHOT', 'LOG', 'AUTH_BUNDLE', 'METADATA', 'DESTROY_LOG')),
  uri           text not null,
  sha256        text not null,
  size_bytes    int8 not null,
  infra_id      text,
  created_at    timestamptz not null default clock_now()
);
create index cluster_artifacts_of_cluster on cluster_artifacts (cluster_id, created_at desc);
