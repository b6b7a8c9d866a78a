-- The end of a chain moves with an appended event, and in no other way: not even where one role owns everything.
create function refuse_head_change() returns trigger language plpgsql as $$
begin
  if tg_op in ('DELETE', 'TRUNCATE') or pg_trigger_depth() < 2 then
    raise exception 'audit_heads moves only with an appended event' using errcode = 'insufficient_privilege';
  end if;
  return null;
end
$$;
create trigger audit_heads_guard before insert or update or delete or truncate on audit_heads
  for each statement execute function refuse_head_change();

-- Runs as the owner, so that an application role needs no right on audit_heads. Temporary tables come last: they could have its name.
do $$
begin
  execute format('alter function audit_append() security definer set search_path = pg_catalog, %I, pg_temp', current_schema());
end
$$;

-- A field of an event; null where somebody wrote what is not JSON: the trail must stay readable.
create function audit_field(payload text, name text) returns text language plpgsql immutable strict as $$
begin
  return payload::jsonb ->> name;
exception when others then
  return null;
end
$$;
create index audit_events_at on audit_events (at, stream, seq);
create index audit_events_target on audit_events (left(audit_field(payload, 'target'), 100), at);

-- How far each chain was signed. A bookmark only: verification believes the signed checkpoints, not this.
create table audit_checkpoints (
  stream text primary key,
  seq    int8 not null,
  hash   bytea not null,
  at     timestamptz not null default clock_now()
);

-- Which keys may seal. A retired key only opens; a removed one stays here as a tombstone, whatever a process still holds of it.
create table secret_keys (
  id         text primary key,
  added_at   timestamptz not null default clock_now(),
  retired_at timestamptz,
  removed_at timestamptz
);
insert into secret_keys (id) select distinct kek_id from secrets;
create index secrets_kek on secrets (kek_id);

-- Who opened secrets lately, to bound how many in an hour. The trail has the rest.
create table secret_openings (
  principal text not null,
  at        timestamptz not null default clock_now()
);
create index secret_openings_of_principal on secret_openings (principal, at);

-- What one person may do once, after another one agreed.
create table approvals (
  id              text primary key,
  action          text not null,
  target          text not null,
  detail          text not null,
  team            text not null,
  reason          text not null,
  requested_by    text not null,
  requested_at    timestamptz not null default clock_now(),
  status          text not null default 'PENDING' check (status in ('PENDING', 'APPROVED', 'DENIED', 'USED')),
  expires_at      timestamptz not null,
  decided_by      text,
  decided_at      timestamptz,
  decision_reason text,
  used_at         timestamptz,
  check ((decided_by is null) = (status = 'PENDING')),
  check (decided_by <> requested_by)
);
create index approvals_of_requester on approvals (requested_by, action, target);

-- Gives a role what the application needs and nothing more: it can add to the trail, and never change it.
create function grant_application_rights(application text) returns void language plpgsql as $$
declare
  appended text;
begin
  execute format('grant usage on schema %I to %I', current_schema(), application);
  execute format('grant select, insert, update, delete on all tables in schema %I to %I', current_schema(), application);
  execute format('grant usage, select on all sequences in schema %I to %I', current_schema(), application);
  foreach appended in array array['audit_events', 'audit_heads', 'cluster_transitions', 'cluster_moves', 'schema_migrations'] loop
    execute format('revoke insert, update, delete, truncate on %I from %I', appended, application);
  end loop;
  execute format('grant insert (stream, payload) on audit_events to %I', application);
  execute format('grant insert on cluster_transitions to %I', application);
end
$$;
