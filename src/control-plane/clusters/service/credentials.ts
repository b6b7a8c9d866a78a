import type { operations } from '../../../contract/api.gen.ts';
import { type Caller, teamsWith } from '../../kernel/access/caller.ts';
import { audit } from '../../kernel/audit/audit.ts';
import { AppError } from '../../kernel/errors.ts';
import { getCluster } from '../store/clusters.ts';
import { notTheirs } from './read.ts';
import type { ClusterWing, SecretKind } from './wing.ts';

type Request = operations['openClusterCredential']['requestBody']['content']['application/json'];
const MIN_REASON = 3;

type Opened = { readonly kind: SecretKind; readonly value: string };

/**
 * Opens one secret of a cluster. The audit event is committed before the secret is decrypted, so a reading leaves its trace even
 * when the answer is lost. The kubeadmin password needs a reason, and so does a reader from outside the team.
 */
export async function openCredential(
  wing: ClusterWing,
  caller: Caller,
  id: string,
  { kind, reason: given }: Request,
): Promise<Opened> {
  const reason = given?.trim() ?? '';
  const teams = teamsWith(caller, ['requester', 'platform_admin']);
  const [cluster] = await wing.db.query(getCluster, { id, teams });
  if (!cluster) throw await notTheirs(wing.db, caller, id);
  const ownTeam = teamsWith(caller, ['requester'])?.includes(cluster.team) ?? false;
  const needsReason = kind === 'kubeadmin-password' || !(ownTeam || cluster.requestedBy === caller.principal);
  if (needsReason && reason.length < MIN_REASON) {
    throw new AppError(
      'POLICY_VIOLATION',
      `Reading the ${kind} of ${cluster.name} needs a reason; it goes into the audit trail.`,
      {
        errors: [
          { field: 'reason', code: 'REQUIRED', message: `say why, in ${MIN_REASON} characters or more` },
        ],
      },
    );
  }
  await audit(wing.db, cluster.team, caller, {
    action: 'cluster.credential.open',
    target: id,
    status: 'SUCCESS',
    metadata: { kind, reason: reason === '' ? null : reason },
  });
  const value = await wing.secrets.open(wing.db, { ownerId: id, kind });
  if (!value)
    throw new AppError('NOT_FOUND', `Cluster ${cluster.name} has no ${kind}: it is ${cluster.status}.`);
  return { kind, value: Buffer.from(value).toString('utf8') };
}
