import type { components } from '../../../contract/api.gen.ts';
import { type Caller, teamsWith } from '../../kernel/access/caller.ts';
import { audit } from '../../kernel/audit/audit.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { lifetimeProblems } from '../policy/lifetime.ts';
import { lockCluster, setDeadline } from '../store/clusters.ts';
import { databaseTime } from '../store/transitions.ts';
import { notFound, readCluster } from './read.ts';
import type { ClusterWing } from './wing.ts';

export type Extension = { readonly byHours: number } | { readonly until: Date };

const MS_PER_HOUR = 3_600_000;

/** Moves a deadline. The profile bounds the whole lifetime, counted from creation, in however many steps. */
export async function extendCluster(
  wing: ClusterWing,
  tx: Tx,
  caller: Caller,
  id: string,
  extension: Extension,
): Promise<{ cluster: components['schemas']['Cluster']; previousDestroyAt: string }> {
  const [row] = await tx.query(lockCluster, { id, teams: teamsWith(caller, ['requester', 'platform_admin']) });
  if (!row) throw notFound('cluster', id);
  if (row.status === 'DESTROYED' || row.status === 'DESTROYING') {
    throw new AppError('STATE_CONFLICT', `Cluster ${row.name} is ${row.status}: its deadline no longer matters.`);
  }
  const destroyAt =
    'until' in extension ? extension.until : new Date(row.destroyAt.getTime() + extension.byHours * MS_PER_HOUR);
  const [time] = await tx.query(databaseTime, {});
  if (time && destroyAt <= time.now) {
    throw new AppError('POLICY_VIOLATION', 'The new deadline is in the past; to end a cluster now, destroy it.', {
      errors: [{ field: 'until', code: 'IN_THE_PAST', message: 'a time in the future', allowed: [`after ${time.now.toISOString()}`] }],
    });
  }
  const profile = wing.profiles.get(row.profile);
  const lifetimeHours = (destroyAt.getTime() - row.createdAt.getTime()) / MS_PER_HOUR;
  const problems = profile ? lifetimeProblems(profile, lifetimeHours) : [];
  if (problems.length > 0) {
    throw new AppError('POLICY_VIOLATION', `The lifetime would not fit profile ${row.profile}.`, { errors: problems });
  }
  await tx.query(setDeadline, { id, destroyAt });
  const cluster = await readCluster(tx, id, null);
  await audit(tx, row.team, caller, {
    action: 'cluster.extend',
    target: id,
    status: 'SUCCESS',
    metadata: { from: row.destroyAt.toISOString(), to: destroyAt.toISOString() },
  });
  return { cluster, previousDestroyAt: row.destroyAt.toISOString() };
}
