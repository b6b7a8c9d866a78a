import type { components } from '../../../contract/api.gen.ts';
import { actingTeams, notFound } from '../../kernel/access/team-access.ts';
import { audit } from '../../kernel/audit/audit.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { readJob } from '../../kernel/jobs/job-reader.ts';
import type { Superseded } from '../../kernel/jobs/queue.ts';
import { DESTROY_JOB, type DestroyJobType } from '../job-types.ts';
import { getCluster, lockCluster } from '../store/clusters.sql.ts';
import { setLastJob } from '../store/last-jobs.sql.ts';
import { type ClusterServices, PROFILE_CREDENTIALS } from './cluster-services.ts';
import { transition } from './cluster-transitions.ts';
import { clusterStatus } from './presentation.ts';
import { forbiddenOrNotFound, readCluster } from './read.ts';

export interface DestroyRequest {
  readonly type: DestroyJobType;
  readonly requestedBy: string;
  readonly reason: string;
  /** The trace that the destroy is a part of. */
  readonly traceparent?: string | null | undefined;
}

/** Accepts a destroy by a person. Asking again while one is under way gets the same job. */
export async function destroyCluster(
  services: ClusterServices,
  tx: Tx,
  caller: Caller,
  id: string,
  reason: string | undefined,
): Promise<components['schemas']['ClusterAccepted']> {
  const teams = actingTeams(caller);
  const [seen] = await tx.query(getCluster, { id, teams });
  if (!seen) throw await forbiddenOrNotFound(tx, caller, id);
  await services.queue.lockLane(tx, id);
  const [row] = await tx.query(lockCluster, { id, teams });
  if (!row) throw notFound('cluster', id);
  if (row.status === 'DESTROYED')
    throw new AppError('STATE_CONFLICT', `Cluster ${row.name} is already DESTROYED.`);
  const jobId =
    row.status === 'DESTROYING'
      ? row.jobId
      : await requestDestroy(services, tx, id, {
          type: DESTROY_JOB,
          requestedBy: caller.principal,
          traceparent: caller.traceparent,
          reason: `destroy requested by ${caller.principal}${reason === undefined ? '' : `: ${reason}`}`,
        });
  const accepted = {
    cluster: await readCluster(tx, id, null),
    job: jobId === null ? null : await readJob(tx, jobId, null),
  };
  await audit(tx, row.team, caller, {
    action: 'cluster.destroy',
    target: id,
    status: 'SUCCESS',
    metadata: { name: row.name, jobId, ...(reason === undefined ? {} : { reason }) },
  });
  return accepted;
}

/**
 * Puts a cluster on its way out, whatever it does now: what waits is cancelled, what runs is told to stop, and the destroy runs
 * next in the cluster's lane. @returns the job's id, or null when nothing had begun and the cluster is DESTROYED at once.
 */
export async function requestDestroy(
  { queue, secrets }: Pick<ClusterServices, 'queue' | 'secrets'>,
  tx: Tx,
  id: string,
  request: DestroyRequest,
): Promise<string | null> {
  // The lane before the cluster, as workers do: the other order would deadlock with them.
  await queue.lockLane(tx, id);
  const [row] = await tx.query(lockCluster, { id, teams: null });
  if (!row) throw notFound('cluster', id);
  const superseded = await queue.supersede(tx, id, request.reason);
  const status = clusterStatus(row.status);
  if (status === 'PENDING') {
    if (hadNotBegun(superseded)) {
      await transition(tx, id, {
        from: 'PENDING',
        to: 'DESTROYED',
        reason: `${request.reason}, before the create began`,
      });
      await secrets.remove(tx, { ownerId: id, kind: PROFILE_CREDENTIALS });
      return null;
    }
    // A worker holds the create but has not said so yet; say it here, so that the timeline tells what happened.
    await transition(tx, id, { from: 'PENDING', to: 'CREATING', reason: 'create claimed' });
  }
  const jobId = await queue.enqueue(tx, {
    resourceId: id,
    resourceName: row.name,
    team: row.team,
    type: request.type,
    requestedBy: request.requestedBy,
    traceparent: request.traceparent,
  });
  await tx.query(setLastJob, { id, jobId });
  await transition(tx, id, {
    from: status === 'PENDING' ? 'CREATING' : status,
    to: 'DESTROYING',
    reason: request.reason,
    jobId,
  });
  return jobId;
}

function hadNotBegun({ cancelled, stopping }: Superseded): boolean {
  return stopping.length === 0 && cancelled.every((job) => job.attempt === 0);
}
