import type { ClusterStatus } from '../../../contract/statuses.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { canTransition } from '../cluster-transitions.ts';
import { applyTransition } from '../store/transitions.ts';

export interface StatusTransition {
  readonly from: ClusterStatus;
  readonly to: ClusterStatus;
  readonly reason: string;
  readonly jobId?: string;
  readonly fence?: number;
}

/** Moves a cluster by the table (G9) and records why. Throws STATE_CONFLICT when its status is not `from` any more. */
export async function transition(
  tx: Tx,
  id: string,
  { from, to, reason, jobId, fence }: StatusTransition,
): Promise<void> {
  if (!canTransition(from, to)) throw new TypeError(`no cluster moves from ${from} to ${to}`);
  const moved = await tx.query(applyTransition, {
    id,
    from,
    to,
    reason,
    jobId: jobId ?? null,
    fence: fence ?? null,
  });
  if (moved.length === 0) throw new AppError('STATE_CONFLICT', `The cluster is no longer ${from}.`);
}
