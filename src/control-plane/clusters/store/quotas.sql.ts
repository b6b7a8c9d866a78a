import { statement } from '../../kernel/db/statement.ts';
import { EXPIRES_AT } from './keepalive.sql.ts';

/** Serialises what counts against a team's quota until the transaction ends. */
export const lockTeamQuota = statement({
  name: 'clusters.lock_team_quota',
  text: `select pg_advisory_xact_lock(hashtextextended('cluster-quota:' || $1, 0))::text as "locked"`,
  params: { team: 'text' },
  row: { locked: 'text' },
});

/** What counts against a team's quota now, and the times of its newest creates within the last hour, whatever became of them. */
export const countTeamClusters = statement({
  name: 'clusters.count_team',
  text: `
    select count(*)::int4 as "active", count(*) filter (where status in ('PENDING', 'CREATING'))::int4 as "creating",
      min(${EXPIRES_AT}) as "nextDeadline", clock_now() as "now",
      array(
        select created_at
        from clusters
        where team = $1 and created_at > clock_now() - interval '1 hour'
        order by created_at desc
        limit $2) as "recentCreates"
    from clusters c
    where team = $1 and status <> 'DESTROYED' and proven_empty_at is null and abandoned_at is null`,
  params: { team: 'text', recent: 'int4' },
  row: {
    active: 'int4',
    creating: 'int4',
    nextDeadline: 'timestamptz?',
    now: 'timestamptz',
    recentCreates: 'timestamptz[]',
  },
});

/** Teams of which something counts against a quota now. */
export const listBusyTeams = statement({
  name: 'clusters.list_busy_teams',
  text: `
    select team from clusters where status <> 'DESTROYED' and proven_empty_at is null and abandoned_at is null
    union
    select team from clusters where created_at > clock_now() - interval '1 hour'
    order by team
    limit $1`,
  params: { limit: 'int4' },
  row: { team: 'text' },
});

/**
 * Creates before this one whose resources the cloud does not count yet: they have no infrastructure, or one so young that it is
 * still being made. Only those before: of two that wait for the same quota, the older one must not wait for the younger.
 */
export const countCreatesAhead = statement({
  name: 'clusters.count_creates_ahead',
  text: `
    select count(*)::int4 as "count"
    from clusters
    where cloud = $2 and region = $3 and status in ('PENDING', 'CREATING') and id < $1
      and (infra_id is null or updated_at > clock_now() - interval '15 minutes')`,
  params: { id: 'text', cloud: 'text', region: 'text' },
  row: { count: 'int4' },
});
