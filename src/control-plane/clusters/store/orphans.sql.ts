import { type RowOf, statement } from '../../kernel/db/statement.ts';

/** Of the last sweep, `j`: it has not ended. */
export const UNDER_WAY = `j.status in ('PENDING', 'RUNNING', 'RETRYING')`;

/**
 * $1: time between the first and the last sighting, $2: age, both in milliseconds, that make a sighted infraID an orphan. Times of the
 * database decide. What an admin ignores, what is of another installation and what is being swept have statuses of their own.
 */
const STATUS = `case
      when o.closed_at is not null then o.closed_as
      when ${UNDER_WAY} then 'SWEEPING'
      when o.ownership = 'FOREIGN' then 'FOREIGN'
      when o.ignored_at is not null then 'IGNORED'
      when o.sightings >= 2 and o.last_seen_at - o.first_seen_at >= $1::float8 * interval '1 millisecond'
        and clock_now() - o.oldest_at >= $2::float8 * interval '1 millisecond' then 'ORPHANED'
      else 'SEEN'
    end`;

const COLUMNS = `
    o.id, o.cloud, o.account, o.infra_id as "infraId", o.platform, o.region, o.ownership, o.cluster_id as "clusterId",
    o.cluster_name as "clusterName", o.base_domain as "baseDomain", o.owner, o.team, o.resources, o.daily_cost as "dailyCost",
    o.oldest_at as "oldestAt", o.first_seen_at as "firstSeenAt", o.last_seen_at as "lastSeenAt", o.sightings,
    o.ignored_at as "ignoredAt", o.ignored_by as "ignoredBy", o.ignore_reason as "ignoreReason", o.closed_at as "closedAt",
    j.id as "jobId", j.status as "jobStatus", j.error_code as "errorCode", j.error_message as "errorMessage",
    o.proof is not null as "hasProof"`;

/** What a scan sees, in the order of the parameters of `recordSighting`. */
const SIGHTING = {
  id: 'text',
  cloud: 'text',
  account: 'text',
  infraId: 'text',
  platform: 'text',
  region: 'text',
  ownership: 'text',
  clusterId: 'text?',
  clusterName: 'text?',
  baseDomain: 'text?',
  owner: 'text?',
  team: 'text?',
  resources: 'jsonb',
  dailyCost: 'float8',
  oldestAt: 'timestamptz',
} as const;

const ORPHAN_ROW = {
  ...SIGHTING,
  firstSeenAt: 'timestamptz',
  lastSeenAt: 'timestamptz',
  sightings: 'int4',
  ignoredAt: 'timestamptz?',
  ignoredBy: 'text?',
  ignoreReason: 'text?',
  closedAt: 'timestamptz?',
  jobId: 'text?',
  jobStatus: 'text?',
  errorCode: 'text?',
  errorMessage: 'text?',
  hasProof: 'bool',
  status: 'text',
} as const;

export const getOrphan = statement({
  name: 'orphans.get',
  text: `
    select ${COLUMNS}, ${STATUS} as status
    from orphans o left join jobs j on j.id = o.last_job_id
    where o.id = $3`,
  params: { confirmMs: 'float8', minAgeMs: 'float8', id: 'text' },
  row: ORPHAN_ROW,
});
export type OrphanRow = RowOf<typeof getOrphan>;

/** The same, locked until the transaction ends. */
export const lockOrphan = statement({
  name: 'orphans.lock',
  text: `
    select ${COLUMNS}, ${STATUS} as status
    from orphans o left join jobs j on j.id = o.last_job_id
    where o.id = $3
    for update of o`,
  params: { confirmMs: 'float8', minAgeMs: 'float8', id: 'text' },
  row: ORPHAN_ROW,
});

/** A page, newest first; without a status those that are open. */
export const listOrphans = statement({
  name: 'orphans.list',
  text: `
    select * from (
      select ${COLUMNS}, ${STATUS} as status
      from orphans o left join jobs j on j.id = o.last_job_id
      where ($3::text is null or o.id < $3) and ($4::text is not null or o.closed_at is null)
    ) seen
    where $4::text is null or status = $4
    order by id desc
    limit $5`,
  params: { confirmMs: 'float8', minAgeMs: 'float8', before: 'text?', status: 'text?', limit: 'int4' },
  row: ORPHAN_ROW,
});

/** Those that are open. */
export const measureOrphans = statement({
  name: 'orphans.measure',
  text: `
    select status, count(*)::int4 as "count", sum(daily_cost)::float8 as "dailyCost"
    from (
      select o.daily_cost, ${STATUS} as status
      from orphans o left join jobs j on j.id = o.last_job_id
      where o.closed_at is null
    ) open
    group by status`,
  params: { confirmMs: 'float8', minAgeMs: 'float8' },
  row: { status: 'text', count: 'int4', dailyCost: 'float8' },
});

/** What a scan of an account has to look at again, whether the cloud proposes it or not. What is being swept is left to its job. */
export const listOpenOrphans = statement({
  name: 'orphans.list_open',
  text: `
    select o.id, o.infra_id as "infraId"
    from orphans o left join jobs j on j.id = o.last_job_id
    where o.cloud = $1 and o.account = $2 and o.closed_at is null
      and (j.status is null or not ${UNDER_WAY})`,
  params: { cloud: 'text', account: 'text' },
  row: { id: 'text', infraId: 'text' },
});

/**
 * A sighting: opens a row, or counts in the open one, whose owner, resources and cost become those of this scan. While it is being
 * swept nothing changes: the sweep compares with what was there when it was requested.
 */
export const recordSighting = statement({
  name: 'orphans.record_sighting',
  text: `
    insert into orphans as o (id, cloud, account, infra_id, platform, region, ownership, cluster_id, cluster_name, base_domain, owner,
      team, resources, daily_cost, oldest_at)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, least($15::timestamptz, clock_now()))
    on conflict (cloud, account, infra_id) where closed_at is null do update
      set last_seen_at = clock_now(), sightings = o.sightings + 1, region = excluded.region, ownership = excluded.ownership,
        cluster_id = excluded.cluster_id, cluster_name = excluded.cluster_name, base_domain = excluded.base_domain,
        owner = excluded.owner, team = excluded.team, resources = excluded.resources, daily_cost = excluded.daily_cost,
        oldest_at = least(o.oldest_at, excluded.oldest_at)
      where not exists (select from jobs j where j.id = o.last_job_id and ${UNDER_WAY})
    returning id, sightings`,
  params: SIGHTING,
  row: { id: 'text', sightings: 'int4' },
});

/** Orphans of an account that may be swept and that no notification has told of yet. */
export const announceOrphans = statement({
  name: 'orphans.announce',
  text: `
    update orphans set announced_at = clock_now()
    where id in (
      select id from (
        select o.id, ${STATUS} as status
        from orphans o left join jobs j on j.id = o.last_job_id
        where o.cloud = $3 and o.account = $4 and o.closed_at is null and o.announced_at is null
      ) open
      where status = 'ORPHANED')
    returning id, infra_id as "infraId", region, cluster_id as "clusterId", cluster_name as "clusterName", owner, team,
      daily_cost as "dailyCost", jsonb_array_length(resources) as "resources"`,
  params: { confirmMs: 'float8', minAgeMs: 'float8', cloud: 'text', account: 'text' },
  row: {
    id: 'text',
    infraId: 'text',
    region: 'text',
    clusterId: 'text?',
    clusterName: 'text?',
    owner: 'text?',
    team: 'text?',
    dailyCost: 'float8',
    resources: 'int4',
  },
});

/** Closes a row that no scan has to follow: nothing is there any more, or a living cluster owns it. A sweep closes its own. */
export const closeOrphan = statement({
  name: 'orphans.close',
  text: `
    update orphans o set closed_at = clock_now(), closed_as = $2
    where o.id = $1 and o.closed_at is null and not exists (select from jobs j where j.id = o.last_job_id and ${UNDER_WAY})
    returning o.id`,
  params: { id: 'text', closedAs: 'text' },
  row: { id: 'text' },
});

export const setOrphanIgnored = statement({
  name: 'orphans.set_ignored',
  text: `
    update orphans
    set ignored_at = case when $2::text is null then null else clock_now() end, ignored_by = $2, ignore_reason = $3
    where id = $1
    returning id`,
  params: { id: 'text', by: 'text?', reason: 'text?' },
  row: { id: 'text' },
});

/** Closed so long ago, without a proof: those with one are kept as long as the proofs of clusters. */
const OLD = `closed_at < clock_now() - $1::float8 * interval '1 day' and proof is null`;

export const countOldOrphans = statement({
  name: 'orphans.count_old',
  text: `select count(*)::int4 as "count" from orphans where ${OLD}`,
  params: { days: 'float8' },
  row: { count: 'int4' },
});

/** The oldest first. */
export const deleteOldOrphans = statement({
  name: 'orphans.delete_old',
  text: `
    with gone as (
      delete from orphans where id in (select id from orphans where ${OLD} order by closed_at limit 1000) returning 1)
    select count(*)::int4 as "count" from gone`,
  params: { days: 'float8' },
  row: { count: 'int4' },
});
