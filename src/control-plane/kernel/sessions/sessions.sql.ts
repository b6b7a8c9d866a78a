import { statement } from '../db/statement.ts';

/** Serialises the creation of sessions of one principal until the transaction ends, so that their count is exact. */
export const lockPrincipal = statement({
  name: 'sessions.lock_principal',
  text: `select (pg_advisory_xact_lock(hashtextextended('session ' || $1, 0)) is not null) as "locked"`,
  params: { principal: 'text' },
  row: { locked: 'bool' },
});

/** Pins the unpinned grants of a principal to the current holder of its name. */
export const pinGrants = statement({
  name: 'sessions.pin_grants',
  text: `update rbac_mappings set unique_id = $2 where principal = $1 and unique_id is null returning role, team`,
  params: { principal: 'text', uniqueId: 'text' },
  row: { role: 'text', team: 'text' },
});

/** How many grants a principal has, and how many of them apply to this unique id. */
export const countGrants = statement({
  name: 'sessions.count_grants',
  text: `
    select count(*)::int4 as "all", (count(*) filter (where unique_id is null or unique_id = $2))::int4 as "own"
    from rbac_mappings where principal = $1`,
  params: { principal: 'text', uniqueId: 'text' },
  row: { all: 'int4', own: 'int4' },
});

export const countSessions = statement({
  name: 'sessions.count',
  text: `
    select count(*)::int4 as "count",
      coalesce(ceil(extract(epoch from min(expires_at) - clock_now())), 0)::int4 as "firstEndsInSeconds"
    from access_sessions where principal = $1 and revoked_at is null and expires_at > clock_now()`,
  params: { principal: 'text' },
  row: { count: 'int4', firstEndsInSeconds: 'int4' },
});

export const insertSession = statement({
  name: 'sessions.insert',
  text: `
    insert into access_sessions (id, principal, unique_id, arn, claimed_session, token_sha256, expires_at)
    values ($1, $2, $3, $4, $5, $6, clock_now() + $7::float8 * interval '1 minute')
    returning expires_at as "expiresAt"`,
  params: {
    id: 'text',
    principal: 'text',
    uniqueId: 'text',
    arn: 'text',
    claimedSession: 'text?',
    tokenSha256: 'bytea',
    minutes: 'float8',
  },
  row: { expiresAt: 'timestamptz' },
});

/** A session that is neither expired nor revoked, by the database clock. */
export const findSession = statement({
  name: 'sessions.find',
  text: `
    select id, principal, unique_id as "uniqueId", token_sha256 as "tokenSha256" from access_sessions
    where id = $1 and revoked_at is null and expires_at > clock_now()`,
  params: { id: 'text' },
  row: { id: 'text', principal: 'text', uniqueId: 'text', tokenSha256: 'bytea' },
});

export const revokeSession = statement({
  name: 'sessions.revoke',
  text: `
    update access_sessions set revoked_at = clock_now() where id = $1 and revoked_at is null
    returning principal`,
  params: { id: 'text' },
  row: { principal: 'text' },
});

/** Active sessions ordered by principal, starting after the given one. */
export const pageSessions = statement({
  name: 'sessions.page',
  text: `
    select id, principal, arn, claimed_session as "claimedSession", created_at as "createdAt", expires_at as "expiresAt"
    from access_sessions
    where revoked_at is null and expires_at > clock_now()
      and (principal, id) > ($1, $2) and ($3::text is null or principal = $3)
    order by principal, id
    limit $4`,
  params: { afterPrincipal: 'text', afterId: 'text', principal: 'text?', limit: 'int4' },
  row: {
    id: 'text',
    principal: 'text',
    arn: 'text',
    claimedSession: 'text?',
    createdAt: 'timestamptz',
    expiresAt: 'timestamptz',
  },
});

export const revokeSessionsOf = statement({
  name: 'sessions.revoke_of',
  text: `
    update access_sessions set revoked_at = clock_now()
    where principal = $1 and revoked_at is null and expires_at > clock_now()
    returning id`,
  params: { principal: 'text' },
  row: { id: 'text' },
});

export const listEndedSessions = statement({
  name: 'sessions.list_ended',
  text: `
    select id from access_sessions where expires_at <= clock_now() or revoked_at is not null
    order by expires_at limit 500`,
  params: {},
  row: { id: 'text' },
});

export const deleteSession = statement({
  name: 'sessions.delete',
  text: `delete from access_sessions where id = $1 returning id`,
  params: { id: 'text' },
  row: { id: 'text' },
});
