import { statement } from '../../kernel/db/statement.ts';

/**
 * Rows of `cluster_rates` are differences: from `effective_at` on, each adds `delta_micros` to the rate. The cost of a window is thus the
 * sum of delta x (end - the later of begin and `effective_at`), in micro-dollars per hour x microseconds; rounded once, by the reader.
 * Clusters that were gone before the window add zero: leaving them out only saves time.
 */
const RATES = `
      from cluster_rates r join clusters c on c.id = r.cluster_id
      where r.effective_at < $2 and (c.destroyed_at is null or c.destroyed_at > $1)
        and ($3::text[] is null or c.team = any($3))`;

const MICROSECONDS = `(extract(epoch from $2 - greatest(r.effective_at, $1)) * 1000000)`;

/**
 * The groups of a page, after a row with the totals of all groups. A cluster has one begin and at most one end, so those that begin before
 * the end of the window, less those that end before its begin, are its clusters.
 */
export const sumUsage = statement({
  name: 'clusters.sum_usage',
  text: `
    with changes as (
      select case $4::text when 'team' then c.team when 'owner' then c.owner when 'cost-center' then c.cost_center
          when 'platform' then c.platform when 'profile' then c.profile when 'region' then c.region else c.id end as key,
        r.delta_micros, r.delta_clusters, ${MICROSECONDS} as us,
        case when r.delta_clusters = -1 and r.effective_at <= $1 then -1 when r.delta_clusters = 1 then 1 else 0 end as counted${RATES}
    ), groups as (
      select key, grouping(key) = 1 as "isTotal", coalesce(sum(counted), 0)::int4 as clusters,
        coalesce(sum(delta_clusters * us), 0) as hours, coalesce(sum(delta_micros * us), 0) as cost
      from changes
      group by grouping sets ((key), ())
    ), page as (
      select * from groups where not "isTotal" and clusters > 0 order by cost desc, key collate "C" offset $5 limit $6
    )
    select g."isTotal", coalesce(g.key, '') as key, c.name as "name", c.team as "team", g.clusters,
      trunc(g.hours)::text as "hours", trunc(g.cost)::text as "cost"
    from (select * from groups where "isTotal" union all select * from page) g
      left join clusters c on $4 = 'cluster' and c.id = g.key
    order by "isTotal" desc, g.cost desc, g.key collate "C"`,
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
 * The same, split at the begins of days: what changed in each of them. Bin 0 is what was before the first. A cluster that ends exactly at
 * midnight is not one of the new day.
 */
export const sumUsageByDay = statement({
  name: 'clusters.sum_usage_by_day',
  text: `
    select width_bucket(r.effective_at - case when r.delta_clusters < 0 then interval '1 microsecond' else interval '0' end, $4) as "bin",
      count(*) filter (where r.delta_clusters = 1)::int4 as "begun", count(*) filter (where r.delta_clusters = -1)::int4 as "ended",
      sum(r.delta_micros)::text as "rate", trunc(sum(r.delta_micros * ${MICROSECONDS}))::text as "cost",
      sum(r.delta_clusters)::text as "running", trunc(sum(r.delta_clusters * ${MICROSECONDS}))::text as "hours"${RATES}
    group by 1
    order by 1`,
  params: { from: 'timestamptz', to: 'timestamptz', teams: 'text[]?', days: 'timestamptz[]' },
  row: {
    bin: 'int4',
    begun: 'int4',
    ended: 'int4',
    rate: 'text',
    cost: 'text',
    running: 'text',
    hours: 'text',
  },
});
