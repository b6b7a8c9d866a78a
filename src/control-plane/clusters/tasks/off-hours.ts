import { localTimeText } from '../../../contract/working-hours.ts';
import { audit } from '../../kernel/audit/audit.ts';
import { readDatabaseTime } from '../../kernel/db/clock.sql.ts';
import type { Queryable, Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import type { JobHandler } from '../../kernel/jobs/job.ts';
import type { PeriodicTask } from '../../kernel/tasks/periodic-task.ts';
import { SCALE_JOB } from '../job-types.ts';
import { OFFHOURS_ACTOR, type OffhoursState, offhoursAction } from '../offhours/next-action.ts';
import { localTime, type Schedule } from '../offhours/schedule.ts';
import { TeamHoursCache } from '../offhours/team-hours.ts';
import { optInProblems } from '../policy/offhours.ts';
import { publishClusterEvent } from '../service/cluster-notifications.ts';
import type { ClusterServices } from '../service/cluster-services.ts';
import { OFFHOURS_TASK } from '../service/offhours.ts';
import { OffhoursReader } from '../service/offhours-state.ts';
import { enqueueScale } from '../service/scale.ts';
import { type ClusterRow, lockCluster } from '../store/clusters.sql.ts';
import {
  forgetOffhours,
  holdOffhours,
  listOffhoursClusters,
  recordScaleRequest,
  setOffhoursBlocked,
  settleOffhours,
} from '../store/offhours.sql.ts';

/** A boundary is met within this time. */
const INTERVAL_MS = 60_000;
const BATCH = 200;

interface Services extends Pick<ClusterServices, 'db' | 'queue' | 'profiles'> {
  /** Of the jobs that scale. */
  readonly scaleHandler: Pick<JobHandler, 'onCancelled'>;
}

/**
 * Scales the clusters that opted in to 0 at the end of their team's hours, and back at the start. It compares what is with what the
 * schedule wants now, so boundaries that passed while no server ran are caught up with at most one scale for each cluster.
 */
export function offHoursTask(services: Services): PeriodicTask {
  return {
    name: OFFHOURS_TASK,
    intervalMs: INTERVAL_MS,
    async run(signal, commit) {
      const scaled: string[] = [];
      const hours = new TeamHoursCache();
      for (const id of await listAll(services.db)) {
        if (signal.aborted) break;
        try {
          if (await commit((tx) => followSchedule(services, tx, id, hours))) scaled.push(id);
        } catch (error) {
          // Its status changed since it was listed; the next run sees what is left to do.
          if (!(error instanceof AppError)) throw error;
        }
      }
      return scaled.length > 0 ? { scaled } : undefined;
    },
  };
}

async function listAll(db: Queryable): Promise<string[]> {
  const ids: string[] = [];
  for (;;) {
    const page = await db.query(listOffhoursClusters, { after: ids.at(-1) ?? '', limit: BATCH });
    ids.push(...page.map(({ id }) => id));
    if (page.length < BATCH) return ids;
  }
}

/** @returns whether a scale was requested */
async function followSchedule(
  services: Services,
  tx: Tx,
  id: string,
  hours: TeamHoursCache,
): Promise<boolean> {
  await services.queue.lockLane(tx, id);
  const [row] = await tx.query(lockCluster, { id, teams: null });
  if (row?.status !== 'READY' && row?.status !== 'SCALING') return false;
  const reader = await OffhoursReader.read(tx, [row], await readDatabaseTime(tx), hours);
  const state = reader.stateOf(row);
  const blocked = optInProblems(services.profiles.get(row.profile), row.profile)[0]?.message;
  if (state.done?.blocked != null && blocked === undefined)
    await tx.query(setOffhoursBlocked, { id, blocked: null });
  const action = offhoursAction(state);
  const inHours = state.period?.isWorking === true;
  if (action?.kind === 'settle') await tx.query(settleOffhours, { id, inHours });
  if (action?.kind === 'hold') await tx.query(holdOffhours, { id, inHours });
  if (action?.kind === 'forget') await tx.query(forgetOffhours, { id });
  if (action?.kind === 'cancel') await cancelScale(services, tx, row, action.jobId);
  if (action?.kind !== 'scale') return false;
  if (action.workers === 0 && blocked !== undefined) {
    await reportBlocked(tx, row, blocked);
    return false;
  }
  await requestScale(services, tx, row, {
    workers: action.workers,
    reason: reasonOf(row, state, reader.hoursOf(row)?.schedule),
    periodSince: state.period?.since ?? null,
  });
  return true;
}

/** The profile was changed since the cluster opted in. */
async function reportBlocked(tx: Tx, { id }: ClusterRow, blocked: string): Promise<void> {
  const [isNew] = await tx.query(setOffhoursBlocked, { id, blocked });
  if (isNew) await publishClusterEvent(tx, id, 'cluster.offhours_blocked', blocked);
}

async function cancelScale(
  { queue, scaleHandler: handler }: Services,
  tx: Tx,
  { id: resourceId, name: resourceName, team }: ClusterRow,
  jobId: string,
): Promise<void> {
  const by = OFFHOURS_ACTOR.principal;
  const reason = 'the schedule wants another number of workers now';
  const job = { id: jobId, resourceId, resourceName, team, type: SCALE_JOB };
  await queue.cancel(tx, job, { by, reason, handler });
  await audit(tx, team, OFFHOURS_ACTOR, {
    action: 'job.cancel',
    target: jobId,
    status: 'SUCCESS',
    metadata: { cluster: resourceId, name: resourceName, jobId, reason },
  });
}

async function requestScale(
  { queue }: Services,
  tx: Tx,
  row: ClusterRow,
  { workers, reason, periodSince }: { workers: number; reason: string; periodSince: Date | null },
): Promise<void> {
  const { id, name, team, workerReplicas: from } = row;
  const requestedBy = OFFHOURS_ACTOR.principal;
  const jobId = await enqueueScale(queue, tx, row, { workers, requestedBy, reason });
  const before = row.requestedWorkers;
  await tx.query(recordScaleRequest, { id, before, target: workers, periodSince, jobId });
  await audit(tx, team, OFFHOURS_ACTOR, {
    action: 'cluster.scale',
    target: id,
    status: 'SUCCESS',
    metadata: { name, from, to: workers, jobId, reason },
  });
}

function reasonOf(row: ClusterRow, { period }: OffhoursState, schedule: Schedule | undefined): string {
  if (period === undefined || schedule === undefined)
    return row.offhoursOptIn
      ? `team ${row.team} has no off-hours any more`
      : `${row.name} opted out of off-hours`;
  const what = period.isWorking ? 'began' : 'ended';
  const since =
    period.since === undefined
      ? ''
      : ` at ${localTimeText(localTime(period.since, schedule.timezone), schedule.timezone)}`;
  return `the working hours of team ${row.team} ${what}${since}`;
}
