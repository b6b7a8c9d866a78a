import type { components } from '../../../contract/api.gen.ts';
import type { FieldProblem } from '../../../contract/error-codes.ts';
import { actingTeams } from '../../kernel/access/team-access.ts';
import { audit } from '../../kernel/audit/audit.ts';
import type { Caller } from '../../kernel/caller.ts';
import { readDatabaseTime } from '../../kernel/db/clock.sql.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { lifetimeProblems, maxLifetimeHours } from '../policy/lifetime.ts';
import { type ClusterRow, lockCluster, setExpiry } from '../store/clusters.sql.ts';
import { lockTeamQuota } from '../store/quotas.sql.ts';
import { assertWithinBudget } from './budgets.ts';
import type { ClusterServices } from './cluster-services.ts';
import { costOfChange } from './commitments.ts';
import { forbiddenOrNotFound, readCluster } from './read.ts';

export type Extension = { readonly byHours: number } | { readonly until: Date };

const MS_PER_HOUR = 3_600_000;

/** Moves a deadline. The profile bounds the whole lifetime, counted from creation, in however many steps. */
export async function extendCluster(
  services: ClusterServices,
  tx: Tx,
  caller: Caller,
  id: string,
  extension: Extension,
): Promise<{ cluster: components['schemas']['Cluster']; previousDestroyAt: string }> {
  const [row] = await tx.query(lockCluster, {
    id,
    teams: actingTeams(caller),
  });
  if (!row) throw await forbiddenOrNotFound(tx, caller, id);
  if (row.status === 'DESTROYED' || row.status === 'DESTROYING') {
    throw new AppError(
      'STATE_CONFLICT',
      `Cluster ${row.name} is ${row.status}: its deadline no longer matters.`,
    );
  }
  const destroyAt =
    'until' in extension
      ? extension.until
      : new Date(row.destroyAt.getTime() + extension.byHours * MS_PER_HOUR);
  const now = await readDatabaseTime(tx);
  const problems = expiryProblems(services, row, destroyAt, now);
  if (problems.length > 0) {
    const field = 'until' in extension ? 'until' : 'byHours';
    throw new AppError(
      'POLICY_VIOLATION',
      `The deadline of ${row.name} cannot be moved to ${destroyAt.toISOString()}.`,
      {
        errors: problems.map((problem) => ({ ...problem, field })),
      },
    );
  }
  if (destroyAt > row.destroyAt) await assertAffordable(tx, row, destroyAt);
  await tx.query(setExpiry, { id, destroyAt });
  const cluster = await readCluster(tx, id, null);
  await audit(tx, row.team, caller, {
    action: 'cluster.extend',
    target: id,
    status: 'SUCCESS',
    metadata: { from: row.destroyAt.toISOString(), to: destroyAt.toISOString() },
  });
  return { cluster, previousDestroyAt: row.destroyAt.toISOString() };
}

async function assertAffordable(tx: Tx, row: ClusterRow, destroyAt: Date): Promise<void> {
  await tx.query(lockTeamQuota, { team: row.team });
  await assertWithinBudget(tx, row.team, {
    what: 'the longer life',
    costUntil: (now, until) =>
      costOfChange(tx, row, { now, until }, (state) => ({
        ...state,
        cluster: { ...state.cluster, destroyAt },
      })),
  });
}

function expiryProblems(
  services: ClusterServices,
  row: ClusterRow,
  destroyAt: Date,
  now: Date,
): Omit<FieldProblem, 'field'>[] {
  if (destroyAt <= now) {
    const message = 'this is in the past; to end a cluster now, destroy it';
    return [{ code: 'IN_THE_PAST', message, allowed: [`after ${now.toISOString()}`] }];
  }
  const profile = services.profiles.get(row.profile);
  if (!profile) {
    // Without the profile there is no maximum: only an earlier expiry is accepted.
    if (destroyAt <= row.destroyAt) return [];
    const message = `profile ${row.profile}, which bounds its lifetime, is gone from this server`;
    return [{ code: 'UNKNOWN_PROFILE', message, allowed: [`until ${row.destroyAt.toISOString()}`] }];
  }
  const createdMs = row.createdAt.getTime();
  // Also those that a scale is still waiting for.
  const workers = Math.max(row.workerReplicas, row.requestedWorkers);
  return lifetimeProblems(profile, (destroyAt.getTime() - createdMs) / MS_PER_HOUR, workers).map(
    ({ code, message }) => ({
      code,
      message: `${message}, counted from creation`,
      allowed: [
        `until ${new Date(createdMs + maxLifetimeHours(profile, workers) * MS_PER_HOUR).toISOString()}`,
      ],
    }),
  );
}
