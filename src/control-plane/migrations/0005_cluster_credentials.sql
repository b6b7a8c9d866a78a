-- Cloud identities that ccoctl makes for a cluster, which no uninstall removes. A row is written before ccoctl runs, in the
-- transaction of the checkpoint, and holds what its undo needs.
create table cluster_credentials (
  cluster_id  text not null references clusters (id),
  infra_id    text not null,
  -- [{namespace, name}]: the names of what was made follow from them.
  secret_refs jsonb not null,
  recorded_at timestamptz not null default clock_now(),
  -- Set when the cloud was read back and held nothing of the cluster.
  removed_at  timestamptz,
  primary key (cluster_id, infra_id)
);
