-- The signed proof that nothing of a cluster is left, written with its move to DESTROYED.
create table destroy_proofs (
  cluster_id text primary key references clusters (id),
  job_id text not null,
  envelope jsonb not null,
  at timestamptz not null default clock_now()
);
