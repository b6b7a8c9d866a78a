import { statement } from '../../kernel/db/statement.ts';

export const measureInstances = statement({
  name: 'app_metrics.instances',
  text: `
    select s.team, i.state, count(*)::int4 as "count"
    from app_instances i join app_services s on s.id = i.service_id
    where i.state <> 'REMOVED'
    group by 1, 2
    order by 1, 2`,
  params: {},
  row: { team: 'text', state: 'text', count: 'int4' },
});

export const measureCrashedServices = statement({
  name: 'app_metrics.crashed_services',
  text: `select team, count(*)::int4 as "count" from app_services where crashed_at is not null and status = 'ACTIVE' group by 1 order by 1`,
  params: {},
  row: { team: 'text', count: 'int4' },
});

/** That ended in the last hour. One that was replaced by a later one was live. */
export const measureDeployments = statement({
  name: 'app_metrics.deployments',
  text: `
    select team, case when state = 'SUPERSEDED' and switched_at is not null then 'LIVE' else state end as "result", count(*)::int4 as "count"
    from app_deployments
    where ended_at > clock_now() - interval '1 hour'
    group by 1, 2
    order by 1, 2`,
  params: {},
  row: { team: 'text', result: 'text', count: 'int4' },
});

export const measureHourlyCost = statement({
  name: 'app_metrics.hourly_cost',
  text: `
    select team, sum(hourly_micros)::int8 as "micros"
    from usage_intervals
    where kind = 'application' and ends_at is null
    group by 1
    order by 1`,
  params: {},
  row: { team: 'text', micros: 'int8' },
});
