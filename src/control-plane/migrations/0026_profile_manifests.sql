-- Manifests of profiles by their digest, each set once: what a create was accepted with, for a worker that has another copy of the folder or none.
create table profile_manifests (
  digest     text primary key check (digest ~ '^sha256:[0-9a-f]{64}$'),
  files      jsonb not null check (jsonb_typeof(files) = 'array'),
  created_at timestamptz not null default clock_now()
);

-- Null: no manifests.
alter table clusters add column manifests_digest text references profile_manifests (digest);
