import { type RowOf, statement } from '../db/statement.ts';

const COLUMNS = `id, action, target, detail, team, reason, requested_by as "requestedBy", requested_at as "requestedAt",
    case when status in ('PENDING', 'APPROVED') and expires_at <= clock_now() then 'EXPIRED' else status end as status,
    expires_at as "expiresAt", decided_by as "decidedBy", decided_at as "decidedAt", decision_reason as "decisionReason"`;
const ROW = {
  id: 'text',
  action: 'text',
  target: 'text',
  detail: 'text',
  team: 'text',
  reason: 'text',
  requestedBy: 'text',
  requestedAt: 'timestamptz',
  status: 'text',
  expiresAt: 'timestamptz',
  decidedBy: 'text?',
  decidedAt: 'timestamptz?',
  decisionReason: 'text?',
} as const;

export const insertApproval = statement({
  name: 'approvals.insert',
  text: `
    insert into approvals (id, action, target, detail, team, reason, requested_by, expires_at)
    values ($1, $2, $3, $4, $5, $6, $7, clock_now() + $8::float8 * interval '1 minute')
    returning ${COLUMNS}`,
  params: {
    id: 'text',
    action: 'text',
    target: 'text',
    detail: 'text',
    team: 'text',
    reason: 'text',
    requestedBy: 'text',
    minutes: 'float8',
  },
  row: ROW,
});
export type ApprovalRow = RowOf<typeof insertApproval>;

/** The pending request for the same access and reason, if any. */
export const findPending = statement({
  name: 'approvals.find_pending',
  text: `
    select ${COLUMNS} from approvals
    where requested_by = $1 and action = $2 and target = $3 and detail = $4 and reason = $5
      and status = 'PENDING' and expires_at > clock_now()
    order by id desc limit 1`,
  params: { requestedBy: 'text', action: 'text', target: 'text', detail: 'text', reason: 'text' },
  row: ROW,
});

/**
 * Marks an approval as used: of two callers at once, one gets it. It is for the reason that was approved, and void when who approved it is
 * no admin any more, or when the requester's roles were granted after the request (removed and granted again).
 */
export const useApproval = statement({
  name: 'approvals.use',
  text: `
    update approvals set status = 'USED', used_at = clock_now()
    where id = (
      select a.id from approvals a
      where a.requested_by = $1 and a.action = $2 and a.target = $3 and a.detail = $4 and a.reason = $5
        and a.status = 'APPROVED' and a.expires_at > clock_now()
        and exists (
          select from rbac_mappings m
          where m.principal = a.decided_by and m.role = 'platform_admin' and m.team in ('*', a.team))
        and not exists (
          select from rbac_mappings m
          where m.principal = a.requested_by and m.team in ('*', a.team) and m.created_at > a.requested_at)
      order by a.id limit 1 for update skip locked)
    returning ${COLUMNS}`,
  params: { requestedBy: 'text', action: 'text', target: 'text', detail: 'text', reason: 'text' },
  row: ROW,
});

/** A request of these teams (null: any), or of this principal. */
export const lockApproval = statement({
  name: 'approvals.lock',
  text: `
    select ${COLUMNS} from approvals
    where id = $1 and ($2::text[] is null or team = any($2) or requested_by = $3)
    for update`,
  params: { id: 'text', teams: 'text[]?', principal: 'text' },
  row: ROW,
});

/** An approval is valid for `minutes` from the decision on. */
export const updateApprovalDecision = statement({
  name: 'approvals.decide',
  text: `
    update approvals
    set status = $2, decided_by = $3, decided_at = clock_now(), decision_reason = $4,
      expires_at = case when $2 = 'APPROVED' then clock_now() + $5::float8 * interval '1 minute' else expires_at end
    where id = $1 and status = 'PENDING' and expires_at > clock_now()
    returning ${COLUMNS}`,
  params: { id: 'text', status: 'text', decidedBy: 'text', reason: 'text?', minutes: 'float8' },
  row: ROW,
});

export const listApprovals = statement({
  name: 'approvals.list',
  text: `
    select * from (
      select ${COLUMNS} from approvals
      where ($1::text[] is null or team = any($1) or requested_by = $2) and ($3::text is null or id < $3)
    ) seen
    where $4::text is null or status = $4
    order by id desc limit $5`,
  params: { teams: 'text[]?', principal: 'text', before: 'text?', status: 'text?', limit: 'int4' },
  row: ROW,
});

/** Serialises secret accesses of one principal and requests for them: their count is exact, and none is requested twice. */
export const lockSecretAccesses = statement({
  name: 'approvals.lock_secret_accesses',
  text: `select pg_advisory_xact_lock(hashtextextended('secret-accesses:' || $1, 0)) is not null as "locked"`,
  params: { principal: 'text' },
  row: { locked: 'bool' },
});

/** Counts one secret that is read, once in an hour. No row: the principal has reached the limit of this hour. */
export const insertSecretAccess = statement({
  name: 'approvals.insert_secret_access',
  text: `
    with hour as (
      select secret, at from secret_accesses where principal = $1 and at > clock_now() - interval '1 hour'
    ), added as (
      insert into secret_accesses (principal, secret)
      select $1, $3
      where (select count(*) from hour) < $2 and not exists (select from hour where secret = $3)
      returning at
    )
    select at from added
    union all select at from hour where secret = $3`,
  params: { principal: 'text', perHour: 'int4', secret: 'text' },
  row: { at: 'timestamptz' },
});

/** Seconds until the oldest access of the hour no longer counts. */
export const nextSecretAccess = statement({
  name: 'approvals.next_secret_access',
  text: `
    select ceil(extract(epoch from min(at) + interval '1 hour' - clock_now()))::int4 as "seconds"
    from secret_accesses where principal = $1 and at > clock_now() - interval '1 hour'
    having count(*) > 0`,
  params: { principal: 'text' },
  row: { seconds: 'int4' },
});

export const purgeSecretAccesses = statement({
  name: 'approvals.purge_secret_accesses',
  text: `
    with gone as (delete from secret_accesses where at < clock_now() - interval '1 hour' returning 1)
    select count(*)::int4 as "count" from gone`,
  params: {},
  row: { count: 'int4' },
});
