import { statement } from '../../kernel/db/statement.ts';

/**
 * Services without an open job of theirs whose instances are not exactly the replicas of the live release that serve: some are missing, or
 * some are left of a job that ended badly, of a first deploy as well. Runs of cron services are followed by a task of their own.
 */
export const listServicesToReconcile = statement({
  name: 'app_services.list_to_reconcile',
  text: `
    select s.id
    from app_services s
      left join job_locks l on l.resource_id = s.id
    where s.status = 'ACTIVE' and s.kind <> 'cron' and s.crashed_at is null
      and (s.restart_at is null or s.restart_at <= clock_now())
      and l.job_id is null and l.ready_at is null
      and (s.live_release_id is not null and s.replicas <> (
          select count(*) from app_instances i
          where i.service_id = s.id and i.state = 'RUNNING' and i.release_id = s.live_release_id
            and (i.is_serving or s.kind = 'worker'))
        or exists (
          select from app_instances i
          where i.service_id = s.id and i.state <> 'REMOVED'
            and (i.release_id = s.live_release_id and i.state = 'RUNNING' and (i.is_serving or s.kind = 'worker')) is not true))
    order by s.id
    limit 100`,
  params: {},
  row: { id: 'text' },
});

/** A job of the lane that waits or runs. */
export const hasOpenJob = statement({
  name: 'app_services.has_open_job',
  text: `select resource_id as "id" from job_locks where resource_id = $1 and (job_id is not null or ready_at is not null)`,
  params: { resourceId: 'text' },
  row: { id: 'text' },
});

/** Lanes whose job a worker runs at the moment; that of a dead one until its lease has ended. Those of builds are their deployments. */
export const listRunningLanes = statement({
  name: 'app_services.list_running_lanes',
  text: `
    select l.resource_id as "id"
    from job_locks l
    where l.job_id is not null
      and (l.resource_id = any($1) or l.resource_id in (select id from app_deployments where service_id = any($1)))
    order by 1`,
  params: { resourceIds: 'text[]' },
  row: { id: 'text' },
});

/** Instances of databases and of drills of their backups are no residue. */
export const listDatabaseInstances = statement({
  name: 'app_databases.list_instances',
  text: `
    select instance_id as "id" from app_databases where instance_id is not null and status <> 'DESTROYED'
    union all
    select b.drill_instance_id from app_database_backups b join app_databases d on d.id = b.database_id
    where b.drill_instance_id is not null and d.status = 'ACTIVE'`,
  params: {},
  row: { id: 'text' },
});

/** What the host saw; after ten minutes it counts as one that does not fail again and again. */
export const setDatabaseSeen = statement({
  name: 'app_databases.set_seen',
  text: `
    update app_databases
    set is_up = $2, connections = $3, last_seen_at = case when $2 then clock_now() else last_seen_at end,
        restarts = case when $2 and $4::timestamptz < clock_now() - interval '10 minutes' then 0 else restarts end
    where id = $1 and status = 'ACTIVE' returning id`,
  params: { id: 'text', isUp: 'bool', connections: 'int4?', startedAt: 'timestamptz' },
  row: { id: 'text' },
});
