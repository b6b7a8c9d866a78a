import * as z from 'zod';
import type { components, operations } from '../../../contract/api.gen.ts';
import { type ApprovalRow, listApprovals } from '../../kernel/approvals/approvals.sql.ts';
import { type Caller, teamsWith } from '../../kernel/caller.ts';
import type { Db } from '../../kernel/db/db.ts';
import { Listing } from '../../kernel/listing.ts';

type Approval = components['schemas']['Approval'];
type Query = NonNullable<operations['listApprovals']['parameters']['query']>;

const APPROVALS = new Listing('approvals', z.string().regex(/^apr_[0-9a-z]{26}$/));
const STATUSES = ['PENDING', 'APPROVED', 'DENIED', 'USED', 'EXPIRED'] as const;

/** Requests of the teams that the caller administers or audits, and the caller's own. */
export async function listApprovalsFor(db: Db, caller: Caller, query: Query) {
  const limit = query.limit ?? 50;
  const rows = await db.query(listApprovals, {
    teams: teamsWith(caller, ['auditor', 'platform_admin']),
    principal: caller.principal,
    before: APPROVALS.decodeCursor(query.cursor, caller.principal) ?? null,
    status: query.status ?? null,
    limit: limit + 1,
  });
  const page = APPROVALS.page(rows, limit, caller.principal, ({ id }) => id);
  return { items: page.rows.map(presentApproval), nextCursor: page.nextCursor };
}

export function presentApproval({
  status,
  requestedAt,
  expiresAt,
  decidedAt,
  ...rest
}: ApprovalRow): Approval {
  const known = STATUSES.find((name) => name === status);
  if (!known) throw new TypeError(`an approval has the status ${status}`);
  return {
    ...rest,
    status: known,
    requestedAt: requestedAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
    decidedAt: decidedAt?.toISOString() ?? null,
  };
}
