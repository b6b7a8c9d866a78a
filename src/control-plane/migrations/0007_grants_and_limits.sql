create index rbac_mappings_admins on rbac_mappings (principal) where role = 'platform_admin' and team = '*';

create index access_keys_of_principal on access_keys (principal, id);

-- Theoretical arrival times of the generic cell rate algorithm. Worth nothing after a crash, so not worth a log;
-- no index on the time, which every request changes.
create unlogged table rate_limits (
  key text primary key,
  tat timestamptz not null
) with (fillfactor = 50);

create index clusters_created_of_team on clusters (team, created_at desc);
