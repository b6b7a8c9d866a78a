import { listCredentialChanges } from '../audit/audit.sql.ts';
import { audit } from '../audit/audit.ts';
import { type Caller, teamsWith } from '../caller.ts';
import type { Queryable, Tx } from '../db/db.ts';
import { AppError } from '../errors.ts';
import type { NewId } from '../ids.ts';
import type { SecretId } from '../secrets/secret-store.ts';
import {
  type ApprovalRow,
  findPending,
  insertApproval,
  insertSecretAccess,
  lockApproval,
  lockSecretAccesses,
  nextSecretAccess,
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
  const wanted = { requestedBy: caller.principal, action, target, detail, reason };
  await tx.query(lockSecretAccesses, { principal: caller.principal });
  const [approved] = await tx.query(useApproval, wanted);
  if (approved) return { approved };
  const [pending] = await tx.query(findPending, wanted);
  if (pending) return { waiting: pending };
  const row = { id: newId('apr'), ...wanted, team, minutes: PENDING_MINUTES };
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
 * @throws AppError NOT_FOUND, FORBIDDEN for the caller's own request and for principals under the control of the requester, STATE_CONFLICT when it is
 * decided or expired
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
  await assertIndependent(q, caller, request.requestedBy);
  return request;
}

/**
 * An approval is the word of a second person. A role is assumed by programs. A requester who made a key or grant of a principal, directly or
 * through other principals, may act in its name.
 * @throws AppError FORBIDDEN
 */
async function assertIndependent(q: Queryable, { principal }: Caller, requestedBy: string): Promise<void> {
  if (principal.startsWith('role:')) {
    throw new AppError('FORBIDDEN', `${principal} is a role: a person must decide this request.`, {
      errors: [
        {
          field: 'principal',
          code: 'NOT_A_PERSON',
          message: 'sign in as a user or with IAM Identity Center',
        },
      ],
    });
  }
  const changes = await q.query(listCredentialChanges, {});
  const controlled = new Set([requestedBy]);
  // In the order of the changes, because a principal counts from its own change on.
  for (const change of changes) if (controlled.has(change.actor)) controlled.add(change.principal);
  if (!controlled.has(principal)) return;
  const detail = `${requestedBy}, who made this request, created a key or grant of ${principal} less than a day ago, directly or through another principal.`;
  throw new AppError('FORBIDDEN', detail, {
    errors: [{ field: 'principal', code: 'NOT_INDEPENDENT', message: 'ask another platform admin' }],
  });
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

const MIN_REASON = 3;

/** @returns the reason without space around it. @throws AppError POLICY_VIOLATION when it says nothing; `what` needs one */
export function requireReason(given: string, what: string): string {
  const reason = given.trim();
  if (reason.length >= MIN_REASON) return reason;
  const said = reason === '' ? '' : ` "${reason}" is too short.`;
  throw new AppError('POLICY_VIOLATION', `${what} needs a reason; it goes into the audit log.${said}`, {
    errors: [{ field: 'reason', code: 'REQUIRED', message: `say why, in ${MIN_REASON} characters or more` }],
  });
}

/**
 * Counts a secret that is read; to read it again within the hour does not count again.
 * @throws AppError RATE_LIMITED when the caller has reached the limit of this hour
 */
export async function countSecretAccess(
  tx: Tx,
  caller: Caller,
  perHour: number,
  { ownerId, kind }: SecretId,
): Promise<void> {
  const { principal } = caller;
  await tx.query(lockSecretAccesses, { principal });
  if ((await tx.query(insertSecretAccess, { principal, perHour, secret: `${ownerId} ${kind}` })).length > 0)
    return;
  const [next] = await tx.query(nextSecretAccess, { principal });
  throw new AppError(
    'RATE_LIMITED',
    `${principal} has read ${perHour} secrets within an hour, which is the limit.`,
    {
      retryAfterSeconds: next?.seconds ?? 60,
    },
  );
}
