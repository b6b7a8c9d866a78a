import { statement } from '../db/statement.ts';

/** Of `usage_intervals u` in a window, in microseconds. */
const overlap = (from: string, to: string) =>
  `round(date_part('epoch', least(coalesce(u.ends_at, ${to}), ${to}) - greatest(u.begins_at, ${from})) * 1000000)::int8`;

/** The exact sums of a group; resources are counted once, however often they were started. */
const sums = (us: string) => `
        count(distinct u.resource_id)::int4 as "count", coalesce(sum(${us}), 0) as "us",
        coalesce(sum(u.hourly_micros::numeric * ${us}), 0) as "cost",
        coalesce(sum(case when u.hourly_micros = 0 then ${us} else 0 end), 0) as "unpricedUs"`;

const IN_WINDOW = `u.begins_at < $2 and (u.ends_at is null or u.ends_at > $1) and ($3::text[] is null or u.team = any($3))`;
const TOTALS = `t."count", t."us"::text as "us", t."cost"::text as "cost", t."unpricedUs"::text as "unpricedUs"`;
const SUMS_ROW = { count: 'int4', us: 'text', cost: 'text', unpricedUs: 'text' } as const;

/** The groups of a page, after a row with the totals of all groups. Keys: team, owner, environment (the parent), service (the resource). */
export const sumIntervals = statement({
  name: 'usage_intervals.sum',
  text: `
    with groups as (
      select case $4::text when 'owner' then u.owner when 'environment' then u.parent_id when 'service' then u.resource_id else u.team end as key,
        case $4 when 'environment' then min(u.parent_name) when 'service' then min(u.resource_name) end as name,
        case when $4 in ('environment', 'service') then min(u.team) end as team,
        ${sums(overlap('$1', '$2'))}
      from usage_intervals u
      where ${IN_WINDOW}
      group by 1
    ), page as (
      select * from groups order by "cost" desc, key collate "C" offset $5 limit $6
    ), shown as (
      select true as "isTotal", '' as key, null as name, null as team, ${sums(overlap('$1', '$2'))}
      from usage_intervals u
      where ${IN_WINDOW}
      union all
      select false, key, name, team, "count", "us", "cost", "unpricedUs" from page
    )
    select t."isTotal", t.key as "key", t.name as "name", t.team as "team", ${TOTALS}
    from shown t
    order by t."isTotal" desc, t."cost" desc, t.key collate "C"`,
  params: {
    from: 'timestamptz',
    to: 'timestamptz',
    teams: 'text[]?',
    groupBy: 'text',
    offset: 'int4',
    limit: 'int4',
  },
  row: { isTotal: 'bool', key: 'text', name: 'text?', team: 'text?', ...SUMS_ROW },
});

/** The same for each day, given by their begins: part 1, 2 … Days without any have no row. */
export const sumIntervalsByDay = statement({
  name: 'usage_intervals.sum_by_day',
  text: `
    with days as (
      select n::int4 as part, greatest(day, $1) as begins, least(lead(day, 1, $2) over (order by n), $2) as ends
      from unnest($4::timestamptz[]) with ordinality as d(day, n)
    ), totals as (
      select days.part, ${sums(overlap('days.begins', 'days.ends'))}
      from days join usage_intervals u on u.begins_at < days.ends and (u.ends_at is null or u.ends_at > days.begins)
      where ${IN_WINDOW}
      group by 1
    )
    select t.part, ${TOTALS} from totals t order by t.part`,
  params: { from: 'timestamptz', to: 'timestamptz', teams: 'text[]?', days: 'timestamptz[]' },
  row: { part: 'int4', ...SUMS_ROW },
});

/** What these resources, or all of these parents, have cost until now, and what they cost per hour. */
export const sumIntervalsOf = statement({
  name: 'usage_intervals.sum_of',
  text: `
    select u.key as "key", sum(u.hourly_micros::numeric * u.us)::text as "cost",
      sum(case when u.hourly_micros = 0 then u.us else 0 end)::text as "unpricedUs",
      coalesce(sum(u.hourly_micros) filter (where u.ends_at is null), 0)::int8 as "hourlyMicros"
    from (
      select case when u.parent_id = any($2) then u.parent_id else u.resource_id end as key, u.hourly_micros, u.ends_at,
        ${overlap('u.begins_at', 'clock_now()')} as us
      from usage_intervals u
      where (u.resource_id = any($1) or u.parent_id = any($2)) and u.begins_at <= clock_now()
    ) u
    group by 1`,
  params: { resourceIds: 'text[]', parentIds: 'text[]' },
  row: { key: 'text', cost: 'text', unpricedUs: 'text', hourlyMicros: 'int8' },
});

/** What runs for a team will cost until its parent ends, or until a time: micro-dollars per hour x microseconds. */
export const sumCommittedIntervals = statement({
  name: 'usage_intervals.sum_committed',
  text: `
    select trunc(coalesce(sum(u.hourly_micros::numeric
      * extract(epoch from least(coalesce(u.expected_end_at, $2), $2) - clock_now()) * 1000000), 0))::text as "exact"
    from usage_intervals u
    where u.team = $1 and u.ends_at is null and (u.expected_end_at is null or u.expected_end_at > clock_now())`,
  params: { team: 'text', until: 'timestamptz' },
  row: { exact: 'text' },
});

/** One row for each interval and UTC day of a window, in the order of their begins. A page begins after the given row. */
export const pageIntervalCharges = statement({
  name: 'usage_intervals.list_charges',
  text: `
    with charges as (
      select u.*, greatest(u.begins_at, $1, day) as "start", least(coalesce(u.ends_at, $2), $2, day + interval '24 hours') as "end"
      from usage_intervals u
        cross join lateral generate_series(date_trunc('day', greatest(u.begins_at, $1), 'UTC'),
          least(coalesce(u.ends_at, $2), $2) - interval '1 microsecond', interval '24 hours') as day
      where ${IN_WINDOW} and ($4::int8 is null or u.id >= $4)
    )
    select c.id, c.subject_id as "subjectId", c.parent_id as "parentId", c.parent_name as "parentName", c.resource_id as "resourceId",
      c.resource_name as "resourceName", c.resource_type as "resourceType", c.owner, c.team, c.cpus, c.memory_mb as "memoryMb",
      c."start", c."end", (extract(epoch from c."start") * 1000000)::int8 as "startUs",
      (extract(epoch from c."end" - c."start") * 1000000)::int8 as "us", c.hourly_micros as "hourlyMicros", c.price_date::text as "priceDate"
    from charges c
    where c."end" > c."start" and ($4 is null or (c.id, (extract(epoch from c."start") * 1000000)::int8) > ($4, $5::int8))
    order by c.id, c."start"
    limit $6`,
  params: {
    from: 'timestamptz',
    to: 'timestamptz',
    teams: 'text[]?',
    afterId: 'int8?',
    afterStartUs: 'int8?',
    limit: 'int4',
  },
  row: {
    id: 'int8',
    subjectId: 'text',
    parentId: 'text',
    parentName: 'text',
    resourceId: 'text',
    resourceName: 'text',
    resourceType: 'text',
    owner: 'text',
    team: 'text',
    cpus: 'float8',
    memoryMb: 'int4',
    start: 'timestamptz',
    end: 'timestamptz',
    startUs: 'int8',
    us: 'int8',
    hourlyMicros: 'int8',
    priceDate: 'text?',
  },
});
