import { statement } from '../../kernel/db/statement.ts';

/**
 * When the keepalive of cluster `c` ends, as SQL. Null without a keepalive, and while no API serves, because no renewal is possible. After such a
 * time it lasts its whole length again, from when an API serves.
 */
export const KEEPALIVE_END = `(
    select greatest(c.keepalive_renewed_at, s.since) + c.keepalive_minutes * interval '1 minute' from api_serving s where s.until > clock_now())`;

/** When cluster `c` is destroyed if nothing is done, as SQL: its deadline, or the end of its keepalive if that is earlier. */
export const EXPIRES_AT = `least(c.destroy_at, ${KEEPALIVE_END})`;

/**
 * Renews a keepalive, in one statement. No row: the caller may not, the cluster has no keepalive, or it has expired already.
 * `expiresAt` is never after the deadline.
 */
export const renewClusterKeepalive = statement({
  name: 'clusters.renew_keepalive',
  text: `
    update clusters c
    set keepalive_renewed_at = clock_now()
    where c.id = $1 and ($2::text[] is null or c.team = any($2))
      and c.keepalive_minutes is not null and ${EXPIRES_AT} > clock_now()
      and c.status not in ('DESTROYED', 'DESTROYING', 'DESTROY_FAILED')
    returning c.keepalive_minutes as "minutes", c.keepalive_renewed_at as "renewedAt",
      least(c.destroy_at, clock_now() + c.keepalive_minutes * interval '1 minute') as "expiresAt"`,
  params: { id: 'text', teams: 'text[]?' },
  row: { minutes: 'int4', renewedAt: 'timestamptz', expiresAt: 'timestamptz' },
});

/** Begins a keepalive of N minutes now; null removes it. */
export const setClusterKeepalive = statement({
  name: 'clusters.set_keepalive',
  text: `
    update clusters
    set keepalive_minutes = $2, keepalive_renewed_at = case when $2::int4 is not null then clock_now() end
    where id = $1
    returning id`,
  params: { id: 'text', minutes: 'int4?' },
  row: { id: 'text' },
});

/** Clusters whose keepalive has ended and whose destroy was not requested yet, whatever their status. */
export const listUnrenewed = statement({
  name: 'clusters.list_unrenewed',
  text: `
    select c.id
    from clusters c
    where c.keepalive_minutes is not null and c.status not in ('DESTROYED', 'DESTROYING', 'DESTROY_FAILED')
      and ${KEEPALIVE_END} <= clock_now()
    order by c.keepalive_renewed_at
    limit $1`,
  params: { limit: 'int4' },
  row: { id: 'text' },
});
