import type { operations } from '../../../contract/api.gen.ts';
import { actingTeams } from '../../kernel/access/team-access.ts';
import type { ApprovalRow } from '../../kernel/approvals/approvals.sql.ts';
import { countSecretAccess, requireReason, useOrRequestApproval } from '../../kernel/approvals/approvals.ts';
import { audit } from '../../kernel/audit/audit.ts';
import { type Caller, teamsWith } from '../../kernel/caller.ts';
import { AppError } from '../../kernel/errors.ts';
import { getCluster } from '../store/clusters.sql.ts';
import type { ClusterServices, SecretKind } from './cluster-services.ts';
import { forbiddenOrNotFound } from './read.ts';

type Request = operations['openClusterCredential']['requestBody']['content']['application/json'];
const ACTION = 'cluster.credential.open';

type Opened = { readonly kind: SecretKind; readonly value: string };

/**
 * Opens one secret of a cluster, as its kind's policy says. The audit event is committed before the secret is decrypted, so a
 * reading leaves its trace even when the answer is lost. A reader from outside the team needs a reason for everything.
 */
export async function openCredential(
  services: ClusterServices,
  caller: Caller,
  id: string,
  { kind, reason: given }: Request,
): Promise<Opened> {
  const reason = given?.trim() ?? '';
  const teams = actingTeams(caller);
  const [cluster] = await services.db.query(getCluster, { id, teams });
  if (!cluster) throw await forbiddenOrNotFound(services.db, caller, id);
  const ownTeam = teamsWith(caller, ['requester'])?.includes(cluster.team) ?? false;
  const policy = services.breakGlass.policies[kind];
  if (policy !== 'none' || !(ownTeam || cluster.requestedBy === caller.principal))
    requireReason(reason, `Reading the ${kind} of ${cluster.name}`);
  const approvable = { action: ACTION, target: id, detail: kind, team: cluster.team, reason };
  const waiting = await services.db.tx(async (tx) => {
    const asked =
      policy === 'approval' ? await useOrRequestApproval(tx, caller, approvable, services.newId) : {};
    if (asked.waiting) return asked.waiting;
    await countSecretAccess(tx, caller, services.breakGlass.accessesPerHour, { ownerId: id, kind });
    const approval = asked.approved
      ? { approval: asked.approved.id, approvedBy: asked.approved.decidedBy }
      : {};
    await audit(tx, cluster.team, caller, {
      action: ACTION,
      target: id,
      status: 'SUCCESS',
      metadata: { kind, reason: reason === '' ? null : reason, ...approval },
    });
    return undefined;
  });
  if (waiting) throw approvalRequired(waiting, kind, cluster.name);
  const value = await services.secrets.open(services.db, { ownerId: id, kind });
  if (!value)
    throw new AppError('NOT_FOUND', `Cluster ${cluster.name} has no ${kind}: it is ${cluster.status}.`);
  return { kind, value: Buffer.from(value).toString('utf8') };
}

function approvalRequired({ id, expiresAt }: ApprovalRow, kind: SecretKind, name: string): AppError {
  const detail =
    `Reading the ${kind} of ${name} takes the approval of another admin. The request ${id} waits until ` +
    `${expiresAt.toISOString()}; once it is approved, ask again with the same reason within an hour.`;
  return new AppError('APPROVAL_REQUIRED', detail, {
    errors: [{ field: 'kind', code: 'APPROVAL_REQUIRED', message: `ocpctl admin approvals approve ${id}` }],
  });
}
