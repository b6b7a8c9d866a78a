-- What a cluster costs per hour, as a step function of time: a row for each change. It begins when the create begins (CREATING), changes
-- with the number of workers and with the price table, and ends when nothing is left (DESTROYED, or a failed create proven empty).
-- Rows are the difference from the row before, so that the cost of any window is one sum without a sort.
create table cluster_rates (
  id               int8 generated always as identity primary key,
  cluster_id       text not null references clusters (id),
  effective_at     timestamptz not null,
  -- Millionths of a dollar per hour; null once nothing is left.
  hourly_micros    int8 check (hourly_micros >= 0),
  worker_replicas  int4 not null,
  price_date       date,
  delta_micros     int8 not null,
  -- 1 when the cluster begins to cost, -1 when it ends.
  delta_clusters   int2 not null check (delta_clusters between -1 and 1)
);
create index cluster_rates_of_cluster on cluster_rates (cluster_id, id desc);
create trigger cluster_rates_append_only before update or delete or truncate on cluster_rates
  for each statement execute function reject_change();

alter table clusters
  add column worker_hourly_cost float8 not null default 0 check (worker_hourly_cost >= 0),
  add column price_date date;

create function append_cluster_rate(cluster clusters, at timestamptz, exists_now bool) returns void language plpgsql as $$
declare
  last cluster_rates;
  micros int8 := case when exists_now then round(cluster.hourly_cost::numeric * 1000000)::int8 end;
begin
  select * into last from cluster_rates where cluster_id = cluster.id order by id desc limit 1;
  if last.hourly_micros is null and micros is null then
    return;
  end if;
  insert into cluster_rates (cluster_id, effective_at, hourly_micros, worker_replicas, price_date, delta_micros, delta_clusters)
  values (cluster.id, greatest(at, last.effective_at), micros, cluster.worker_replicas, cluster.price_date,
    coalesce(micros, 0) - coalesce(last.hourly_micros, 0), (micros is not null)::int - (last.hourly_micros is not null)::int);
end
$$;

create function rate_of_transition() returns trigger language plpgsql as $$
declare
  cluster clusters;
begin
  select * into strict cluster from clusters where id = new.cluster_id;
  perform append_cluster_rate(cluster, new.at, new.to_status = 'CREATING');
  return null;
end
$$;
create trigger cluster_transitions_rate after insert on cluster_transitions for each row
  when (new.to_status in ('CREATING', 'DESTROYED')) execute function rate_of_transition();

create function rate_of_cluster() returns trigger language plpgsql as $$
begin
  if exists (select from cluster_rates where cluster_id = new.id) and new.status <> 'DESTROYED' then
    perform append_cluster_rate(new, clock_now(), new.proven_empty_at is null);
  end if;
  return null;
end
$$;
create trigger clusters_rate after update on clusters for each row
  when ((old.hourly_cost, old.worker_replicas, old.proven_empty_at) is distinct from (new.hourly_cost, new.worker_replicas, new.proven_empty_at))
  execute function rate_of_cluster();

-- Who changes the number of workers need not know what they cost.
create function price_of_workers() returns trigger language plpgsql as $$
begin
  new.hourly_cost := round((old.hourly_cost + (new.worker_replicas - old.worker_replicas) * old.worker_hourly_cost)::numeric, 6);
  return new;
end
$$;
create trigger clusters_price_of_workers before update on clusters for each row
  when (new.worker_replicas <> old.worker_replicas and new.hourly_cost = old.hourly_cost) execute function price_of_workers();

-- The past of the clusters that exist: one rate each.
insert into cluster_rates (cluster_id, effective_at, hourly_micros, worker_replicas, delta_micros, delta_clusters)
select c.id, t.at, round(c.hourly_cost::numeric * 1000000)::int8, c.worker_replicas, round(c.hourly_cost::numeric * 1000000)::int8, 1
from cluster_transitions t join clusters c on c.id = t.cluster_id
where t.to_status = 'CREATING'
order by t.id;
insert into cluster_rates (cluster_id, effective_at, hourly_micros, worker_replicas, delta_micros, delta_clusters)
select c.id, greatest(r.effective_at, coalesce(c.proven_empty_at, c.destroyed_at)), null, c.worker_replicas, -r.delta_micros, -1
from cluster_rates r join clusters c on c.id = r.cluster_id
where coalesce(c.proven_empty_at, c.destroyed_at) is not null
order by r.id;

create or replace function grant_application_rights(application text) returns void language plpgsql as $$
declare
  appended text;
begin
  execute format('grant usage on schema %I to %I', current_schema(), application);
  execute format('grant select, insert, update, delete on all tables in schema %I to %I', current_schema(), application);
  execute format('grant usage, select on all sequences in schema %I to %I', current_schema(), application);
  foreach appended in array
    array['audit_events', 'audit_heads', 'cluster_transitions', 'cluster_rates', 'cluster_transition_rules', 'schema_migrations'] loop
    execute format('revoke insert, update, delete, truncate on %I from %I', appended, application);
  end loop;
  execute format('grant insert (stream, payload) on audit_events to %I', application);
  execute format('grant insert on cluster_transitions to %I', application);
  execute format('grant insert on cluster_rates to %I', application);
end
$$;
