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
