-- An abandoned cluster costs its team nothing more: what is left of it is in the cloud's bill, where `ocpctl report reconcile` shows it.
create or replace function rate_of_cluster() returns trigger language plpgsql as $$
begin
  if exists (select from cluster_rates where cluster_id = new.id) and new.status <> 'DESTROYED' then
    perform append_cluster_rate(new, clock_now(), new.proven_empty_at is null and new.abandoned_at is null);
  end if;
  return null;
end
$$;
drop trigger clusters_rate on clusters;
create trigger clusters_rate after update on clusters for each row
  when ((old.hourly_cost, old.worker_replicas, old.proven_empty_at, old.abandoned_at)
    is distinct from (new.hourly_cost, new.worker_replicas, new.proven_empty_at, new.abandoned_at))
  execute function rate_of_cluster();
select append_cluster_rate(c, clock_now(), false) from clusters c where abandoned_at is not null and status <> 'DESTROYED';
