-- Listings and quotas read the clusters that exist, however many were destroyed before.
create index clusters_active on clusters (id desc) where status <> 'DESTROYED';
create index clusters_active_of_team on clusters (team, id desc) where status <> 'DESTROYED';
create index clusters_of_owner on clusters (owner, id desc);
create index clusters_created on clusters (created_at desc);
-- The primary key is the same, read backwards.
drop index clusters_by_age;
