import { statement } from '../../kernel/db/statement.ts';
import { STEP_BIN_ROW, stepBins, stepCost, stepMicroseconds } from '../../kernel/usage/rate-steps.sql.ts';

const TEAMS = '($3::text[] is null or c.team = any($3))';

const WINDOW = { from: '$1', to: '$2' };

/** For the transaction: with the usual 4 MB, PostgreSQL sorts and hashes 100,000 clusters on disk. */
export const allowReportMemory = statement({
  name: 'clusters.allow_report_memory',
  text: `select set_config('work_mem', '64MB', true) as "memory"`,
  params: {},
  row: { memory: 'text' },
});

/**
 * The groups of a page, after a row with the totals of all groups.
 *
 * Clusters that lie in the window as a whole have their sums in their row; only those that exist, or reach over a bound, are added up.
 * Such a cluster has one begin and at most one end: those that begin before the end of the window are counted, less those that end before
 * its begin. Figures: docs/usage.md.
 */
export const sumUsage = statement({
  name: 'clusters.sum_usage',
  text: `
    with spans as (
      select c.team, c.owner, c.cost_center, c.platform, c.profile, c.region, c.id, 1 as clusters, c.usage_us as hours, c.usage_cost as cost
      from clusters c
      where c.usage_begins_at >= $1 and c.usage_ends_at > $1 and c.usage_ends_at <= $2 and ${TEAMS}
      union all
      select c.team, c.owner, c.cost_center, c.platform, c.profile, c.region, c.id,
        case when r.delta_clusters = 1 then 1 when r.delta_clusters = -1 and r.effective_at <= $1 then -1 else 0 end,
        r.delta_clusters * ${stepMicroseconds(WINDOW)}, ${stepCost(WINDOW)}
      from clusters c join cluster_rates r on r.cluster_id = c.id
      where r.effective_at < $2 and ${TEAMS}
        and (c.usage_ends_at is null or (c.usage_ends_at > $1 and (c.usage_begins_at < $1 or c.usage_ends_at > $2)))
    ), groups as (
      select case $4::text when 'team' then team when 'owner' then owner when 'cost-center' then cost_center when 'platform' then platform
          when 'profile' then profile when 'region' then region else id end as key,
        sum(clusters)::int4 as clusters, sum(hours) as hours, sum(cost) as cost
      from spans
      group by 1
    ), page as (
      select * from groups where clusters > 0 order by cost desc, key collate "C" offset $5 limit $6
    ), shown as (
      select true as "isTotal", '' as key, coalesce(sum(clusters), 0)::int4 as clusters, coalesce(sum(hours), 0) as hours,
        coalesce(sum(cost), 0) as cost
      from groups
      union all
      select false, key, clusters, hours, cost from page
    )
    select s."isTotal", s.key as "key", c.name as "name", c.team as "team", s.clusters as "clusters", s.hours::text as "hours",
      s.cost::text as "cost"
    from shown s left join clusters c on $4 = 'cluster' and c.id = s.key
    order by s."isTotal" desc, s.cost desc, s.key collate "C"`,
  params: {
    from: 'timestamptz',
    to: 'timestamptz',
    teams: 'text[]?',
    groupBy: 'text',
    offset: 'int4',
    limit: 'int4',
  },
  row: {
    isTotal: 'bool',
    key: 'text',
    name: 'text?',
    team: 'text?',
    clusters: 'int4',
    hours: 'text',
    cost: 'text',
  },
});

/**
 * The same, split at the begins of days, for `usageByPart`. Clusters that were gone before the window add zero: leaving them out only saves time.
 */
export const sumUsageByDay = statement({
  name: 'clusters.sum_usage_by_day',
  text: `
    select ${stepBins(WINDOW, 'r.delta_clusters', '$4')}
    from cluster_rates r join clusters c on c.id = r.cluster_id
    where r.effective_at < $2 and (c.usage_ends_at is null or c.usage_ends_at > $1) and ${TEAMS}
    group by 1
    order by 1`,
  params: { from: 'timestamptz', to: 'timestamptz', teams: 'text[]?', days: 'timestamptz[]' },
  row: STEP_BIN_ROW,
});

/** What each of these clusters has cost until a time; none for those that have not begun. */
export const sumClusterCosts = statement({
  name: 'clusters.sum_cluster_costs',
  text: `
    select r.cluster_id as "clusterId", sum(${stepCost({ to: '$2' })})::text as "cost"
    from cluster_rates r
    where r.cluster_id = any($1) and r.effective_at < $2
    group by 1`,
  params: { clusterIds: 'text[]', until: 'timestamptz' },
  row: { clusterId: 'text', cost: 'text' },
});
