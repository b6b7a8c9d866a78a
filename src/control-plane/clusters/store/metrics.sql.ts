import { statement } from '../../kernel/db/statement.ts';
import { EXPIRES_AT } from './keepalive.sql.ts';

/** What exists by team, profile and status, without what was abandoned. Clusters that were never begun, or are proven empty, cost nothing. */
export const measureClusters = statement({
  name: 'clusters.measure',
  text: `
    select team, profile, status, count(*)::int4 as "count",
      coalesce(sum(hourly_cost) filter (where status <> 'PENDING' and proven_empty_at is null), 0)::float8 as "hourlyCost"
    from clusters
    where status <> 'DESTROYED' and abandoned_at is null
    group by team, profile, status`,
  params: {},
  row: { team: 'text', profile: 'text', status: 'text', count: 'int4', hourlyCost: 'float8' },
});

/** Those that exist after their expiry, whatever keeps them, and for how long the first of them does. */
export const measureOverdueClusters = statement({
  name: 'clusters.measure_overdue',
  text: `
    select count(*)::int4 as "count",
      coalesce(extract(epoch from clock_now() - min(${EXPIRES_AT})), 0)::float8 as "seconds"
    from clusters c
    where status <> 'DESTROYED' and proven_empty_at is null and abandoned_at is null and ${EXPIRES_AT} < clock_now()`,
  params: {},
  row: { count: 'int4', seconds: 'float8' },
});

/**
 * Clusters that their off-hours schedule cannot scale: the last three tries failed, or the profile does not permit it. A scale that runs is
 * a try that has not failed.
 */
export const measureOffhoursFailing = statement({
  name: 'clusters.measure_offhours_failing',
  text: `
    select c.team, count(*)::int4 as "count"
    from cluster_offhours o join clusters c on c.id = o.cluster_id left join jobs j on j.id = o.job_id
    where c.status in ('READY', 'SCALING')
      and (o.blocked is not null
        or (case j.status when 'FAILED' then o.tries when 'SUCCEEDED' then 0 when 'CANCELLED' then 0 else o.tries - 1 end >= 3
          and (o.settled_at is null or o.settled_at < o.requested_at)))
    group by c.team`,
  params: {},
  row: { team: 'text', count: 'int4' },
});
