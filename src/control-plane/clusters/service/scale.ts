import type { components } from '../../../contract/api.gen.ts';
import { hasEnded } from '../../../contract/statuses.ts';
import { actingTeams, notFound } from '../../kernel/access/team-access.ts';
import { audit } from '../../kernel/audit/audit.ts';
import type { Caller } from '../../kernel/caller.ts';
import { readDatabaseTime } from '../../kernel/db/clock.sql.ts';
import type { Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { readJob } from '../../kernel/jobs/job-reader.ts';
import type { JobQueue } from '../../kernel/jobs/queue.ts';
import { SCALE_JOB } from '../job-types.ts';
import { scaleProblems } from '../policy/scale.ts';
import { type ClusterRow, getCluster, lockCluster, setLastJob } from '../store/clusters.sql.ts';
import { getWorkerCost, setRequestedWorkers } from '../store/workers.sql.ts';
import { microDollars } from '../usage/cost.ts';
import { assertWithinBudget } from './budgets.ts';
import type { ClusterServices } from './cluster-services.ts';
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

/** Fewer workers never exceed a budget. */
async function assertAffordable(tx: Tx, row: ClusterRow, workers: number): Promise<void> {
  const more = workers - row.workerReplicas;
  if (more <= 0) return;
  const [cost] = await tx.query(getWorkerCost, { id: row.id });
  if (cost === undefined) return;
  const now = await readDatabaseTime(tx);
  const ttlHours = Math.max(0, row.destroyAt.getTime() - now.getTime()) / MS_PER_HOUR;
  const perHour = microDollars(cost.hourly) * more;
  await assertWithinBudget(tx, row.team, { what: 'these workers', perHour, ttlHours });
}
