-- Volumes: data of a service that outlives its instances, its releases and the service itself.
create table app_volumes (
  id             text primary key,
  environment_id text not null references app_environments (id),
  team           text not null,
  name           text not null,
  size_gib       int4 not null check (size_gib between 1 and 1024),
  status         text not null default 'ACTIVE' check (status in ('ACTIVE', 'DESTROYING', 'DESTROY_FAILED', 'DESTROYED')),
  -- The service that it belongs to: one, from its first deploy with the volume until that service is destroyed.
  service_id     text references app_services (id),
  -- The runtime that keeps its data; null: there is none yet.
  driver         text check (driver in ('process', 'podman')),
  error_code     text,
  error_message  text,
  last_job_id    text references jobs (id),
  requested_by   text not null,
  created_at     timestamptz not null default clock_now(),
  destroyed_at   timestamptz,
  check ((destroyed_at is not null) = (status = 'DESTROYED')),
  -- What belongs to a service is not destroyed without it.
  check (service_id is null or status = 'ACTIVE')
);
create unique index app_volumes_name on app_volumes (environment_id, name) where status <> 'DESTROYED';
create unique index app_volumes_service on app_volumes (service_id) where service_id is not null;
create index app_volumes_team on app_volumes (team, id desc);

-- One instance at a time has a volume, until nothing of that instance is left.
alter table app_instances add column volume_id text references app_volumes (id);
create unique index app_instances_volume on app_instances (volume_id) where volume_id is not null and state <> 'REMOVED';

-- Two replicas would need the volume at the same time.
alter table app_services add constraint app_services_volume_replicas check (not settings ? 'volume' or replicas <= 1);

-- While a deployment replaced an instance that had to stop first, nothing served.
alter table app_deployments add column stopped_at timestamptz;
alter table app_deployments add column served_at timestamptz;
