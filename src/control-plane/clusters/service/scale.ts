import type { components } from '../../../contract/api.gen.ts';
import { hasEnded } from '../../../contract/statuses.ts';
import { actingTeams, notFound } from '../../kernel/access/team-access.ts';
import { audit } from '../../kernel/audit/audit.ts';
import type { Caller } from '../../kernel/caller.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { readJob } from '../../kernel/jobs/job-reader.ts';
import type { JobQueue } from '../../kernel/jobs/queue.ts';
import { SCALE_JOB } from '../job-types.ts';
import { afterManualScale } from '../offhours/manual-scale.ts';
import type { OffhoursState } from '../offhours/next-action.ts';
import { scaleProblems } from '../policy/scale.ts';
import { type ClusterRow, getCluster, lockCluster } from '../store/clusters.sql.ts';
import { setLastJob } from '../store/last-jobs.sql.ts';
import { lockTeamQuota } from '../store/quotas.sql.ts';
import { setRequestedWorkers } from '../store/workers.sql.ts';
import { assertWithinBudget } from './budgets.ts';
import type { ClusterServices } from './cluster-services.ts';
import { costOfChange } from './commitments.ts';
import { forbiddenOrNotFound, readCluster } from './read.ts';

const MS_PER_HOUR = 3_600_000;

/** Accepts another number of workers: the job, the audit event and what is asked for are committed together (G11). */
export async function scaleWorkers(
  services: ClusterServices,
  tx: Tx,
  caller: Caller,
  id: string,
  workers: number,
): Promise<components['schemas']['ClusterAccepted']> {
  const teams = actingTeams(caller);
  const [seen] = await tx.query(getCluster, { id, teams });
  if (!seen) throw await forbiddenOrNotFound(tx, caller, id);
  await services.queue.lockLane(tx, id);
  const [row] = await tx.query(lockCluster, { id, teams });
  if (!row) throw notFound('cluster', id);
  assertScalable(row);
  assertAllowed(services, row, workers);
  await assertAffordable(tx, row, workers);
  const jobId = await enqueueScale(services.queue, tx, row, {
    workers,
    requestedBy: caller.principal,
    traceparent: caller.traceparent,
  });
  const accepted = { cluster: await readCluster(tx, id, null), job: await readJob(tx, jobId, null) };
  await audit(tx, row.team, caller, {
    action: 'cluster.scale',
    target: id,
    status: 'SUCCESS',
    metadata: { name: row.name, from: row.workerReplicas, to: workers, jobId },
  });
  return accepted;
}

/**
 * Requests a scale of a READY cluster, whose lane is locked. @param reason one clause, for its timeline
 * @returns the id of the job
 */
export async function enqueueScale(
  queue: JobQueue,
  tx: Tx,
  row: ClusterRow,
  {
    workers,
    requestedBy,
    reason,
    traceparent,
  }: { workers: number; requestedBy: string; reason?: string; traceparent?: string | undefined },
): Promise<string> {
  const { id, name: resourceName, team, workerReplicas: from, requestedWorkers: before } = row;
  const jobId = await queue.enqueue(tx, {
    ...{ resourceId: id, resourceName, team, type: SCALE_JOB, requestedBy, traceparent },
    payload: { from, before, workers, ...(reason === undefined ? {} : { reason }) },
  });
  await tx.query(setLastJob, { id, jobId });
  await tx.query(setRequestedWorkers, { id, workers });
  return jobId;
}

/** @throws AppError STATE_CONFLICT unless the cluster is READY and no scale waits */
function assertScalable({ name, status, jobId, jobType, jobStatus }: ClusterRow): void {
  const waits = jobType === SCALE_JOB && jobStatus !== null && !hasEnded({ status: jobStatus });
  if (status === 'SCALING' || (status === 'READY' && waits)) {
    const message = `Cluster ${name} is being scaled already by job ${jobId}: \`ocpctl logs ${jobId} --follow\` follows it, \`ocpctl jobs cancel ${jobId}\` cancels it.`;
    throw new AppError('STATE_CONFLICT', message);
  }
  if (status !== 'READY')
    throw new AppError('STATE_CONFLICT', `Cluster ${name} is ${status}: only a READY cluster can be scaled.`);
}

function assertAllowed(services: ClusterServices, row: ClusterRow, workers: number): void {
  const profile = services.profiles.get(row.profile);
  const ttlHours = (row.destroyAt.getTime() - row.createdAt.getTime()) / MS_PER_HOUR;
  const message = `profile ${row.profile}, which bounds its workers, is gone from this server`;
  const errors =
    profile === undefined
      ? [{ field: 'workers', code: 'UNKNOWN_PROFILE', message }]
      : scaleProblems(profile, workers, { ttlHours, current: row.workerReplicas });
  if (errors.length === 0) return;
  throw new AppError('POLICY_VIOLATION', `The number of workers of ${row.name} cannot be ${workers}.`, {
    errors,
  });
}

/** The team's costs after the scale against those before it, in the working hours of a cluster that opted in to off-hours. */
async function assertAffordable(tx: Tx, row: ClusterRow, workers: number): Promise<void> {
  if (workers <= row.workerReplicas && workers <= row.requestedWorkers) return;
  await tx.query(lockTeamQuota, { team: row.team });
  await assertWithinBudget(tx, row.team, {
    what: 'these workers',
    costUntil: (now, until) =>
      costOfChange(tx, row, { now, until }, (state) => scaledBy(state, row, now, workers)),
  });
}

function scaledBy(state: OffhoursState, row: ClusterRow, at: Date, workers: number): OffhoursState {
  const cluster = { ...state.cluster, requestedWorkers: workers, workerReplicas: workers };
  if (state.period === undefined) return { ...state, cluster, done: undefined };
  const scale = { clusterId: row.id, workers, before: row.requestedWorkers, at };
  return { ...state, cluster, done: afterManualScale(state.done, state.period, scale) };
}
