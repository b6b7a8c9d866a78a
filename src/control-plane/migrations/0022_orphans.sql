-- Names this installation in the tags of its clusters: a scan of the cloud tells them from those of another installation.
create table installation (
  id  text primary key,
  one bool not null default true unique check (one)
);

-- What scans of the clouds found that is marked as a cluster's although no living cluster is known: one open row for each infraID.
create table orphans (
  id             text primary key,
  cloud          text not null check (cloud in ('sandbox', 'aws', 'ibmcloud')),
  account        text not null,
  infra_id       text not null,
  platform       text not null check (platform in ('aws', 'ibmcloud')),
  region         text not null,
  -- OURS: of an ended cluster of this database, or tagged with the id of this installation. Only those are ever swept.
  ownership      text not null check (ownership in ('OURS', 'FOREIGN')),
  -- The last known cluster, from the database or from tags: its row may be gone.
  cluster_id     text,
  cluster_name   text,
  base_domain    text,
  owner          text,
  team           text,
  resources      jsonb not null,
  daily_cost     float8 not null check (daily_cost >= 0),
  -- Creation of the oldest resource; the time of the first sighting where the cloud does not tell.
  oldest_at      timestamptz not null,
  first_seen_at  timestamptz not null default clock_now(),
  last_seen_at   timestamptz not null default clock_now(),
  sightings      int4 not null default 1 check (sightings > 0),
  -- When notifications told of it: once, when it became an orphan.
  announced_at   timestamptz,
  ignored_at     timestamptz,
  ignored_by     text,
  ignore_reason  text,
  last_job_id    text references jobs (id),
  proof          jsonb,
  closed_at      timestamptz,
  closed_as      text check (closed_as in ('GONE', 'IN_USE', 'SWEPT')),
  check ((closed_at is null) = (closed_as is null))
);
create unique index orphans_open on orphans (cloud, account, infra_id) where closed_at is null;
create index orphans_closed on orphans (closed_at) where closed_at is not null;
