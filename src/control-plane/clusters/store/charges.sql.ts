import { statement } from '../../kernel/db/statement.ts';

/**
 * What clusters cost in a window, one row for each cluster, rate and UTC day, by cluster and time. A page begins after the given row;
 * the clusters before it are not read again.
 */
export const pageCharges = statement({
  name: 'clusters.list_charges',
  text: `
    with steps as (
      select r.cluster_id, r.hourly_micros, r.worker_replicas, r.price_date, greatest(r.effective_at, $1) as begins,
        lead(r.effective_at, 1, $2) over (partition by r.cluster_id order by r.id) as ends
      from cluster_rates r join clusters c on c.id = r.cluster_id
      where r.effective_at < $2 and (c.destroyed_at is null or c.destroyed_at > $1)
        and ($3::text[] is null or c.team = any($3)) and ($4::text is null or c.id >= $4)
    ), charges as (
      select s.*, greatest(s.begins, day) as "start", least(s.ends, day + interval '24 hours') as "end"
      from steps s
        cross join lateral generate_series(date_trunc('day', s.begins, 'UTC'), s.ends - interval '1 microsecond', interval '24 hours') as day
      where s.hourly_micros is not null and s.ends > s.begins
    )
    select ch.cluster_id as "clusterId", c.name, c.platform, c.version, c.profile, c.region, c.owner, c.team, c.cost_center as "costCenter",
      c.cloud, c.cloud_account as "cloudAccount", c.effective_tags as "tags", ch."start", ch."end",
      (extract(epoch from ch."start") * 1000000)::int8 as "startUs",
      (extract(epoch from ch."end" - ch."start") * 1000000)::int8 as "us", ch.hourly_micros as "hourlyMicros",
      ch.worker_replicas as "workers", ch.price_date::text as "priceDate"
    from charges ch join clusters c on c.id = ch.cluster_id
    where $4 is null or (ch.cluster_id, (extract(epoch from ch."start") * 1000000)::int8) > ($4, $5::int8)
    order by ch.cluster_id, ch."start"
    limit $6`,
  params: {
    from: 'timestamptz',
    to: 'timestamptz',
    teams: 'text[]?',
    afterCluster: 'text?',
    afterStartUs: 'int8?',
    limit: 'int4',
  },
  row: {
    clusterId: 'text',
    name: 'text',
    platform: 'text',
    version: 'text',
    profile: 'text',
    region: 'text',
    owner: 'text',
    team: 'text',
    costCenter: 'text',
    cloud: 'text',
    cloudAccount: 'text?',
    tags: 'jsonb',
    start: 'timestamptz',
    end: 'timestamptz',
    startUs: 'int8',
    us: 'int8',
    hourlyMicros: 'int8',
    workers: 'int4',
    priceDate: 'text?',
  },
});
