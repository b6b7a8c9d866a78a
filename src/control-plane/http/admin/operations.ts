import { type Caller, teamsWith } from '../../kernel/access/caller.ts';
import { decidable, decide } from '../../kernel/approvals/approvals.ts';
import { AppError } from '../../kernel/errors.ts';
import type { Handlers } from '../handler.ts';
import { listApprovalsFor, presentApproval } from './approvals.ts';
import { searchTrail, type Trail, verifyTrailFor } from './audit.ts';
import { planRotation, rotateKey, showKeys } from './secret-keys.ts';

type OfTrailAndSecrets =
  | 'listAuditEvents'
  | 'verifyAudit'
  | 'listApprovals'
  | 'decideApproval'
  | 'getSecretKeys'
  | 'rotateSecretKey';

/** What admins and auditors ask about the trail, the approvals and the keys. */
export function trailAndSecretHandlers(trail: Trail): Pick<Handlers, OfTrailAndSecrets> {
  const { db, secrets } = trail;
  return {
    listAuditEvents: { kind: 'reading', run: ({ caller, query }) => searchTrail(trail, caller, query) },
    verifyAudit: { kind: 'reading', run: ({ caller, query }) => verifyTrailFor(trail, caller, query.cursor) },
    listApprovals: { kind: 'reading', run: ({ caller, query }) => listApprovalsFor(db, caller, query) },
    decideApproval: {
      kind: 'mutation',
      action: 'approval.decide',
      status: 200,
      mayReplay: async (caller, answer) => mayAdminister(caller, (answer as { team: string }).team),
      preview: ({ caller, path, query }) =>
        query.dryRun ? decidable(db, caller, path.id).then(presentApproval) : undefined,
      run: async (tx, { caller, path, body }) => {
        const decision = { approve: body.decision === 'approve', reason: body.reason };
        return presentApproval(await decide(tx, caller, path.id, decision));
      },
    },
    getSecretKeys: { kind: 'reading', run: () => showKeys(db, secrets) },
    rotateSecretKey: {
      kind: 'mutation',
      action: 'secrets.rotate',
      status: 202,
      mayReplay: async (caller) => mayAdminister(caller, '*'),
      preview: ({ query }) => (query.dryRun ? planRotation(db, secrets) : undefined),
      run: (tx, { caller }) => rotateKey(tx, secrets, caller),
    },
  };
}

/** An answer from before is not for who lost the right since. */
function mayAdminister(caller: Caller, team: string): void {
  const teams = teamsWith(caller, ['platform_admin']);
  if (teams !== null && !teams.includes(team))
    throw new AppError('FORBIDDEN', `${caller.principal} does not administer this any more.`);
}
