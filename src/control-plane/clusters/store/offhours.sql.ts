import { type RowOf, statement } from '../../kernel/db/statement.ts';
import { SCALE_JOB } from '../job-types.ts';

const SCHEDULE_COLUMNS = `team, timezone, start_time as "start", end_time as "end", days, holidays, updated_by as "updatedBy", updated_at as "updatedAt"`;
const SCHEDULE_ROW = {
  team: 'text',
  timezone: 'text',
  start: 'text',
  end: 'text',
  days: 'text[]',
  holidays: 'text[]',
  updatedBy: 'text',
  updatedAt: 'timestamptz',
} as const;

/** Schedules of the given teams. */
export const listSchedules = statement({
  name: 'offhours.list_schedules',
  text: `select ${SCHEDULE_COLUMNS} from offhours_schedules where team = any($1)`,
  params: { teams: 'text[]' },
  row: SCHEDULE_ROW,
});
export type ScheduleRow = RowOf<typeof listSchedules>;

/** A page of the schedules of the given teams (null: of any), those after `after`. */
export const pageSchedules = statement({
  name: 'offhours.page_schedules',
  text: `
    select ${SCHEDULE_COLUMNS}
    from offhours_schedules
    where ($1::text[] is null or team = any($1)) and team > $2
    order by team
    limit $3`,
  params: { teams: 'text[]?', after: 'text', limit: 'int4' },
  row: SCHEDULE_ROW,
});

/** Holidays that are null stay as they are. */
export const setSchedule = statement({
  name: 'offhours.set_schedule',
  text: `
    insert into offhours_schedules (team, timezone, start_time, end_time, days, holidays, updated_by)
    values ($1, $2, $3, $4, $5, coalesce($6::text[], '{}'), $7)
    on conflict (team) do update set timezone = excluded.timezone, start_time = excluded.start_time, end_time = excluded.end_time,
      days = excluded.days, holidays = coalesce($6::text[], offhours_schedules.holidays), updated_by = excluded.updated_by, updated_at = clock_now()
    returning ${SCHEDULE_COLUMNS}`,
  params: {
    team: 'text',
    timezone: 'text',
    start: 'text',
    end: 'text',
    days: 'text[]',
    holidays: 'text[]?',
    updatedBy: 'text',
  },
  row: SCHEDULE_ROW,
});

export const clearSchedule = statement({
  name: 'offhours.clear_schedule',
  text: `delete from offhours_schedules where team = $1 returning team`,
  params: { team: 'text' },
  row: { team: 'text' },
});

export const countOptedIn = statement({
  name: 'offhours.count_opted_in',
  text: `
    select team, count(*)::int4 as "count"
    from clusters
    where team = any($1) and offhours_opt_in and status <> 'DESTROYED' and abandoned_at is null
    group by team`,
  params: { teams: 'text[]' },
  row: { team: 'text', count: 'int4' },
});

export const setOptIn = statement({
  name: 'offhours.set_opt_in',
  text: `update clusters set offhours_opt_in = $2 where id = $1 returning id`,
  params: { id: 'text', optIn: 'bool' },
  row: { id: 'text' },
});

/** What the schedule has done with clusters, of those with a row. */
export const listOffhours = statement({
  name: 'offhours.list',
  text: `
    select o.cluster_id as "clusterId", o.workers, o.is_down as "isDown", o.settled_at as "settledAt", o.settled_in_hours as "settledInHours",
      o.settled_by_schedule as "settledBySchedule", o.blocked, o.period_since as "periodSince", o.tries, o.job_id as "jobId", o.target,
      j.status as "jobStatus", j.ended_at as "jobEndedAt", j.cancelled_by as "cancelledBy"
    from cluster_offhours o left join jobs j on j.id = o.job_id
    where o.cluster_id = any($1)`,
  params: { clusterIds: 'text[]' },
  row: {
    clusterId: 'text',
    workers: 'int4?',
    isDown: 'bool',
    settledAt: 'timestamptz?',
    settledInHours: 'bool?',
    settledBySchedule: 'bool',
    blocked: 'text?',
    periodSince: 'timestamptz?',
    tries: 'int4',
    jobId: 'text?',
    target: 'int4?',
    jobStatus: 'text?',
    jobEndedAt: 'timestamptz?',
    cancelledBy: 'text?',
  },
});
export type OffhoursRow = RowOf<typeof listOffhours>;

/** Clusters that a schedule may scale, by id. */
export const listOffhoursClusters = statement({
  name: 'offhours.list_clusters',
  text: `
    select c.id
    from clusters c
    where c.status in ('READY', 'SCALING') and c.id > $1
      and (c.offhours_opt_in or exists (select from cluster_offhours o where o.cluster_id = c.id))
    order by c.id
    limit $2`,
  params: { after: 'text', limit: 'int4' },
  row: { id: 'text' },
});

/** Records that the schedule requests a scale. The number before is kept if there is one, so that a second try does not lose it. */
export const recordScaleRequest = statement({
  name: 'offhours.record_scale',
  text: `
    insert into cluster_offhours as o (cluster_id, workers, is_down, period_since, tries, job_id, requested_at, target)
    values ($1, nullif($2, 0), $3 = 0, $4, 1, $5, clock_now(), $3)
    on conflict (cluster_id) do update set workers = coalesce(o.workers, excluded.workers), is_down = o.is_down or excluded.is_down,
      tries = case when o.period_since is not distinct from excluded.period_since and o.target = excluded.target then o.tries + 1 else 1 end,
      period_since = excluded.period_since, job_id = excluded.job_id, requested_at = excluded.requested_at, target = excluded.target
    returning cluster_id as "id"`,
  params: {
    id: 'text',
    before: 'int4',
    target: 'int4',
    periodSince: 'timestamptz?',
    jobId: 'text',
  },
  row: { id: 'text' },
});

/** Records that the cluster has what the schedule wanted in this period. In hours there is no number to go back to any more. */
export const settleOffhours = statement({
  name: 'offhours.settle',
  text: `
    insert into cluster_offhours as o (cluster_id, settled_at, settled_in_hours, settled_by_schedule)
    values ($1, clock_now(), $2, true)
    on conflict (cluster_id) do update set settled_at = excluded.settled_at, settled_in_hours = excluded.settled_in_hours,
      settled_by_schedule = true, workers = case when $2 then null else o.workers end, is_down = o.is_down and not $2
    returning cluster_id as "id"`,
  params: { id: 'text', inHours: 'bool' },
  row: { id: 'text' },
});

/**
 * Records that a user cancelled the scale of the schedule: nothing is done until the next boundary. The number is kept, so that the next
 * start of hours has it.
 */
export const holdOffhours = statement({
  name: 'offhours.hold',
  text: `
    update cluster_offhours set settled_at = clock_now(), settled_in_hours = $2, settled_by_schedule = false
    where cluster_id = $1
    returning cluster_id as "id"`,
  params: { id: 'text', inHours: 'bool' },
  row: { id: 'text' },
});

/**
 * Records that a scale by hand succeeded: it wins until the next boundary after it was requested. `workers`: to which they go back at the
 * next start of hours; null: what they have then.
 */
export const overrideOffhours = statement({
  name: 'offhours.override',
  text: `
    insert into cluster_offhours (cluster_id, workers, settled_at, settled_in_hours, settled_by_schedule)
    values ($1, $2, $3, $4, false)
    on conflict (cluster_id) do update set workers = excluded.workers, is_down = false, settled_at = excluded.settled_at,
      settled_in_hours = excluded.settled_in_hours, settled_by_schedule = false
    returning cluster_id as "id"`,
  params: { id: 'text', workers: 'int4?', requestedAt: 'timestamptz', inHours: 'bool' },
  row: { id: 'text' },
});

/** Records why the schedule may not take the workers away; null: it may. @returns no row if that is recorded already */
export const setOffhoursBlocked = statement({
  name: 'offhours.set_blocked',
  text: `
    insert into cluster_offhours as o (cluster_id, blocked)
    values ($1, $2)
    on conflict (cluster_id) do update set blocked = excluded.blocked where o.blocked is distinct from excluded.blocked
    returning cluster_id as "id"`,
  params: { id: 'text', blocked: 'text?' },
  row: { id: 'text' },
});

/** The last scale of each cluster, by a user or the schedule. */
export const listLastScales = statement({
  name: 'offhours.list_last_scales',
  text: `
    select c.id as "clusterId", j.id as "jobId", j.requested_by as "by", j.created_at as "at", j.status,
      (j.payload->>'workers')::int4 as "workers", coalesce(j.payload->>'before', j.payload->>'from')::int4 as "before", j.payload->>'reason' as "reason"
    from unnest($1::text[]) as c (id)
    cross join lateral (
      select * from jobs where resource_id = c.id and job_type = '${SCALE_JOB}' order by seq desc limit 1
    ) j`,
  params: { clusterIds: 'text[]' },
  row: {
    clusterId: 'text',
    jobId: 'text',
    by: 'text',
    at: 'timestamptz',
    status: 'text',
    workers: 'int4',
    before: 'int4',
    reason: 'text?',
  },
});
export type ScaleRow = RowOf<typeof listLastScales>;

/** Nothing is left to undo. */
export const forgetOffhours = statement({
  name: 'offhours.forget',
  text: `delete from cluster_offhours where cluster_id = $1 returning cluster_id as "id"`,
  params: { id: 'text' },
  row: { id: 'text' },
});
