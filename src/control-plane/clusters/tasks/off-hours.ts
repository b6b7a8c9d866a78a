import { localTimeText } from '../../../contract/working-hours.ts';
import { audit } from '../../kernel/audit/audit.ts';
import { systemActor } from '../../kernel/caller.ts';
import { readDatabaseTime } from '../../kernel/db/clock.sql.ts';
import type { Queryable, Tx } from '../../kernel/db/db.ts';
import { AppError } from '../../kernel/errors.ts';
import type { PeriodicTask } from '../../kernel/tasks/periodic-task.ts';
import { type OffhoursState, offhoursAction } from '../offhours/next-action.ts';
import { localTime, type Schedule } from '../offhours/schedule.ts';
import { TeamHoursCache } from '../offhours/team-hours.ts';
import { optInProblems } from '../policy/offhours.ts';
import type { ClusterServices } from '../service/cluster-services.ts';
import { OFFHOURS_TASK } from '../service/offhours.ts';
import { OffhoursReader } from '../service/offhours-state.ts';
import { enqueueScale } from '../service/scale.ts';
import { type ClusterRow, lockCluster } from '../store/clusters.sql.ts';
import {
  forgetOffhours,
  listOffhoursClusters,
  recordScaleRequest,
  settleOffhours,
} from '../store/offhours.sql.ts';

/** A boundary is met within this time. */
const INTERVAL_MS = 60_000;
const BATCH = 200;
const ACTOR = systemActor('off-hours');

type Services = Pick<ClusterServices, 'db' | 'queue' | 'profiles'>;

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
  const action = offhoursAction(state);
  if (action?.kind === 'settle')
    await tx.query(settleOffhours, { id, inHours: state.period?.isWorking === true });
  if (action?.kind === 'forget') await tx.query(forgetOffhours, { id });
  if (action?.kind === 'cancel')
    await services.queue.cancel(tx, id, action.jobId, 'the schedule wants another number of workers now');
  if (action?.kind !== 'scale') return false;
  return requestScale(services, tx, row, {
    workers: action.workers,
    reason: reasonOf(row, state, reader.scheduleOf(row)),
    periodSince: state.period?.since ?? null,
  });
}

async function requestScale(
  { queue, profiles }: Services,
  tx: Tx,
  row: ClusterRow,
  { workers, reason, periodSince }: { workers: number; reason: string; periodSince: Date | null },
): Promise<boolean> {
  // The profile was changed since the cluster opted in.
  if (workers === 0 && optInProblems(profiles.get(row.profile), row.profile).length > 0) return false;
  const { id, name, team, workerReplicas: from } = row;
  const jobId = await enqueueScale(queue, tx, row, { workers, requestedBy: ACTOR.principal, reason });
  const before = row.requestedWorkers;
  await tx.query(recordScaleRequest, { id, before, target: workers, periodSince, jobId, reason });
  await audit(tx, team, ACTOR, {
    action: 'cluster.scale',
    target: id,
    status: 'SUCCESS',
    metadata: { name, from, to: workers, jobId, reason },
  });
  return true;
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
