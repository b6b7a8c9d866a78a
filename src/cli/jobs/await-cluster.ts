import type { Cluster, Job } from '../../contract/documents.ts';
import { FAILED_CREATE_PRINCIPAL, hasEnded } from '../../contract/statuses.ts';
import { noteUnrenewed } from '../clusters/keepalive.ts';
import { fetchCluster, fetchJob } from '../clusters/resolve.ts';
import { OperationFailedError } from '../errors/cli-error.ts';
import type { Session } from '../session.ts';
import { assertSucceeded, followJob, residueHint } from './follow-job.ts';
import { IdleWait } from './idle-wait.ts';

export const GOALS = ['ready', 'destroyed', 'done'] as const;
export type Goal = (typeof GOALS)[number];

const POLL_MS = 2_000;
const NEVER_READY = new Set<Cluster['status']>(['FAILED', 'DESTROYING', 'DESTROY_FAILED', 'DESTROYED']);

/**
 * Follows the jobs of a cluster, one after the other, until the goal is reached.
 * @throws OperationFailedError as soon as the goal cannot be reached any more
 */
export async function awaitCluster(
  session: Session,
  id: string,
  goal: Goal,
  signal: AbortSignal,
  idle = new IdleWait(session),
): Promise<Cluster> {
  for (let isFirst = true; ; isFirst = false) {
    const cluster = await fetchCluster(session.client, id, signal);
    session.actOn({ cluster });
    if (hasReached(cluster, goal)) return cluster;
    if (isFirst && goal !== 'destroyed') noteUnrenewed(session, cluster, 'wait');
    const { jobId } = cluster.lastOperation;
    const job = jobId === null ? undefined : await fetchJob(session.client, jobId, signal);
    if (job === undefined || hasEnded(job)) {
      if (goal === 'done') {
        if (job !== undefined) await assertSucceeded(session, job, signal);
        // The destroy was part of the operation that failed.
        if (job?.requestedBy === FAILED_CREATE_PRINCIPAL) throw goalLostError(cluster, 'READY');
        return cluster;
      }
      // Between two jobs, or before the destroy is requested.
      if (goal === 'destroyed') idle.note(cluster);
      await session.client.clock.sleep(POLL_MS, signal);
    } else {
      idle.end();
      const ended = await followJob(session, job, cluster, signal);
      if (goal === 'done' || (goal === 'ready' && job.type === 'CREATE'))
        await assertSucceeded(session, ended, signal);
    }
  }
}

/** Follows one job to its end. @throws OperationFailedError unless it succeeded. */
export async function awaitJob(session: Session, id: string, signal: AbortSignal): Promise<Job> {
  const job = await fetchJob(session.client, id, signal);
  session.actOn({ job });
  const ended = hasEnded(job)
    ? job
    : await followJob(session, job, await fetchTarget(session, job, signal), signal);
  await assertSucceeded(session, ended, signal);
  return ended;
}

/** What a job works on. Only clusters and orphans can be of the sandbox. */
async function fetchTarget(
  session: Session,
  job: Job,
  signal: AbortSignal,
): Promise<Pick<Cluster, 'name' | 'mode'>> {
  const { client } = session;
  const { resourceKind, resourceId: id, resourceName: name } = job;
  if (resourceKind === 'cluster') {
    const cluster = await fetchCluster(client, id, signal);
    session.actOn({ cluster, job });
    noteUnrenewed(session, cluster, 'wait');
    return cluster;
  }
  if (resourceKind !== 'orphan') return { name, mode: 'real' };
  const { orphan } = (await client.GET('/v1/admin/orphans/{id}', { params: { path: { id } }, signal })).data;
  return { name, mode: orphan.cloud === 'sandbox' ? 'sandbox' : 'real' };
}

function hasReached(cluster: Cluster, goal: Goal): boolean {
  if (goal === 'done') return false;
  if (goal === 'ready') {
    if (NEVER_READY.has(cluster.status)) throw goalLostError(cluster, 'READY');
    return cluster.status === 'READY';
  }
  if (cluster.status === 'DESTROY_FAILED') throw goalLostError(cluster, 'DESTROYED');
  return cluster.status === 'DESTROYED';
}

function goalLostError(cluster: Cluster, wanted: string): OperationFailedError {
  const { lastFailure } = cluster;
  const error = cluster.lastOperation.error ?? lastFailure;
  const why = error?.message ?? cluster.destroyReason;
  return new OperationFailedError(
    error?.code ?? 'OPERATION_FAILED',
    `${cluster.name} is ${cluster.status}, not ${wanted}${why == null ? '' : `: ${why}`}`,
    {
      hint:
        error?.code === 'RESIDUE'
          ? residueHint(cluster.name)
          : lastFailure
            ? `'ocpctl logs ${lastFailure.jobId} --level warn' shows the warnings and errors, 'ocpctl get ${cluster.id} --events' the history`
            : `'ocpctl get ${cluster.id} --events' shows the history`,
    },
  );
}
