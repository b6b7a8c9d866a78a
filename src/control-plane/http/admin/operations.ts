import type { HandlersOf } from '../../kernel/api/handler.ts';
import { decideApprovalRequest, getDecidableApproval } from '../../kernel/approvals/approvals.ts';
import { type Caller, teamsWith } from '../../kernel/caller.ts';
import { AppError } from '../../kernel/errors.ts';
import { listApprovalsFor, presentApproval } from './approvals.ts';
import { type AuditLog, searchAuditLog, showSigningKey, verifyAuditLogFor } from './audit.ts';
import { planRotation, rotateKey, showKeys } from './secret-keys.ts';

type AuditAndSecretOperation =
  | 'listAuditEvents'
  | 'verifyAudit'
  | 'getSigningKey'
  | 'listApprovals'
  | 'decideApproval'
  | 'getSecretKeys'
  | 'rotateSecretKey';

/** Operations of admins and auditors on the audit log, approvals and secret keys. */
export function auditAndSecretHandlers(auditLog: AuditLog): HandlersOf<AuditAndSecretOperation> {
  const { db, secrets } = auditLog;
  return {
    listAuditEvents: { kind: 'query', run: ({ caller, query }) => searchAuditLog(auditLog, caller, query) },
    verifyAudit: {
      kind: 'query',
      run: ({ caller, query }) => verifyAuditLogFor(auditLog, caller, query.cursor),
    },
    getSigningKey: { kind: 'query', run: () => showSigningKey(auditLog) },
    listApprovals: { kind: 'query', run: ({ caller, query }) => listApprovalsFor(db, caller, query) },
    decideApproval: {
      kind: 'command',
      action: 'approval.decide',
      status: 200,
      authorizeReplay: async (caller, answer) => mayAdminister(caller, (answer as { team: string }).team),
      preview: ({ caller, path, query }) =>
        query.dryRun ? getDecidableApproval(db, caller, path.id).then(presentApproval) : undefined,
      run: async (tx, { caller, path, body }) => {
        const decision = { approve: body.decision === 'approve', reason: body.reason };
        return presentApproval(await decideApprovalRequest(tx, caller, path.id, decision));
      },
    },
    getSecretKeys: { kind: 'query', run: () => showKeys(db, secrets) },
    rotateSecretKey: {
      kind: 'command',
      action: 'secrets.rotate',
      status: 202,
      authorizeReplay: async (caller) => mayAdminister(caller, '*'),
      preview: ({ query }) => (query.dryRun ? planRotation(db, secrets) : undefined),
      run: (tx, { caller }) => rotateKey(tx, secrets, caller),
    },
  };
}

/** A replay is denied when the caller has lost the role since. */
function mayAdminister(caller: Caller, team: string): void {
  const teams = teamsWith(caller, ['platform_admin']);
  if (teams !== null && !teams.includes(team))
    throw new AppError(
      'FORBIDDEN',
      `${caller.principal} no longer has the role platform_admin in this team.`,
    );
}
