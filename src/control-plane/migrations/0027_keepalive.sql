-- A cluster that is tied to its client: it is destroyed when no client has renewed it for so many minutes, also before its deadline.
alter table clusters
  add column keepalive_minutes    int4 check (keepalive_minutes between 1 and 1440),
  add column keepalive_renewed_at timestamptz,
  add constraint clusters_keepalive_whole check ((keepalive_minutes is null) = (keepalive_renewed_at is null));
create index clusters_tied on clusters (keepalive_renewed_at)
  where keepalive_minutes is not null and status not in ('DESTROYED', 'DESTROYING', 'DESTROY_FAILED');

-- Since when an API of this installation serves without a pause, and until when that is known. Nothing can be renewed while none does.
create table api_serving (
  only_row bool primary key default true check (only_row),
  since    timestamptz not null,
  until    timestamptz not null
);

-- A renewal is no change of the cluster: updated_at stays.
create or replace function check_cluster_transition() returns trigger language plpgsql as $$
begin
  if tg_op = 'INSERT' then
    if new.status <> 'PENDING' then
      raise exception 'a new cluster must be PENDING, not %', new.status
        using errcode = 'check_violation', constraint = 'cluster_transition_rules';
    end if;
    new.updated_at := clock_now();
    return new;
  end if;
  if new.status <> old.status
    and not exists (select from cluster_transition_rules where from_status = old.status and to_status = new.status) then
    raise exception 'a cluster cannot go from % to %', old.status, new.status
      using errcode = 'check_violation', constraint = 'cluster_transition_rules';
  elsif (new.name, new.platform, new.profile, new.base_domain) is distinct from (old.name, old.platform, old.profile, old.base_domain) then
    raise exception 'name, platform, profile and base domain of a cluster never change' using errcode = 'check_violation';
  end if;
  if new.keepalive_minutes is distinct from old.keepalive_minutes or new.keepalive_renewed_at is not distinct from old.keepalive_renewed_at then
    new.updated_at := clock_now();
  end if;
  return new;
end
$$;
