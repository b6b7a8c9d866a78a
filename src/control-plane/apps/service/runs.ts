import type { components } from '../../../contract/api.gen.ts';
import { notFound } from '../../kernel/access/team-access.ts';
import { audit } from '../../kernel/audit/audit.ts';
import type { Caller } from '../../kernel/caller.ts';
import { readDatabaseTime } from '../../kernel/db/clock.sql.ts';
import type { Queryable, Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import { readJob } from '../../kernel/jobs/job-reader.ts';
import { RUN_JOB } from '../job-types.ts';
import { cronScheduleOf, DEFAULT_TIMEOUT_SECONDS } from '../policy/cron-schedule.ts';
import { serviceSettings } from '../policy/service-settings.ts';
import {
  deleteOldRuns,
  endRun,
  findOpenRun,
  getRun,
  insertRun,
  nextRunNumber,
  setNextRun,
} from '../store/runs.sql.ts';
import type { ServiceRow } from '../store/services.sql.ts';
import type { AppServices } from './app-services.ts';
import { lockForChange } from './change.ts';
import { publishServiceEvent } from './notifications.ts';
import { type ApiRun, presentRun } from './presentation.ts';
import { readService } from './read.ts';

type RunServices = Pick<AppServices, 'queue' | 'newId'>;
const SCHEDULER = 'system:schedule';
/** Runs of a service that are kept, with what they wrote. */
const KEPT_RUNS = 50;

/** @throws AppError NOT_FOUND, the same for unknown ids and those of other teams (A10) */
export async function readRun(db: Queryable, id: string, teams: string[] | null): Promise<ApiRun> {
  const [row] = await db.query(getRun, { id, teams });
  if (!row) throw notFound('run', id);
  return presentRun(row);
}

/** Runs a cron service because a user asks for it. @throws AppError STATE_CONFLICT */
export async function startRun(
  services: AppServices,
  tx: Tx,
  caller: Caller,
  id: string,
): Promise<{ run: ApiRun; service: components['schemas']['Service']; job: components['schemas']['Job'] }> {
  const service = await lockForChange(services, tx, caller, id);
  assertRunnable(service);
  const [open] = await tx.query(findOpenRun, { serviceId: id });
  if (open) throw new AppError('STATE_CONFLICT', `Run ${open.number} of ${service.name} has not ended yet.`);
  const queued = await queueRun(services, tx, service, { slot: null, by: caller });
  if (queued === undefined) throw new TypeError('only a time of the schedule is there already');
  const { runId, jobId } = queued;
  await audit(tx, service.team, caller, {
    action: 'service.run',
    target: id,
    status: 'SUCCESS',
    metadata: { name: service.name, runId, jobId },
  });
  return {
    run: await readRun(tx, runId, null),
    service: await readService(tx, id, null),
    job: await readJob(tx, jobId, null),
  };
}

function assertRunnable({ name, kind, liveReleaseId, replicas }: ServiceRow): void {
  if (kind !== 'cron')
    throw new AppError('STATE_CONFLICT', `Service ${name} is of kind ${kind}: only a cron service has runs.`);
  if (liveReleaseId === null)
    throw new AppError('STATE_CONFLICT', `Service ${name} has no live release yet: deploy it first.`);
  if (replicas === 0)
    throw new AppError(
      'STATE_CONFLICT',
      `Service ${name} is stopped: start it with 'ocpctl app start ${name}'.`,
    );
}

/**
 * Makes the run of the newest time of the schedule that has come; those before it were missed. The lane and the row are locked.
 * @returns whether there is a new run, which may be one that was skipped
 */
export async function queueDueRun(services: RunServices, tx: Tx, service: ServiceRow): Promise<boolean> {
  const { id, status, replicas, liveReleaseId, nextRunAt } = service;
  const now = await readDatabaseTime(tx);
  const schedule = cronScheduleOf(serviceSettings.parse(service.settings));
  const isDue = nextRunAt !== null && nextRunAt <= now;
  if (!isDue || schedule === undefined || status !== 'ACTIVE' || replicas === 0 || liveReleaseId === null)
    return false;
  const slot = schedule.newest(nextRunAt, now);
  const queued = await queueRun(services, tx, service, { slot, by: { principal: SCHEDULER } });
  await tx.query(setNextRun, { id, at: schedule.next(now) ?? null });
  return queued !== undefined;
}

interface NewRun {
  readonly slot: Date | null;
  readonly by: { readonly principal: string; readonly traceparent?: string | null | undefined };
}

/** @returns undefined: this time of the schedule has its run */
async function queueRun(
  { queue, newId }: RunServices,
  tx: Tx,
  service: ServiceRow,
  { slot, by }: NewRun,
): Promise<{ readonly runId: string; readonly jobId: string } | undefined> {
  const { id: serviceId, name, team } = service;
  const [open] = await tx.query(findOpenRun, { serviceId });
  const [runId, jobId] = [newId('run'), newId('job')];
  const [next] = await tx.query(nextRunNumber, { id: serviceId });
  const settings = serviceSettings.parse(service.settings);
  const [inserted] = await tx.query(insertRun, {
    ...{ id: runId, serviceId, number: next?.number ?? 0, slot, requestedBy: by.principal },
    timeoutSeconds: settings.timeoutSeconds ?? DEFAULT_TIMEOUT_SECONDS,
    state: open ? 'SKIPPED' : 'QUEUED',
    jobId: open ? null : jobId,
    reason: open ? `run ${open.number} had not ended` : null,
  });
  if (!inserted) return undefined;
  await tx.query(deleteOldRuns, { serviceId, keep: KEPT_RUNS });
  if (open) return { runId, jobId };
  await queue.enqueue(tx, {
    ...{ id: jobId, resourceId: serviceId, resourceName: name, team, type: RUN_JOB, payload: { runId } },
    requestedBy: by.principal,
    traceparent: by.traceparent,
  });
  return { runId, jobId };
}

export interface RunResult {
  readonly id: string;
  readonly exitCode: number | null;
  /** Why it failed; undefined: it succeeded. */
  readonly failure: string | undefined;
}

/** Notes how a run ended, and says it when it failed. @returns whether it had not ended before */
export async function noteRunEnd(tx: Tx, { id, exitCode, failure }: RunResult): Promise<boolean> {
  const state = failure === undefined ? 'SUCCEEDED' : 'FAILED';
  const [ended] = await tx.query(endRun, { id, state, exitCode, reason: failure ?? null });
  if (ended && failure !== undefined)
    await publishServiceEvent(
      tx,
      ended.serviceId,
      'service.run_failed',
      `run ${ended.number} failed: ${failure}`,
    );
  return ended !== undefined;
}
