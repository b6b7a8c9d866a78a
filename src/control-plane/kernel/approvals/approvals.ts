import { audit } from '../audit/audit.ts';
import { type Caller, teamsWith } from '../caller.ts';
import type { Queryable, Tx } from '../db/db.ts';
import { AppError } from '../errors.ts';
import type { NewId } from '../ids.ts';
import {
  type ApprovalRow,
  findPending,
  insertApproval,
  lockApproval,
  updateApprovalDecision,
  useApproval,
} from './approvals.sql.ts';

/** What needs the approval of a second person. `detail` says which part of the target. */
export interface ApprovalRequest {
  readonly action: string;
  readonly target: string;
  readonly detail: string;
  readonly team: string;
  readonly reason: string;
}

/** An undecided request expires after a day, an unused approval after an hour. */
const PENDING_MINUTES = 24 * 60;
const APPROVED_MINUTES = 60;

/**
 * Uses an approval that the caller has.
 * @returns the approval; without one, the request that now waits for another admin. Calling again returns the same request
 */
export async function useOrRequestApproval(
  tx: Tx,
  caller: Caller,
  { action, target, detail, team, reason }: ApprovalRequest,
  newId: NewId,
): Promise<{ readonly approved?: ApprovalRow; readonly waiting?: ApprovalRow }> {
  const wanted = { requestedBy: caller.principal, action, target, detail };
  const [approved] = await tx.query(useApproval, wanted);
  if (approved) return { approved };
  const [pending] = await tx.query(findPending, wanted);
  if (pending) return { waiting: pending };
  const row = { id: newId('apr'), ...wanted, team, reason, minutes: PENDING_MINUTES };
  const [waiting] = await tx.query(insertApproval, row);
  if (!waiting) throw new TypeError('inserting an approval request returned no row');
  await audit(tx, team, caller, {
    action: `${action}.request`,
    target,
    status: 'SUCCESS',
    metadata: { approval: waiting.id, detail, reason },
  });
  return { waiting };
}

/**
 * The request, if the caller may decide it.
 * @throws AppError NOT_FOUND, FORBIDDEN for the caller's own request, STATE_CONFLICT when it is decided or expired
 */
export async function getDecidableApproval(q: Queryable, caller: Caller, id: string): Promise<ApprovalRow> {
  const teams = teamsWith(caller, ['platform_admin']);
  const [request] = await q.query(lockApproval, { id, teams, principal: caller.principal });
  if (!request) throw new AppError('NOT_FOUND', `Approval request ${id} not found.`);
  if (request.requestedBy === caller.principal) {
    throw new AppError('FORBIDDEN', 'You cannot decide your own request.', {
      errors: [{ field: 'principal', code: 'OWN_REQUEST', message: 'ask another platform admin' }],
    });
  }
  if (request.status !== 'PENDING')
    throw new AppError('STATE_CONFLICT', `Approval request ${id} is ${request.status}.`);
  return request;
}

/** Approves or denies a request of another principal, once. @throws AppError as `decidable` does */
export async function decideApprovalRequest(
  tx: Tx,
  caller: Caller,
  id: string,
  decision: { readonly approve: boolean; readonly reason: string | undefined },
): Promise<ApprovalRow> {
  const request = await getDecidableApproval(tx, caller, id);
  const [decided] = await tx.query(updateApprovalDecision, {
    id,
    status: decision.approve ? 'APPROVED' : 'DENIED',
    decidedBy: caller.principal,
    reason: decision.reason ?? null,
    minutes: APPROVED_MINUTES,
  });
  // The row is locked since it was read, so it can only have expired.
  if (!decided) throw new AppError('STATE_CONFLICT', `Approval request ${id} is EXPIRED.`);
  await audit(tx, request.team, caller, {
    action: decision.approve ? 'approval.approve' : 'approval.deny',
    target: id,
    status: 'SUCCESS',
    metadata: {
      requestedBy: request.requestedBy,
      action: request.action,
      of: request.target,
      detail: request.detail,
      reason: decision.reason ?? null,
    },
  });
  return decided;
}
