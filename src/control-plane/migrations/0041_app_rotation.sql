-- A rotation makes the second login, moves the services to it, and ends the first one when no session uses it.
alter table app_database_credentials
  -- NEW: the server may not know it yet. CURRENT: releases get it. RETIRING: it is valid until no release and no session uses it.
  add column state text not null default 'CURRENT' check (state in ('NEW', 'CURRENT', 'RETIRING')),
  -- Of a RETIRING one: from then on its sessions are ended.
  add column ends_at timestamptz;
create unique index app_database_credentials_state on app_database_credentials (database_id, state);

alter table app_deployments drop constraint app_deployments_reason_check;
alter table app_deployments add constraint app_deployments_reason_check check (reason in ('deploy', 'rollback', 'variables', 'rotation'));
