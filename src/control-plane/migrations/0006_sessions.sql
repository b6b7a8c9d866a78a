-- Keys that live for minutes, given to a principal of AWS after a proof. Their secret half is sealed in secrets; of the token only
-- the digest is kept, so that whoever has the database and the sealing key still cannot use a session.
create table access_sessions (
  id              text primary key,
  principal       text not null,
  unique_id       text not null,
  arn             text not null,
  claimed_session text,
  token_sha256    bytea not null,
  created_at      timestamptz not null default clock_now(),
  expires_at      timestamptz not null,
  revoked_at      timestamptz
);
create index access_sessions_principal on access_sessions (principal, expires_at);
create index access_sessions_expiry on access_sessions (expires_at);

-- An AWS unique id (AROA…, AIDA…): the grant is for the very role or user that has it, not for the next one of its name.
alter table rbac_mappings add column if not exists unique_id text;
