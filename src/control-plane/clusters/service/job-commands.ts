import type { components } from '../../../contract/api.gen.ts';
import { hasEnded } from '../../../contract/statuses.ts';
import { audit } from '../../kernel/audit/audit.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { type ClusterRow, lockCluster } from '../store/clusters.ts';
import { type ClusterJobRow, getClusterJob } from '../store/jobs.ts';
import type { ClusterServices } from './cluster-services.ts';
import { requestDestroy } from './destroy.ts';
import { forbiddenOrNotFound, notFound, readCluster, readJob } from './read.ts';
import { actingTeams, readableTeams } from './rights.ts';
import { transition } from './transition.ts';

type Services = Pick<ClusterServices, 'queue'>;
type Accepted = components['schemas']['JobAccepted'];

/**
 * Stops a job. What a create has made is not left lying about: stopping it is ordering the destroy (G3). A destroy is never
 * stopped, whoever ordered it.
 */
export async function cancelClusterJob(
  services: Services,
  tx: Tx,
  caller: Caller,
  id: string,
): Promise<Accepted> {
  const { job, cluster } = await lockJob(services, tx, caller, id);
  if (hasEnded(job)) throw conflict(`Job ${id} has ended already: ${job.status}.`);
  const reason = `job cancelled by ${caller.principal}`;
  switch (job.type) {
    case 'CREATE': {
      const request = { type: 'DESTROY', requestedBy: caller.principal, reason } as const;
      await requestDestroy(services.queue, tx, cluster.id, request);
      break;
    }
    case 'SCALE_WORKERS': {
      const status = await services.queue.cancel(tx, cluster.id, id, reason);
      // One that waits for its next attempt has nobody who would say that the scaling is over.
      if (status === 'CANCELLED' && cluster.status === 'SCALING')
        await transition(tx, cluster.id, { from: 'SCALING', to: 'READY', reason, jobId: id });
      break;
    }
    default:
      throw conflict(
        `Job ${id} is a ${job.type}: what is being destroyed cannot be kept. A deadline is moved before it passes, with extend.`,
      );
  }
  await auditCommand(tx, caller, 'job.cancel', job, id);
  return { cluster: await readCluster(tx, cluster.id, null), job: await readJob(tx, id, null) };
}

/** Runs a job that waits for its next attempt now; a destroy that failed for good is ordered again, as a new job. */
export async function retryClusterJob(
  services: Services,
  tx: Tx,
  caller: Caller,
  id: string,
): Promise<Accepted> {
  const { job, cluster } = await lockJob(services, tx, caller, id);
  const runs = await nextRun(services, tx, caller, job, cluster);
  await auditCommand(tx, caller, 'job.retry', job, runs);
  return { cluster: await readCluster(tx, cluster.id, null), job: await readJob(tx, runs, null) };
}

/** @returns the id of the job that runs next: this one, or the one that takes its place. */
async function nextRun(
  { queue }: Services,
  tx: Tx,
  caller: Caller,
  job: ClusterJobRow,
  cluster: ClusterRow,
): Promise<string> {
  if (job.status === 'RETRYING') {
    await queue.runNow(tx, cluster.id, job.id);
    return job.id;
  }
  if (!hasEnded(job)) throw conflict(`Job ${job.id} is ${job.status}: it needs no retry.`);
  const isDestroy = job.type === 'DESTROY' || job.type === 'JANITOR_DESTROY';
  if (job.status === 'FAILED' && isDestroy && cluster.status === 'DESTROY_FAILED') {
    const again = await requestDestroy(queue, tx, cluster.id, {
      type: 'DESTROY',
      requestedBy: caller.principal,
      reason: `destroy retried by ${caller.principal}`,
    });
    if (again !== null) return again;
  }
  const instead =
    job.type === 'CREATE' && job.status !== 'SUCCEEDED'
      ? ' Ask for a new cluster: its name is free once nothing of this one exists.'
      : '';
  throw conflict(
    `Job ${job.id} is ${job.status} and its cluster ${cluster.status}: there is nothing to retry.${instead}`,
  );
}

/** Finds a job of the caller's teams and locks its lane, then its cluster: the order in which workers do. */
async function lockJob(
  { queue }: Services,
  tx: Tx,
  caller: Caller,
  id: string,
): Promise<{ job: ClusterJobRow; cluster: ClusterRow }> {
  const teams = actingTeams(caller);
  const [seen] = await tx.query(getClusterJob, { id, teams });
  if (!seen) throw await forbiddenOrNotFoundJob(tx, caller, id);
  await queue.lockLane(tx, seen.clusterId);
  const [cluster] = await tx.query(lockCluster, { id: seen.clusterId, teams });
  const [job] = await tx.query(getClusterJob, { id, teams });
  if (!cluster || !job) throw notFound('job', id);
  return { job, cluster };
}

async function forbiddenOrNotFoundJob(tx: Tx, caller: Caller, id: string): Promise<AppError> {
  const readable = readableTeams(caller);
  const [seen] = await tx.query(getClusterJob, { id, teams: readable });
  return seen ? forbiddenOrNotFound(tx, caller, seen.clusterId) : notFound('job', id);
}

async function auditCommand(
  tx: Tx,
  caller: Caller,
  action: 'job.cancel' | 'job.retry',
  job: ClusterJobRow,
  runs: string,
): Promise<void> {
  const metadata = {
    type: job.type,
    was: job.status,
    cluster: job.clusterId,
    name: job.clusterName,
    jobId: runs,
  };
  await audit(tx, job.team, caller, { action, target: job.id, status: 'SUCCESS', metadata });
}

function conflict(message: string): AppError {
  return new AppError('STATE_CONFLICT', message);
}
