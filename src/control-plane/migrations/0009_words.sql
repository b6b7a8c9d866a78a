-- The terms of docs/glossary.md for tables, constraints and functions that had others.

alter table duties rename to tasks;
alter table tasks rename constraint duties_pkey to tasks_pkey;
-- Tasks are known by name, and have new names; each makes its row again when it first runs.
delete from tasks;

alter table secret_openings rename to secret_accesses;
alter index secret_openings_of_principal rename to secret_accesses_of_principal;

alter table audit_checkpoints rename to audit_anchors;
alter table audit_anchors rename constraint audit_checkpoints_pkey to audit_anchors_pkey;
-- Anchors are signed with a key and stored under names that say "anchor": without bookmarks the first ones cover each chain from its
-- beginning. The old key cannot be taken along, because its sealed form is bound to its kind.
delete from audit_anchors;
delete from secrets where owner_id = 'audit' and kind = 'checkpoint-key';

alter function refuse_change() rename to reject_change;
alter function refuse_head_change() rename to reject_head_change;

alter table cluster_moves rename to cluster_transition_rules;
alter table cluster_transition_rules rename constraint cluster_moves_pkey to cluster_transition_rules_pkey;
alter function check_cluster_move() rename to check_cluster_transition;
alter trigger check_cluster_move on clusters rename to check_cluster_transition;

create or replace function check_cluster_transition() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.status <> 'PENDING' then
      raise exception 'a new cluster must be PENDING, not %', new.status
        using errcode = 'check_violation', constraint = 'cluster_transition_rules';
    end if;
  elsif new.status <> old.status
    and not exists (select from cluster_transition_rules where from_status = old.status and to_status = new.status) then
    raise exception 'a cluster cannot go from % to %', old.status, new.status
      using errcode = 'check_violation', constraint = 'cluster_transition_rules';
  elsif (new.name, new.platform, new.profile, new.base_domain) is distinct from (old.name, old.platform, old.profile, old.base_domain) then
    raise exception 'name, platform, profile and base domain of a cluster never change' using errcode = 'check_violation';
  end if;
  new.updated_at := clock_now();
  return new;
end
$$;

create or replace function reject_head_change() returns trigger language plpgsql as $$
begin
  if tg_op in ('DELETE', 'TRUNCATE') or pg_trigger_depth() < 2 then
    raise exception 'audit_heads changes only when an event is appended' using errcode = 'insufficient_privilege';
  end if;
  return null;
end
$$;

create or replace function grant_application_rights(application text) returns void language plpgsql as $$
declare
  appended text;
begin
  execute format('grant usage on schema %I to %I', current_schema(), application);
  execute format('grant select, insert, update, delete on all tables in schema %I to %I', current_schema(), application);
  execute format('grant usage, select on all sequences in schema %I to %I', current_schema(), application);
  foreach appended in array
    array['audit_events', 'audit_heads', 'cluster_transitions', 'cluster_transition_rules', 'schema_migrations'] loop
    execute format('revoke insert, update, delete, truncate on %I from %I', appended, application);
  end loop;
  execute format('grant insert (stream, payload) on audit_events to %I', application);
  execute format('grant insert on cluster_transitions to %I', application);
end
$$;
