import { statement } from '../../kernel/db/statement.ts';

/** Expired clusters whose destroy was not requested yet, whatever their status. */
export const listExpired = statement({
  name: 'clusters.list_expired',
  text: `
    select id, status
    from clusters
    where destroy_at <= clock_now() and status not in ('DESTROYED', 'DESTROYING', 'DESTROY_FAILED')
    order by destroy_at
    limit $1`,
  params: { limit: 'int4' },
  row: { id: 'text', status: 'text' },
});

/** Failed destroys whose next try is due, whatever their deadline: the destroy was requested, and only an admin can give it up. */
export const listUndestroyed = statement({
  name: 'clusters.list_undestroyed',
  text: `
    select id
    from clusters
    where status = 'DESTROY_FAILED' and abandoned_at is null and (destroy_retry_at is null or destroy_retry_at <= clock_now())
    order by destroy_retry_at nulls first
    limit $1`,
  params: { limit: 'int4' },
  row: { id: 'text' },
});

/**
 * After the nth failed destroy of a cluster, of people and janitor: the next one $2 x 2^(n - 1) minutes from now, at most $3. Run it after
 * the transition. The exponent is bounded because a float8 cannot hold 2^1024.
 */
export const scheduleDestroyRetry = statement({
  name: 'clusters.schedule_destroy_retry',
  text: `
    update clusters
    set destroy_retry_at = clock_now() + least($3::float8, $2::float8 * 2.0::float8 ^ (
      select least(count(*) - 1, 30) from cluster_transitions where cluster_id = $1 and to_status = 'DESTROY_FAILED'
    )) * interval '1 minute'
    where id = $1
    returning id`,
  params: { id: 'text', baseMinutes: 'float8', maxMinutes: 'float8' },
  row: { id: 'text' },
});

/**
 * Clusters within the warning time of their profile that have no warning for their deadline yet. $1 is [{profile, hours}], $2 the hours
 * of a profile that is gone from the server. One whose whole lifetime is shorter gets none: its user knows.
 */
export const listExpiring = statement({
  name: 'clusters.list_expiring',
  text: `
    select c.id, c.destroy_at as "destroyAt", w.hours
    from clusters c
    left join jsonb_to_recordset($1) as p (profile text, hours float8) on p.profile = c.profile
    cross join lateral (select coalesce(p.hours, $2::float8) as hours) w
    where c.status not in ('DESTROYED', 'DESTROYING', 'DESTROY_FAILED')
      and c.destroy_at > clock_now() and c.destroy_at <= clock_now() + w.hours * interval '1 hour'
      and c.created_at < c.destroy_at - w.hours * interval '1 hour'
      and not exists (select from cluster_warnings s where s.cluster_id = c.id and s.destroy_at = c.destroy_at)
    order by c.destroy_at
    limit $3`,
  params: { thresholds: 'jsonb', defaultHours: 'float8', limit: 'int4' },
  row: { id: 'text', destroyAt: 'timestamptz', hours: 'float8' },
});

/** The warning of the present deadline. No row: it is recorded already. */
export const insertWarning = statement({
  name: 'clusters.insert_warning',
  text: `
    insert into cluster_warnings (cluster_id, destroy_at, before_hours)
    select id, destroy_at, $2 from clusters where id = $1
    on conflict (cluster_id, destroy_at) do nothing
    returning cluster_id as "id"`,
  params: { id: 'text', beforeHours: 'float8' },
  row: { id: 'text' },
});

/** A page of the warnings of a cluster, newest first: those before `before`. */
export const listWarnings = statement({
  name: 'clusters.list_warnings',
  text: `
    select id, at, destroy_at as "destroyAt", before_hours as "beforeHours"
    from cluster_warnings
    where cluster_id = $1 and ($2::int8 is null or id < $2)
    order by id desc
    limit $3`,
  params: { clusterId: 'text', before: 'int8?', limit: 'int4' },
  row: { id: 'int8', at: 'timestamptz', destroyAt: 'timestamptz', beforeHours: 'float8' },
});
