-- Profiles by their digest, each version once: what creates were accepted with, for workers and janitors that have another copy of the folder
-- or none. Without manifests, which profile_manifests keeps, and without the passwords of URLs, which are sealed for each cluster.
create table accepted_profiles (
  digest      text primary key check (digest ~ '^sha256:[0-9a-f]{64}$'),
  content     jsonb not null check (jsonb_typeof(content) = 'object'),
  -- The last time that a create was accepted with it.
  accepted_at timestamptz not null default clock_now()
);
alter table profile_manifests add column accepted_at timestamptz not null default clock_now();

-- Null: accepted by a server of a version before. Neither digest is a reference: what only DESTROYED clusters name is removed.
alter table clusters add column profile_digest text;
alter table clusters drop constraint clusters_manifests_digest_fkey;
