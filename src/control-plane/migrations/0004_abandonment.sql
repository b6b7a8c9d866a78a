-- What an admin gave up on, in the open: the status stays what it is, because nothing was proven, and the name is free again.
alter table clusters
  add column abandoned_at   timestamptz,
  add column abandoned_by   text,
  add column abandon_reason text,
  add constraint clusters_abandoned_whole check (num_nonnulls(abandoned_at, abandoned_by, abandon_reason) in (0, 3)),
  -- A destroy may still be ordered and prove it gone; nothing else happens to it any more.
  add constraint clusters_abandoned_status check (abandoned_at is null or status in ('DESTROY_FAILED', 'DESTROYING', 'DESTROYED'));

drop index clusters_name_taken;
create unique index clusters_name_taken on clusters (platform, base_domain, name)
  where status <> 'DESTROYED' and proven_empty_at is null and abandoned_at is null;
