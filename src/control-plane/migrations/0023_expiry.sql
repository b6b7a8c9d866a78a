-- When the next destroy of a DESTROY_FAILED cluster is requested by itself. Null: at once. So is every cluster whose destroy failed before
-- this migration. A server of the previous version, which may run beside a new one during an upgrade, records a failure without a time:
-- the earlier one then stays, at most a day after the failure before, or null.
alter table clusters add column destroy_retry_at timestamptz;
create index clusters_to_destroy_again on clusters (destroy_retry_at) where status = 'DESTROY_FAILED' and abandoned_at is null;

-- That the deadline of a cluster is near: once for each deadline.
create table cluster_warnings (
  id           int8 generated always as identity primary key,
  cluster_id   text not null references clusters (id),
  destroy_at   timestamptz not null,
  before_hours float8 not null check (before_hours > 0),
  at           timestamptz not null default clock_now(),
  unique (cluster_id, destroy_at)
);
create index cluster_warnings_of_cluster on cluster_warnings (cluster_id, id desc);
