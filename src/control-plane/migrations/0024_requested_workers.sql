-- What the cluster was last asked for; null: what it was created with.
alter table clusters add column requested_workers int4 check (requested_workers >= 0);
